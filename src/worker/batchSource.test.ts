import { expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { newLedger } from '../device/ledger.ts';
import { arrange } from '../graph/arrange.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { ingest } from '../store/ingest.ts';
import { isOrdered, listGraphs } from '../store/manifest.ts';
import { memoryStore } from '../store/memory.ts';
import { isTemporary } from '../store/temporary.ts';
import { samplerWorkers } from './batchSource.ts';
import { NO_STORAGE } from './storage.ts';

const graph = arrange(nastyGraphData(60, 1));
const id = await fingerprint(graph);
const usual = DEFAULTS['memory.chunkBytes'];

/** A run on a graph in memory that reads from a store, without a worker that samples. */
async function opened(store: ReturnType<typeof memoryStore>, chunkBytes = usual) {
  const open = samplerWorkers(
    { ...NO_STORAGE, places: { indexeddb: store } },
    { graph, id, catalogueId: null, fingerprint: id },
  );
  const memory = { 'memory.store': 'indexeddb', 'memory.chunkBytes': chunkBytes } as const;
  const config = { ...DEFAULTS, ...memory, 'sampling.workers': 0 };
  return open(graph, { recipes: {}, config, nodes: graph.nodes }, { store }, newLedger());
}

test('a graph whose rows are kept in an order is not written over by a run without sampler workers', async () => {
  const store = memoryStore();
  const kept = await ingest(graph, store, { id, ordering: 'degree' });
  const source = await opened(store);
  const lies = await listGraphs(store);
  expect(lies.find((each) => each.id === id)?.manifest).toEqual(kept);
  // Meanwhile there is a copy that a run on a graph in memory reckons with.
  const copies = lies.filter((each) => isTemporary(each.id));
  expect(copies.map(({ manifest }) => isOrdered(manifest!))).toEqual([false]);
  await source.close();
  expect((await listGraphs(store)).map((each) => each.id)).toEqual([id]);
});

test('nor is one that is kept in other chunks, and one in the usual chunks is not written again', async () => {
  const store = memoryStore();
  await (await opened(store)).close();
  const keys = await store.keys('');
  expect((await listGraphs(store)).map((each) => each.id)).toEqual([id]);
  const { put } = store;
  let puts = 0;
  store.put = (...about) => {
    puts++;
    return put(...about);
  };
  await (await opened(store)).close();
  expect(puts).toBe(0);
  const source = await opened(store, 4096);
  expect((await listGraphs(store)).find((each) => each.id === id)?.manifest?.chunkBytes).toBe(usual);
  await source.close();
  expect(puts).toBeGreaterThan(0);
  expect(await store.keys('')).toEqual(keys);
});
