import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import type { ChunkStore } from './chunkStore.ts';
import { holdGraph, type Wanted } from './hold.ts';
import { ingest } from './ingest.ts';
import { chunkFolder, isOrdered, listGraphs, manifestKey } from './manifest.ts';
import { memoryStore } from './memory.ts';
import { loadGraph } from './storedGraph.ts';
import { isTemporary, sweepTemporary, temporaryId } from './temporary.ts';

/** Without locks, as in Node; e2e/store.spec.ts has two tabs. */

const graph = arrange(nastyGraphData(60, 1, true));
const hash = await fingerprint(graph);
const usual = DEFAULTS['memory.chunkBytes'];
const hold = (store: ChunkStore, wanted: Partial<Wanted> = {}) =>
  holdGraph(graph, store, { id: 'g', fingerprint: hash, chunkBytes: usual, ...wanted });
const ids = async (store: ChunkStore) => (await listGraphs(store)).map(({ id }) => id);

/** A store that counts what is written to it. */
function counting(store: ChunkStore) {
  const counts = { puts: 0 };
  const put: ChunkStore['put'] = (key, bytes) => {
    counts.puts++;
    return store.put(key, bytes);
  };
  return { counts, store: { ...store, put } };
}

describe('a graph that is held', () => {
  test('in another store than the dataset is a temporary copy', async () => {
    const store = memoryStore();
    const { manifest, close } = await hold(store, { keptElsewhere: true });
    expect(manifest.id).toBe(temporaryId('g', usual));
    await close();
    expect(await store.keys('')).toEqual([]);
  });

  test('beside a dataset whose rows are ordered is a temporary copy, and the dataset stays as it is', async () => {
    const store = memoryStore();
    const kept = await ingest(graph, store, { id: 'g', ordering: 'degree' });
    const { manifest, close } = await hold(store);
    expect([manifest.id, isOrdered(manifest)]).toEqual([temporaryId('g', usual), false]);
    await close();
    expect(await listGraphs(store)).toEqual([{ id: 'g', manifest: kept }]);
  });

  test('in chunks of the usual size is stored once, and stays', async () => {
    const { counts, store } = counting(memoryStore());
    await (await hold(store)).close();
    expect(await loadGraph(store, 'g')).toEqual(graph);
    const written = counts.puts;
    const { manifest, close } = await hold(store);
    await close();
    expect(manifest).toMatchObject({ id: 'g', fingerprint: hash, chunkBytes: usual });
    expect(counts.puts).toBe(written);
    expect(await ids(store)).toEqual(['g']);
  });

  test.each([4096, 5003])('in chunks of %i bytes is a temporary copy beside it', async (chunkBytes) => {
    const { counts, store } = counting(memoryStore());
    await ingest(graph, store, { id: 'g', chunkBytes: usual });
    const first = await hold(store, { chunkBytes });
    const written = counts.puts;
    const second = await hold(store, { chunkBytes });
    expect(counts.puts).toBe(written);
    expect(isTemporary(first.manifest.id)).toBe(true);
    expect(second.manifest).toEqual(first.manifest);
    await second.close();
    expect(await ids(store)).toEqual(['g']);
  });

  test('takes the place of another graph of its id, and of a damaged one', async () => {
    const store = memoryStore();
    await ingest(arrange(nastyGraphData(50, 2)), store, { id: 'g' });
    expect((await hold(store)).manifest.nodes).toBe(60);
    await store.put(manifestKey('g'), Uint8Array.of(1, 2, 3));
    expect((await hold(store)).manifest.nodes).toBe(60);
  });

  test('is let go without an error although its copy cannot be deleted', async () => {
    const store = memoryStore();
    const { manifest, close } = await hold(store, { chunkBytes: 4096 });
    const sweep = store.delete;
    store.delete = async () => {
      throw new Error('the disk is gone');
    };
    await close();
    expect(await ids(store)).toEqual([manifest.id]);
    store.delete = sweep;
    await sweepTemporary(store);
    expect(await store.keys('')).toEqual([]);
  });

  test('leaves nothing where its storing was aborted', async () => {
    const store = memoryStore();
    const stop = new AbortController();
    const put = store.put;
    store.put = (key, bytes) => {
      stop.abort(new Error('stopped'));
      return put(key, bytes);
    };
    await expect(hold(store, { chunkBytes: 4096, signal: stop.signal })).rejects.toThrow('stopped');
    expect(await store.keys('')).toEqual([]);
  });
});

test('a sweep deletes temporary copies, whole and half-written, and nothing else', async () => {
  const store = memoryStore();
  const whole = temporaryId(hash, 4096);
  const half = temporaryId('cora', 8192);
  await ingest(graph, store, { id: 'g', chunkBytes: 4096 });
  const kept = await store.keys('');
  await ingest(graph, store, { id: whole, chunkBytes: 4096 });
  await store.put(`${chunkFolder(half)}labels.values/0`, Uint8Array.of(1));
  await sweepTemporary(store);
  expect(await store.keys('')).toEqual(kept);
});

test('the longest temporary id is an id', async () => {
  const store = memoryStore();
  const id = temporaryId(hash, Number.MAX_SAFE_INTEGER);
  expect((await ingest(graph, store, { id })).id).toBe(id);
});
