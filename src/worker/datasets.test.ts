import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import { streamOf } from '../graph/generatedStream.ts';
import { namedShape } from '../graph/namedShapes.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { holdGraph } from '../store/hold.ts';
import { ingest, manifestBytes } from '../store/ingest.ts';
import { byteLength, listGraphs } from '../store/manifest.ts';
import { memoryStore } from '../store/memory.ts';
import type { Places } from '../store/places.ts';
import { inMemory, isStored } from '../store/storedGraph.ts';
import { shapeOf } from '../store/streamIngest.ts';
import { listDatasets } from './datasetList.ts';
import { dropGraph, loadDataset, previewGraph, removeDataset } from './datasets.ts';
import type { Progress } from './download.ts';
import { forgetDropped } from './droppedFiles.ts';
import { generateShape } from './generateShape.ts';
import { FIRST_DATASET } from './protocol.ts';
import { streamShape } from './shapeEntries.ts';

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

test('who says how large a public dataset is, is known where nobody here has counted, and only there', async () => {
  const entries = (await listDatasets({})).filter(({ kind }) => kind === 'public');
  const asked = entries.filter(({ sizeHost }) => sizeHost !== null);
  expect(asked).toEqual(entries.filter(({ bytes }) => bytes === null));
  expect(asked.length).toBeGreaterThan(0);
  expect(new Set(asked.map(({ sizeHost }) => sizeHost))).toEqual(new Set(['api.github.com']));
});

test('a dropped graph is kept by its size or where it lies already, read back from there and not stored twice', async () => {
  const places = { indexeddb: memoryStore(), opfs: memoryStore() };
  const edges = new File(['a,b\nb,c\nc,a\n'], 'edges.csv');
  const dropped = [{ path: 'edges.csv', file: edges }];
  const { id } = await dropGraph(dropped, {}, 'none', { opfs: places.opfs }, () => {});
  expect(await listGraphs(places.opfs)).toHaveLength(1);
  await dropGraph(dropped, {}, 'none', places, () => {});
  expect(await places.indexeddb.keys('')).toEqual([]);
  expect((await loadDataset(id, DEFAULTS, 'none', places, () => {})).fingerprint).toBe(id);
  expect((await listDatasets(places)).filter(({ kind }) => kind === 'kept')).toHaveLength(1);
  await removeDataset(id, places);
  await dropGraph(dropped, {}, 'none', places, () => {});
  expect(await places.opfs.keys('')).toEqual([]);
  expect(await listGraphs(places.indexeddb)).toHaveLength(1);
});

describe('a kept graph', () => {
  const places = { indexeddb: memoryStore() };

  test('larger than the budget of the workers stays in its store; in memory it is the same graph', async () => {
    const { id } = await ingest(graph, places.indexeddb, { id: 'kept' });
    const open = (config: Partial<Config>) => loadDataset(id, { ...DEFAULTS, ...config }, 'none', places, () => {});
    const loaded = await open({});
    const outline = await open({ 'memory.workerBudget': 1000 });
    expect([isStored(loaded.graph), isStored(outline.graph)]).toEqual([false, true]);
    expect(outline.fingerprint).toBe(loaded.fingerprint);
    const asked = await open({ 'memory.workerBudget': 1000, 'memory.store': 'memory' });
    expect(isStored(asked.graph)).toBe(false);
  });

  test('of a shape is listed in its place', async () => {
    const find = async () => (await listDatasets(places)).filter(({ id }) => id === 'arxiv-shape');
    expect(await find()).toMatchObject([{ kind: 'generated', stored: false, nodes: 169_343, classes: 40 }]);
    const manifest = await ingest(graph, places.indexeddb, { id: 'arxiv-shape' });
    expect(await find()).toMatchObject([{ kind: 'generated', stored: true, bytes: manifestBytes(manifest) }]);
  });
});

test.each(['arxiv-shape', 'reddit-shape'] as const)('the sizes of %s are known before it is made', (name) => {
  expect(shapeOf(streamOf(namedShape(name, 0)))).toMatchObject(streamShape(name));
});

test('a shape is not generated where nothing can be kept, nor in less memory than it takes', async () => {
  const make = (budget: number, places: Places) => generateShape('arxiv-shape', budget, 'none', places, () => {});
  await expect(make(0, {})).rejects.toThrow(/this browser has none/);
  const store = memoryStore();
  await expect(make(1e6, { indexeddb: store })).rejects.toThrow(/takes at least \d+ bytes .* the budget is 1000000/);
  expect(await store.keys('')).toEqual([]);
});

test('the files of a preview are read and unpacked once, until it is closed', async () => {
  let reads = 0;
  class Counted extends File {
    override arrayBuffer() {
      reads++;
      return super.arrayBuffer();
    }
  }
  const previewed = (name: string, choices = {}) =>
    previewGraph(
      [{ path: name, file: new Counted(['a,b\nb,c\n'], name, { lastModified: 1 }) }],
      choices,
      DEFAULTS,
      {},
      () => {},
    );
  expect((await previewed('e.csv')).graph).toMatchObject({ directed: false });
  expect((await previewed('e.csv', { directed: true })).graph).toMatchObject({ directed: true });
  expect(reads).toBe(1);
  await previewed('f.csv');
  expect(reads).toBe(2);
  forgetDropped();
  await previewed('f.csv');
  expect(reads).toBe(3);
});

test('a dropped graph is kept as it was previewed, and a preview keeps nothing', async () => {
  const store = memoryStore();
  const dropped = [{ path: 'some/letters.csv', file: new File(['1900,a,b\n1901,b,c\n1902,c,c\n'], 'letters.csv') }];
  const columns = [{ column: 0, role: 'weight' } as const, { column: 2, role: 'source' } as const];
  const choices = { directed: true, tables: [{ file: 'letters.csv', columns }] };
  const { graph: account } = await previewGraph(dropped, choices, DEFAULTS, { indexeddb: store }, () => {});
  expect(account).toMatchObject({ nodes: 3, edges: 2, directed: true, weighted: true, dropped: { loops: 1 } });
  expect(await store.keys('')).toEqual([]);
  const { id } = await dropGraph(dropped, choices, 'none', { indexeddb: store }, () => {});
  const { graph } = await loadDataset(id, DEFAULTS, 'none', { indexeddb: store }, () => {});
  expect(graph).toMatchObject({ symmetric: false, nodeIds: ['b', 'a', 'c'], edges: 2 });
  // Row v lists where messages come from: b writes to a with the weight 1900.
  expect([...inMemory(graph).adjacency.values!]).toEqual([1901, 1900]);
});

test.skipIf(!process.env.EDGEWISE_DATA).each(['tolokers', 'minesweeper'])(
  'what a public graph takes on disk at the least is known before it is downloaded: %s',
  async (id) => {
    const bytes = readFileSync(join(process.env.EDGEWISE_DATA!, 'heterophilous', `${id}.npz`));
    const store = memoryStore();
    const dropped = [{ path: `${id}.npz`, file: new File([bytes], `${id}.npz`) }];
    await dropGraph(dropped, {}, 'none', { indexeddb: store }, () => {});
    const [{ manifest }] = await listGraphs(store);
    const rest = manifest!.arrays.filter(({ name }) => !name.startsWith('features.'));
    const stored = rest.reduce((sum, array) => sum + byteLength(array), 0);
    const { leastBytes } = (await listDatasets({})).find((entry) => entry.id === id)!;
    expect(leastBytes).toBeLessThanOrEqual(stored);
    // Besides, there is more than one split.
    expect(leastBytes).toBeGreaterThan(0.75 * stored);
  },
);

describe('the order of rows', () => {
  // A triangle and a star, so that an order by degree is another one than that of the file.
  const file = new File(['a,b\nb,c\nc,a\nd,e\nd,f\nd,g\nd,h\n'], 'edges.csv');
  const dropped = [{ path: 'edges.csv', file }];
  const small = { ...DEFAULTS, 'memory.workerBudget': 100 };

  test('is worth choosing where the graph would stay on disk', async () => {
    const asked = async (config: Config, places: Places) =>
      (await previewGraph(dropped, {}, config, places, () => {})).staysOnDisk;
    const places = { indexeddb: memoryStore() };
    expect(await asked(DEFAULTS, places)).toBe(false);
    expect(await asked(small, places)).toBe(true);
    expect(await asked({ ...small, 'memory.store': 'memory' }, places)).toBe(false);
    expect(await asked(small, {})).toBe(false);
  });

  test.each(['degree', 'cluster'] as const)('%s of a dropped graph is listed, and it stays on disk', async (order) => {
    const places = { indexeddb: memoryStore() };
    const plain = await dropGraph(dropped, {}, 'none', places, () => {});
    const list = async () => (await listDatasets(places)).find(({ id }) => id === plain.id);
    expect(isStored(plain.graph)).toBe(false);
    expect((await list())!.ordering).toBe('none');
    const told: Parameters<Progress>[0][] = [];
    const ordered = await dropGraph(dropped, {}, order, places, (at) => told.push(at));
    expect([...new Set(told.map(({ task }) => task))]).toEqual([
      'Understanding the graph',
      'Ordering the rows',
      'Keeping the graph',
    ]);
    expect(told.slice(1).every(({ total }) => total !== null && total > 0)).toBe(true);
    expect([isStored(ordered.graph), ordered.fingerprint]).toEqual([true, plain.fingerprint]);
    expect((await list())!.ordering).toBe(order);
    const again = (config: Config) => loadDataset(plain.id, config, 'none', places, () => {});
    expect(isStored((await again(DEFAULTS)).graph)).toBe(true);
    const inMain = await again({ ...DEFAULTS, 'memory.store': 'memory' });
    expect(inMemory(inMain.graph).adjacency).toEqual(inMemory(plain.graph).adjacency);
  });

  test('of a shape needs more disk while it is made', async () => {
    const { makingBytes, ordering } = (await listDatasets({})).find(({ id }) => id === 'reddit-shape')!;
    expect(makingBytes!.degree).toBeGreaterThan(makingBytes!.none);
    expect(ordering).toBeNull();
  });
});
