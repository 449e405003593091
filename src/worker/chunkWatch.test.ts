import { expect, test } from 'vitest';
import type { ChunkStore } from '../store/chunkStore.ts';
import { ingest } from '../store/ingest.ts';
import { isServed } from '../store/manifest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { localBatchSource } from '../train/batchSource.ts';
import { train } from '../train/session.ts';
import { configOf, SAMPLED, testGraph } from '../train/testing/graphs.ts';
import { type ChunksView, newChunkWatch } from './chunkWatch.ts';

const backend = { kind: 'cpu' } as const;
// The smallest cache there may be, and a graph that is larger.
const config = configOf({ ...SAMPLED, 'training.epochs': 2, 'memory.cacheBytes': 2 ** 20 });

async function storedGraph(store: ChunkStore) {
  const graph = testGraph({ nodes: 600 });
  const features = { kind: 'dense', rows: 600, cols: 600, values: new Float32Array(600 * 600).fill(0.5) } as const;
  await ingest({ ...graph, features }, store, { id: 'g', chunkBytes: 16384 });
  return openStored(store, 'g');
}

/** A run, what its watch told, and the bytes that were read for its batches. */
async function watched(look: boolean | null) {
  const inner = memoryStore();
  const graph = await storedGraph(inner);
  let bytes = 0;
  const counted = (key: string, answer: Uint8Array | null) => {
    if (key.startsWith('chunk/') && isServed(key.split('/')[2])) bytes += answer?.length ?? 0;
    return answer;
  };
  const store: ChunkStore = {
    ...inner,
    get: async (key, into) => counted(key, await inner.get(key, into)),
    getRanges: async (key, ranges) => counted(key, await inner.getRanges(key, ranges)),
  };
  const told: ChunksView[] = [];
  const watch = newChunkWatch(0);
  watch.look(look === true);
  const openBatchSource =
    look === null ? localBatchSource : watch.over(localBatchSource, (chunks) => told.push(chunks));
  const { result } = await train({ graph, config, backend, fit: false, store, openBatchSource });
  return { told, bytes, hash: result.curveHash };
}

test('a run that is watched is the same, bit for bit, and every byte that it reads is told', async () => {
  const plain = await watched(null);
  const seen = await watched(true);
  expect(seen.hash).toBe(plain.hash);
  expect(seen.bytes).toBe(plain.bytes);
  expect(seen.told.reduce((sum, { bytesRead }) => sum + bytesRead, 0)).toBe(plain.bytes);
  const total = (of: 'found' | 'read') => seen.told.reduce((sum, each) => sum + each[of].reduce((a, b) => a + b, 0), 0);
  expect(total('found')).toBeGreaterThan(0);
  expect(total('read')).toBeGreaterThan(0);
  expect(seen.told.reduce((sum, { batches }) => sum + batches, 0)).toBeGreaterThan(10);
});

test('nothing is told where nobody looks', async () => {
  expect((await watched(false)).told).toEqual([]);
});

test('of a graph in memory there is nothing to tell', async () => {
  const told: ChunksView[] = [];
  const watch = newChunkWatch(0);
  watch.look(true);
  const openBatchSource = watch.over(localBatchSource, (chunks) => told.push(chunks));
  await train({ graph: testGraph(), config, backend, fit: false, openBatchSource });
  expect(told).toEqual([]);
});

test('whoever begins to look hears of what is asked for from then on', async () => {
  const store = memoryStore();
  const graph = await storedGraph(store);
  const told: ChunksView[] = [];
  const watch = newChunkWatch(0);
  const openBatchSource = watch.over(localBatchSource, (chunks) => told.push(chunks));
  const onEpoch = ({ epoch }: { readonly epoch: number }) => {
    if (epoch === 1) watch.look(true);
  };
  await train({ graph, config, backend, fit: false, store, openBatchSource, onEpoch });
  const { told: all } = await watched(true);
  const batches = (views: readonly ChunksView[]) => views.reduce((sum, view) => sum + view.batches, 0);
  expect(batches(told)).toBeGreaterThan(0);
  expect(batches(told)).toBe(batches(all) / 2);
});
