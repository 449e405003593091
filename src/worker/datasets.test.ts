import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { holdGraph } from '../store/hold.ts';
import { ingest, manifestBytes } from '../store/ingest.ts';
import { listGraphs } from '../store/manifest.ts';
import { memoryStore } from '../store/memory.ts';
import { dropGraph, listDatasets, loadDataset, previewGraph, removeDataset } from './datasets.ts';
import { FIRST_DATASET } from './protocol.ts';

const graph = arrange(nastyGraphData(60, 1));
const hash = await fingerprint(graph);

describe('the list of datasets', () => {
  test('shows the copy of an embedded dataset on the disk, until it is deleted', async () => {
    const store = memoryStore();
    const before = await listDatasets({ indexeddb: store });
    const manifest = await ingest(graph, store, { id: FIRST_DATASET });
    const find = async () => (await listDatasets({ indexeddb: store })).find(({ id }) => id === FIRST_DATASET);
    expect(await find()).toMatchObject({ kind: 'embedded', stored: true, bytes: manifestBytes(manifest) });
    await removeDataset(FIRST_DATASET, { indexeddb: store });
    expect(await listDatasets({ indexeddb: store })).toEqual(before);
    expect(await store.keys('')).toEqual([]);
  });

  test('has dropped graphs, but not the temporary copies of runs', async () => {
    const store = memoryStore();
    for (const chunkBytes of [4096, DEFAULTS['memory.chunkBytes']]) {
      await holdGraph(graph, store, { id: hash, fingerprint: hash, chunkBytes });
    }
    const kept = (await listDatasets({ indexeddb: store })).filter(({ kind }) => kind === 'kept');
    expect(kept.map(({ id }) => id)).toEqual([hash]);
  });
});

test('a dropped graph is kept by its size or where it lies already, read back from there and not stored twice', async () => {
  const places = { indexeddb: memoryStore(), opfs: memoryStore() };
  const edges = new File(['a,b\nb,c\nc,a\n'], 'edges.csv');
  const dropped = [{ path: 'edges.csv', file: edges }];
  const { id } = await dropGraph(dropped, {}, { opfs: places.opfs }, () => {});
  expect(await listGraphs(places.opfs)).toHaveLength(1);
  await dropGraph(dropped, {}, places, () => {});
  expect(await places.indexeddb.keys('')).toEqual([]);
  expect((await loadDataset(id, places, () => {})).fingerprint).toBe(id);
  expect((await listDatasets(places)).filter(({ kind }) => kind === 'kept')).toHaveLength(1);
  await removeDataset(id, places);
  await dropGraph(dropped, {}, places, () => {});
  expect(await places.opfs.keys('')).toEqual([]);
  expect(await listGraphs(places.indexeddb)).toHaveLength(1);
});

test('a dropped graph is kept as it was previewed, and a preview keeps nothing', async () => {
  const store = memoryStore();
  const dropped = [{ path: 'some/letters.csv', file: new File(['1900,a,b\n1901,b,c\n1902,c,c\n'], 'letters.csv') }];
  const columns = [{ column: 0, role: 'weight' } as const, { column: 2, role: 'source' } as const];
  const choices = { directed: true, tables: [{ file: 'letters.csv', columns }] };
  const { graph: account } = await previewGraph(dropped, choices, () => {});
  expect(account).toMatchObject({ nodes: 3, edges: 2, directed: true, weighted: true, dropped: { loops: 1 } });
  expect(await store.keys('')).toEqual([]);
  const { id } = await dropGraph(dropped, choices, { indexeddb: store }, () => {});
  const { graph } = await loadDataset(id, { indexeddb: store }, () => {});
  expect(graph).toMatchObject({ symmetric: false, nodeIds: ['b', 'a', 'c'], edges: 2 });
  // Row v lists where messages come from: b writes to a with the weight 1900.
  expect([...graph.adjacency.values!]).toEqual([1901, 1900]);
});
