import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { crc32 } from '../formats/crc32.ts';
import { arrange } from '../graph/arrange.ts';
import { canonicalSparse } from '../graph/features.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import type { Graph } from '../graph/graph.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { epochBatches, sampleNeighbors } from '../graph/neighborSampler.ts';
import { ORDERING_NAMES } from '../graph/ordering.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import type { DenseTable, RowRequest, TableName } from '../graph/request.ts';
import { nastyGraphData, withLabelSets } from '../graph/testGraphs.ts';
import type { ChunkStore } from './chunkStore.ts';
import { fileStore } from './file.ts';
import { drive, openGraph } from './graphStore.ts';
import { ingest } from './ingest.ts';
import type { IngestProgress } from './ingestProgress.ts';
import {
  chunkKey,
  deleteGraph,
  encodeManifest,
  listGraphs,
  type Manifest,
  manifestKey,
  orderingOf,
} from './manifest.ts';
import { memoryStore } from './memory.ts';
import { loadGraph } from './storedGraph.ts';

const featureNames = Array.from({ length: 7 }, (_, column) => `feature ${column}\n"é"`);
const dense = arrange({ ...nastyGraphData(120, 1, true), featureNames });
const sparse: Graph = { ...arrange(nastyGraphData(120, 1)), features: canonicalSparse(dense.features), nodeIds: null };
const twoSplits: Graph = { ...dense, splits: [dense.splits[0], dense.splits[0].slice().reverse()], positions: null };
const severalLabels = arrange(withLabelSets(nastyGraphData(120, 1)));
const all = Uint32Array.from({ length: 120 }, (_, v) => v);
const CHUNKS = [4, 12, 100, 1024, 1 << 20];

describe.each(
  ORDERING_NAMES.flatMap((ordering) => [
    ['dense, weighted', dense, ordering] as const,
    ['sparse, unweighted', sparse, ordering] as const,
    ['two splits', twoSplits, ordering] as const,
    ['several labels per node', severalLabels, ordering] as const,
  ]),
)('a graph that is %s, order: $2', (_, graph, ordering) => {
  test.each(CHUNKS)('comes back whole from chunks of %i bytes', async (chunkBytes) => {
    const store = memoryStore();
    const manifest = await ingest(graph, store, { id: 'g', chunkBytes, ordering });
    expect(await loadGraph(store, 'g')).toEqual(graph);
    expect(manifest.fingerprint).toBe(await fingerprint(graph));
    expect(await listGraphs(store)).toEqual([{ id: 'g', manifest }]);
    expect(orderingOf(manifest)).toBe(ordering);
  });

  test.each(CHUNKS)('answers any request as memory does: chunks of %i bytes', async (chunkBytes) => {
    const store = memoryStore();
    await ingest(graph, store, { id: 'g', chunkBytes, ordering });
    const server = memoryServer(graph);
    const requests = [all, all.slice().reverse(), Uint32Array.of(0, 119, 0, 0, 60, 1), new Uint32Array(0)];
    for (const cacheBytes of [0, chunkBytes, 5000, 1 << 24]) {
      const opened = await openGraph(store, 'g', cacheBytes);
      for (const table of ['neighbors', 'features', 'degree', 'labels', 'split'] satisfies TableName[]) {
        for (const rows of requests) {
          for (const entries of [undefined, [0, 1], [2, 7], [40, Infinity]] satisfies RowRequest['entries'][]) {
            const request = { table, rows, entries };
            expect(await opened.serve(request)).toEqual(server(request));
          }
        }
      }
    }
  });

  test('gives the same samples from memory and from every store, chunk size and cache size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgewise-graph-'));
    const locals = new Uint32Array(120);
    const batches = epochBatches(all, 16, seedKey(1)).slice(0, 3);
    const samplers = () =>
      batches.map((seeds, i) => sampleNeighbors(seeds, [3, -1, 2], deriveKey([1, 2], i, 0), locals));
    const expected = samplers().map((sampler) => driveSync(sampler, memoryServer(graph)));
    for (const store of [memoryStore(), await fileStore(folder)]) {
      for (const chunkBytes of [64, 4096]) {
        await ingest(graph, store, { id: 'g', chunkBytes, ordering });
        for (const cacheBytes of [0, 1000, 1 << 20]) {
          const { serve } = await openGraph(store, 'g', cacheBytes);
          for (const [i, sampler] of samplers().entries()) expect(await drive(sampler, serve)).toEqual(expected[i]);
        }
      }
    }
    await rm(folder, { recursive: true });
  });
});

describe('serving', () => {
  test('counts what it keeps, reads each chunk once per request, and hits the cache the next time', async () => {
    const store = memoryStore();
    await ingest(sparse, store, { id: 'g', chunkBytes: 64 });
    const opened = await openGraph(store, 'g', 1 << 20);
    expect(opened.hostBytes).toEqual({ indptr: 2 * 4 * 121, cache: 1 << 20, inFlight: 128 });
    const request = { table: 'neighbors', rows: all.slice().reverse() } as const;
    await opened.serve(request);
    const bytes = sparse.adjacency.indices.byteLength;
    const chunks = Math.ceil(bytes / 64);
    expect(opened.stats).toEqual({ hits: 0, misses: chunks, bytesRead: bytes, rows: 122, rowsFound: 0 });
    await opened.serve(request);
    expect(opened.stats).toEqual({ hits: chunks, misses: chunks, bytesRead: bytes, rows: 244, rowsFound: 122 });
    const uncached = await openGraph(store, 'g', 0);
    await uncached.serve(request);
    expect(uncached.stats).toMatchObject({ hits: 0, misses: chunks, bytesRead: bytes, rowsFound: 0 });
  });

  test('counts the places of ordered rows, and reads each chunk once per request all the same', async () => {
    const store = memoryStore();
    await ingest(dense, store, { id: 'g', chunkBytes: 64, ordering: 'degree' });
    const opened = await openGraph(store, 'g', 0);
    expect(opened.hostBytes.indptr).toBe(4 * 121 + 2 * 4 * 120);
    for (const table of ['neighbors', 'features'] as const) await opened.serve({ table, rows: all });
    const bytes = 2 * dense.adjacency.indices.byteLength + dense.features.values!.byteLength;
    expect(opened.stats.bytesRead).toBe(bytes);
  });

  test('reads a few rows of a chunk alone, once the chunk was found whole and where the cache does not want it', async () => {
    const wide: Graph = {
      ...dense,
      features: { kind: 'dense', rows: 120, cols: 700, values: Float32Array.from({ length: 84_000 }, (_, i) => i) },
    };
    const rows = Uint32Array.of(119, 3, 4, 70, 3);
    const request = { table: 'features', rows } as const;
    const [expected, bytes, chunkBytes] = [memoryServer(wide)(request), 5 * 2800, 1 << 17];
    for (const [readsRanges, cacheBytes, further] of [
      [true, 0, bytes],
      [false, 0, 336_000],
      [true, 1 << 20, 0],
    ] as const) {
      const store = { ...memoryStore(), readsRanges };
      await ingest(wide, store, { id: 'g', chunkBytes });
      const { serve, stats } = await openGraph(store, 'g', cacheBytes);
      for (const total of [336_000, 336_000 + further]) {
        expect(await serve(request)).toEqual(expected);
        expect(stats.bytesRead).toBe(total);
      }
      if (!readsRanges || cacheBytes > 0) continue;
      await store.put(chunkKey('g', 'features.values', 0), new Uint8Array(9000));
      await expect(serve(request)).rejects.toThrow('Chunk features.values/0 of graph g is damaged');
      await store.delete(chunkKey('g', 'features.values', 0));
      await expect(serve(request)).rejects.toThrow('Chunk features.values/0 of graph g is missing');
    }
  });

  test('survives requests at the same time', async () => {
    const store = memoryStore();
    await ingest(dense, store, { id: 'g', chunkBytes: 64 });
    const { serve } = await openGraph(store, 'g', 200);
    const request = (seed: number) => ({ table: 'features', rows: epochBatches(all, 40, seedKey(seed))[0] }) as const;
    const answers = await Promise.all([1, 2, 3, 4].map((seed) => serve(request(seed))));
    expect(answers).toEqual([1, 2, 3, 4].map((seed) => memoryServer(dense)(request(seed))));
  });

  test('reads into memory of chunks that it did not keep, never of those that it did', async () => {
    const inner = memoryStore();
    await ingest(dense, inner, { id: 'g', chunkBytes: 64 });
    let reused = 0;
    const get: ChunkStore['get'] = async (key, into) => {
      const chunk = await inner.get(key);
      if (!chunk || !into || into.byteLength < chunk.length) return chunk;
      reused++;
      const bytes = new Uint8Array(into, 0, chunk.length);
      bytes.set(chunk);
      return bytes;
    };
    const { serve } = await openGraph({ ...inner, get }, 'g', 1000);
    const request = (seed: number) => ({ table: 'features', rows: epochBatches(all, 40, seedKey(seed))[0] }) as const;
    for (const seeds of [[1], [2, 3, 4], [5], [1, 6]]) {
      const answers = await Promise.all(seeds.map((seed) => serve(request(seed))));
      expect(answers).toEqual(seeds.map((seed) => memoryServer(dense)(request(seed))));
    }
    expect(reused).toBeGreaterThan(0);
  });

  test('puts dense rows where they are wanted, if they fit', async () => {
    const store = memoryStore();
    await ingest(dense, store, { id: 'g', chunkBytes: 64 });
    const { serve } = await openGraph(store, 'g', 0);
    const request = { table: 'features', rows: all.slice().reverse() } as const;
    const expected = memoryServer(dense)(request);
    const bytes = dense.features.values!.byteLength;
    for (const [room, fits] of [
      [bytes - 4, false],
      [bytes, true],
      [bytes + 12, true],
    ] as const) {
      const into = new ArrayBuffer(room);
      for (const answer of [await serve({ ...request, into }), memoryServer(dense)({ ...request, into })]) {
        expect(answer).toEqual(expected);
        expect((answer.table as DenseTable).values.buffer === into).toBe(fits);
      }
    }
  });

  test('refuses a row beyond the nodes', async () => {
    const store = memoryStore();
    await ingest(dense, store, { id: 'g' });
    const { serve } = await openGraph(store, 'g', 0);
    await expect(serve({ table: 'labels', rows: Uint32Array.of(3, 120) })).rejects.toThrow(/Row 120 of labels/);
  });

  test('a store that fails leaves the scratch of the sampler clean', async () => {
    const locals = new Uint32Array(120);
    const fail = () => Promise.reject(new Error('gone'));
    await expect(drive(sampleNeighbors(all, [2], seedKey(1), locals), fail)).rejects.toThrow('gone');
    expect(locals.every((word) => word === 0)).toBe(true);
  });
});

describe('ingest', () => {
  /** A store that remembers the order of its writes, and can fail at one of them. */
  function watched(failAt = Infinity): ChunkStore & { writes: string[] } {
    const inner = memoryStore();
    const writes: string[] = [];
    const put = async (key: string, bytes: Uint8Array) => {
      if (writes.push(key) > failAt) throw new Error('disk full');
      await inner.put(key, bytes);
    };
    return { ...inner, put, writes };
  }

  test('writes the manifest last, chunks of the size asked for, and reports all bytes', async () => {
    const store = watched();
    const progress: IngestProgress[] = [];
    const manifest = await ingest(dense, store, { chunkBytes: 999, onProgress: (at) => progress.push(at) });
    expect(manifest.chunkBytes).toBe(996);
    expect(manifest.id).toBe(manifest.fingerprint);
    expect(store.writes.indexOf(manifestKey(manifest.id))).toBe(store.writes.length - 1);
    const { task, total } = progress[0];
    expect(progress.every((at) => at.task === task)).toBe(true);
    expect(progress.at(-1)!.done).toBe(total);
    let stored = 0;
    for (const key of await store.keys('chunk/')) {
      const { length } = (await store.get(key))!;
      expect(length).toBeLessThanOrEqual(996);
      stored += length;
    }
    expect(stored).toBe(total);
  });

  test.each(['degree', 'cluster'] as const)(
    'tells how far it is with ordering the rows %s, and can be stopped',
    async (ordering) => {
      const abort = new AbortController();
      const told: IngestProgress[] = [];
      const onProgress = (at: IngestProgress) => {
        told.push(at);
        if (at.task !== 'Ordering the rows') abort.abort();
      };
      const store = watched();
      const stopped = ingest(dense, store, { ordering, onProgress, signal: abort.signal });
      await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
      const swept = told.filter(({ task }) => task === 'Ordering the rows');
      expect(swept.length).toBe(told.length - 1);
      expect(swept[0].done).toBe(0);
      expect(swept.map(({ done }) => done)).toEqual(swept.map(({ done }) => done).toSorted((a, b) => a - b));
      // All neighbours are read in each sweep.
      expect(swept.at(-1)).toMatchObject({ done: swept[0].total });
      expect(swept[0].total % dense.adjacency.indices.byteLength).toBe(0);

      const before = AbortSignal.abort();
      await expect(ingest(dense, store, { ordering, signal: before })).rejects.toThrow();
      expect(await store.keys('')).toEqual([]);
    },
  );

  test('leaves nothing behind when the store fails at any write', async () => {
    const complete = watched();
    await ingest(dense, complete, { id: 'g', chunkBytes: 2048 });
    for (let failAt = 0; failAt < complete.writes.length; failAt++) {
      const store = watched(failAt);
      await expect(ingest(dense, store, { id: 'g', chunkBytes: 2048 })).rejects.toThrow('disk full');
      expect(await store.keys('')).toEqual([]);
    }
  });

  test('stops when aborted, before the next chunk, and cleans up', async () => {
    const store = watched();
    const abort = new AbortController();
    const onProgress = () => store.writes.length === 3 && abort.abort();
    const stopped = ingest(dense, store, { chunkBytes: 64, signal: abort.signal, onProgress });
    await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(store.writes.length).toBe(3);
    expect(await store.keys('')).toEqual([]);
    await expect(ingest(dense, store, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(store.writes.length).toBe(3);
  });

  test('replaces a graph of the same id, and leaves one alone whose id begins the same', async () => {
    const store = memoryStore();
    await ingest(dense, store, { id: 'a', chunkBytes: 16 });
    await ingest(dense, store, { id: 'ab' });
    await ingest(sparse, store, { id: 'a', chunkBytes: 4096 });
    expect(await loadGraph(store, 'a')).toEqual(sparse);
    await deleteGraph(store, 'a');
    expect((await listGraphs(store)).map(({ id }) => id)).toEqual(['ab']);
    expect(await loadGraph(store, 'ab')).toEqual(dense);
    await deleteGraph(store, 'ab');
    expect(await store.keys('')).toEqual([]);
  });

  test.each(['', 'A', 'a/b', '../a', 'a'.repeat(65)])('refuses the id "%s"', async (id) => {
    await expect(ingest(dense, memoryStore(), { id })).rejects.toThrow(/not an id/);
  });
});

describe('damage is one sentence that names the part', () => {
  const flip = (bytes: Uint8Array) => {
    bytes[3] ^= 1;
    return bytes;
  };
  const cut = (bytes: Uint8Array) => bytes.slice(1);
  const cases: [string, (bytes: Uint8Array) => Uint8Array | null, RegExp][] = [
    ['features.values', () => null, /Chunk features\.values\/1 of graph g is missing: delete the graph and load/],
    ['features.values', flip, /Chunk features\.values\/1 of graph g is damaged/],
    ['neighbors.indptr', flip, /Chunk neighbors\.indptr\/1 of graph g is damaged/],
    ['neighbors.indices', cut, /Chunk neighbors\.indices\/1 of graph g is damaged/],
  ];

  test.each(cases)('a chunk of %s', async (array, change, message) => {
    const store = memoryStore();
    await ingest(dense, store, { id: 'g', chunkBytes: 64 });
    const key = chunkKey('g', array, 1);
    const changed = change((await store.get(key))!);
    if (changed) await store.put(key, changed);
    else await store.delete(key);
    await expect(loadGraph(store, 'g')).rejects.toThrow(InputError);
    await expect(loadGraph(store, 'g')).rejects.toThrow(message);
    const serve = async () => {
      const opened = await openGraph(store, 'g', 0);
      for (const table of ['neighbors', 'features'] as const) await opened.serve({ table, rows: all });
    };
    await expect(serve()).rejects.toThrow(message);
  });

  test.each([
    ['a node twice', (order: Uint32Array) => order.fill(order[1], 0, 1)],
    ['no node', (order: Uint32Array) => order.fill(120, 0, 1)],
  ])('an order with %s', async (_, edit) => {
    const store = memoryStore();
    const manifest = await ingest(dense, store, { id: 'g', ordering: 'degree' });
    const key = chunkKey('g', 'order', 0);
    const chunk = (await store.get(key))!;
    edit(new Uint32Array(chunk.buffer, chunk.byteOffset, 120));
    await store.put(key, chunk);
    const checked = { checksums: [crc32(chunk)] };
    const arrays = manifest.arrays.map((array) => (array.name === 'order' ? { ...array, ...checked } : array));
    await store.put(manifestKey('g'), encodeManifest({ ...manifest, arrays }));
    for (const open of [() => openGraph(store, 'g', 0), () => loadGraph(store, 'g')]) {
      await expect(open()).rejects.toThrow(InputError);
      await expect(open()).rejects.toThrow(
        'Chunk order of graph g is damaged: delete the graph and load its file again.',
      );
    }
  });

  const labelsOf = (manifest: Manifest) => manifest.arrays.find(({ name }) => name === 'labels.values');
  const edits: [string, (manifest: Manifest) => unknown][] = [
    ['another version', (m) => ({ ...m, version: 2 })],
    ['another id', (m) => ({ ...m, id: 'h' })],
    ['no list of arrays', (m) => ({ ...m, arrays: null })],
    ['a negative size', (m) => ({ ...m, nodes: -1 })],
    ['chunks of no size', (m) => ({ ...m, chunkBytes: 0 })],
    ['an order that is not known', (m) => ({ ...m, ordering: 'size' })],
    [
      'an array longer than its chunks',
      (m) => ({ ...m, arrays: m.arrays.map((a) => ({ ...a, length: a.length + 1e6 })) }),
    ],
    ['an unknown type', (m) => ({ ...m, arrays: m.arrays.map((a) => ({ ...a, type: 'constructor' })) })],
    ['an array left out', (m) => ({ ...m, arrays: m.arrays.filter((a) => a.name !== 'degree.values') })],
    ['another width', (m) => ({ ...m, tables: { ...m.tables, features: { ...m.tables.features, cols: 8 } } })],
    [
      'neighbours of other nodes',
      (m) => ({ ...m, tables: { ...m.tables, neighbors: { ...m.tables.neighbors, cols: 99 } } }),
    ],
    ['a table left out', (m) => ({ ...m, tables: { ...m.tables, labels: undefined } })],
    ['no object', () => 7],
    ['an order of too few', (m) => ({ ...m, arrays: [...m.arrays, { ...m.arrays[0], name: 'order', length: 119 }] })],
    [
      'an order that its rows do not follow',
      (m) => ({ ...m, arrays: [...m.arrays, { ...labelsOf(m), name: 'order', type: 'u32' }] }),
    ],
    [
      'rows that follow no order',
      (m) => ({
        ...m,
        arrays: m.arrays.map((a) => (a.name === 'features.values' ? { ...a, name: `ordered.${a.name}` } : a)),
      }),
    ],
  ];

  test.each(edits)('a manifest with %s', async (_, edit) => {
    const store = memoryStore();
    const manifest = await ingest(dense, store, { id: 'g', chunkBytes: 64 });
    await store.put(manifestKey('g'), encodeManifest(edit(manifest) as Manifest));
    await expect(loadGraph(store, 'g')).rejects.toThrow(InputError);
    await expect(openGraph(store, 'g', 0)).rejects.toThrow(/manifest of graph g is damaged: delete/);
    expect(await listGraphs(store)).toEqual([{ id: 'g', manifest: null }]);
  });

  test('a manifest with any byte changed or cut off', async () => {
    const store = memoryStore();
    const bytes = encodeManifest(await ingest(dense, store, { id: 'g', chunkBytes: 64 }));
    for (let at = 0; at < bytes.length; at++) {
      await store.put(
        manifestKey('g'),
        Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte)),
      );
      await expect(loadGraph(store, 'g')).rejects.toThrow(/manifest of graph g is damaged: delete/);
      await store.put(manifestKey('g'), bytes.slice(0, at));
      expect(await listGraphs(store)).toEqual([{ id: 'g', manifest: null }]);
    }
  });

  test('a manifest that is no text, a graph that is not there', async () => {
    const store = memoryStore();
    await store.put(manifestKey('g'), Uint8Array.of(0xff, 0));
    await expect(openGraph(store, 'g', 0)).rejects.toThrow(/manifest of graph g is damaged/);
    await expect(openGraph(store, 'none', 0)).rejects.toThrow(/no graph none in the memory store/);
  });
});
