import { rowOffsets } from '../graph/memoryServer.ts';
import type { DenseTable, RowRequest, Rows } from '../graph/request.ts';
import { chunkCache } from './cache.ts';
import { byteRanges, chunkPieces } from './chunkPieces.ts';
import type { ChunkStore } from './chunkStore.ts';
import {
  chunkKey,
  ELEMENTS,
  type ElementArray,
  findArray,
  type Manifest,
  readManifest,
  type StoredArray,
  TABLES,
} from './manifest.ts';
import { chunkLength, damagedChunk, readChunk, readIndptr, readPlaces } from './readArray.ts';

/** A range of a chunk is read where each stands for so many bytes: it takes about as long, wherever the store reads ranges. */
const RANGE_BYTES = 4096;

/** A stored graph that answers row requests from its cache or its chunks. */
export interface GraphStore {
  readonly manifest: Manifest;
  serve(request: RowRequest): Promise<Rows>;
  /**
   * What it keeps in memory: row offsets of sparse tables, and where the rows are that lie in another order than the nodes; the
   * cache at its fullest; and per request under way the chunk that it copies from and the one that it reads. Answers belong to
   * whoever asked.
   */
  readonly hostBytes: { readonly indptr: number; readonly cache: number; readonly inFlight: number };
  /** Look-ups of chunks, and bytes that came from the store. */
  readonly stats: ReadStats;
}

export interface ReadStats {
  hits: number;
  misses: number;
  bytesRead: number;
  /** Rows, or their parts in several chunks, that were asked for, and those that were found in the cache. */
  rows: number;
  rowsFound: number;
}

interface LoadedChunk {
  readonly chunk: Uint8Array;
  /** In the cache. */
  readonly found: boolean;
}

/** Throws InputError where the graph does not exist or a part of it is damaged. `cacheBytes` may be 0. */
export async function openGraph(store: ChunkStore, id: string, cacheBytes: number): Promise<GraphStore> {
  return serveGraph(store, await readManifest(store, id), cacheBytes);
}

/** As openGraph; of the arrays in the manifest, those of rows must be in the store, with their row offsets. */
export async function serveGraph(store: ChunkStore, manifest: Manifest, cacheBytes: number): Promise<GraphStore> {
  const { id, chunkBytes, arrays, tables } = manifest;
  const cache = chunkCache(cacheBytes);
  const stats: ReadStats = { hits: 0, misses: 0, bytesRead: 0, rows: 0, rowsFound: 0 };

  /** Chunks that were found whole since the graph was opened: what is read again and again is checked once. */
  const sound = new Set<string>();

  /** The whole chunk, from the cache or the store; null where the cache would not keep it, and the ranges `wanted` of it cost less. */
  const load = async (array: StoredArray, index: number, wanted: number): Promise<LoadedChunk | null> => {
    const key = chunkKey(id, array.name, index);
    const cached = cache.get(key);
    if (cached) {
      stats.hits++;
      return { chunk: cached, found: true };
    }
    stats.misses++;
    const length = chunkLength(manifest, array, index);
    const cheaper = store.readsRanges && wanted * RANGE_BYTES < length;
    if (cheaper && sound.has(key) && !cache.keeps(key, length)) return null;
    const chunk = await readChunk(store, manifest, array, index, sound.has(key));
    sound.add(key);
    stats.bytesRead += chunk.length;
    cache.put(key, chunk);
    return { chunk, found: false };
  };

  const loadRanges = async (array: StoredArray, index: number, ranges: Uint32Array): Promise<Uint8Array> => {
    const bytes = await store.getRanges(chunkKey(id, array.name, index), ranges);
    let length = 0;
    for (let i = 0; i < ranges.length; i += 2) length += ranges[i + 1] - ranges[i];
    if (bytes?.length !== length) throw damagedChunk(manifest, array, index, bytes);
    stats.bytesRead += length;
    return bytes;
  };

  /** Copies elements begin[i] and following of the array to offsets[i] .. offsets[i + 1], for each i in `order`. */
  const gather = async (
    array: StoredArray,
    order: ArrayLike<number>,
    begin: ArrayLike<number>,
    offsets: ArrayLike<number>,
  ): Promise<ElementArray> => {
    const Elements = ELEMENTS[array.type];
    const size = Elements.BYTES_PER_ELEMENT;
    // Whatever numbers they are, words or bytes are copied: a loop over several types of arrays would be several times slower.
    const Units = size === 4 ? Uint32Array : Uint8Array;
    const out = new Units(offsets[begin.length]);
    const perChunk = chunkBytes / size;
    for (const { index, pieces } of chunkPieces(order, begin, offsets, perChunk)) {
      const ranges = byteRanges(pieces, size);
      const loaded = await load(array, index, ranges.length / 2);
      stats.rows += pieces.length / 3;
      if (loaded?.found) stats.rowsFound += pieces.length / 3;
      const units = unitsOf(loaded ? loaded.chunk : await loadRanges(array, index, ranges), Units);
      // Parts of a chunk stand side by side.
      for (let i = 0, next = 0; i < pieces.length; i += 3) {
        const [from, to, length] = [loaded ? pieces[i] : next, pieces[i + 1], pieces[i + 2]];
        next += length;
        // For short rows a loop is faster than a view of each.
        if (size === 1 || length > SHORT) out.set(units.subarray(from, from + length), to);
        else copyWords(units as Uint32Array, from, out as Uint32Array, to, length);
      }
    }
    return new Elements(out.buffer);
  };

  const indptrs = new Map<string, Uint32Array>();
  for (const table of TABLES) {
    if (tables[table].kind === 'sparse') indptrs.set(table, await readIndptr(store, manifest, table));
  }
  const places = await readPlaces(store, manifest, indptrs);

  const serve = async ({ table, rows }: RowRequest): Promise<Rows> => {
    const { cols } = tables[table];
    const wrong = rows.find((row) => row >= manifest.nodes);
    if (wrong !== undefined) throw new RangeError(`Row ${wrong} of ${table} is beyond the ${manifest.nodes} nodes.`);
    const indptr = indptrs.get(table);
    const values = findArray(arrays, `${table}.values`);
    const place = places.get(table);
    const at = place ? rows.map((row) => place[row]) : rows;
    const order = ascending(at, place && indptr ? indptr[manifest.nodes] + 1 : manifest.nodes);
    if (!indptr) {
      const begin = new Float64Array(rows.length);
      const offsets = new Float64Array(rows.length + 1);
      for (let i = 0; i < rows.length; i++) {
        begin[i] = at[i] * cols;
        offsets[i + 1] = offsets[i] + cols;
      }
      const gathered = (await gather(values!, order, begin, offsets)) as DenseTable['values'];
      return { table: { kind: 'dense', rows: rows.length, cols, values: gathered }, first: null };
    }
    const { first, offsets } = rowOffsets(indptr, rows);
    const begin = place ? at : first;
    const indices = (await gather(findArray(arrays, `${table}.indices`)!, order, begin, offsets)) as Uint32Array;
    const weights = values ? ((await gather(values, order, begin, offsets)) as Float32Array) : null;
    return { table: { kind: 'sparse', rows: rows.length, cols, indptr: offsets, indices, values: weights }, first };
  };

  const indptrBytes = [...indptrs.values(), ...places.values()].reduce((sum, each) => sum + each.byteLength, 0);
  return { manifest, serve, stats, hostBytes: { indptr: indptrBytes, cache: cacheBytes, inFlight: 2 * chunkBytes } };
}

/** Runs a sampler to its end against a server that takes its time. */
export async function drive<T>(
  generator: Generator<RowRequest, T, Rows>,
  serve: (request: RowRequest) => Promise<Rows>,
): Promise<T> {
  try {
    let step = generator.next();
    while (!step.done) step = generator.next(await serve(step.value));
    return step.value;
  } finally {
    // Where the server failed, the sampler still has its scratch to clean.
    generator.return(undefined as T);
  }
}

/** One vector per split, of a table with a row per node. */
export function splitsOf(table: Uint8Array, cols: number): Uint8Array[] {
  return Array.from({ length: cols }, (_, k) =>
    Uint8Array.from({ length: table.length / cols }, (_, node) => table[node * cols + k]),
  );
}

/** The rows of a request by where they lie, which is below `bound`, so that a request reads each chunk once. */
function ascending(at: Uint32Array, bound: number): ArrayLike<number> {
  const count = at.length;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  // Row and position in one float64 sort without a callback; exact as long as all keys stay below 2^53.
  if (bound * count > Number.MAX_SAFE_INTEGER) return order;
  const keys = new Float64Array(count);
  let sorted = true;
  for (let i = 0; i < count; i++) {
    keys[i] = at[i] * count + i;
    sorted &&= i === 0 || at[i] >= at[i - 1];
  }
  if (sorted) return order;
  keys.sort();
  for (let i = 0; i < count; i++) order[i] = keys[i] % count;
  return order;
}

/** Elements that are copied one by one. */
const SHORT = 512;

function copyWords(from: Uint32Array, at: number, to: Uint32Array, where: number, length: number): void {
  for (let i = 0; i < length; i++) to[where + i] = from[at + i];
}

function unitsOf(chunk: Uint8Array, Units: typeof Uint32Array | typeof Uint8Array): Uint32Array | Uint8Array {
  const size = Units.BYTES_PER_ELEMENT;
  // Whatever a store gives, numbers lie where a typed array can see them.
  const { buffer, byteOffset, length } = chunk.byteOffset % size === 0 ? chunk : chunk.slice();
  return new Units(buffer as ArrayBuffer, byteOffset, length / size);
}
