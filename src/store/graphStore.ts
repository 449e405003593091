import { type Bits, bitsOf, copyPieces } from '../graph/copyPieces.ts';
import { rowOffsets } from '../graph/memoryServer.ts';
import {
  type ArrayType,
  answerIn,
  type DenseTable,
  type RowRequest,
  type Rows,
  type TableName,
} from '../graph/request.ts';
import { chunkCache } from './cache.ts';
import { type AccessCounter, newAccessCounter } from './chunkAccesses.ts';
import { byteRanges, chunkPieces, rangesLength, sideBySide } from './chunkPieces.ts';
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

/** Reading a range takes about as long as so many bytes of a chunk, wherever the store reads ranges. */
const RANGE_BYTES = 4096;

/** A stored graph that answers row requests from its cache or its chunks. */
export interface GraphStore {
  readonly manifest: Manifest;
  /** @param asked gets the keys of the chunks that these rows lie in, wherever they come from */
  serve(request: RowRequest, asked?: Set<string>): Promise<Rows>;
  /**
   * What it keeps in memory: row offsets of sparse tables, and where the rows are that lie in another order than the nodes; the
   * cache at its fullest; and per request under way the chunk that it copies from and the one that it reads. Answers belong to
   * whoever asked.
   */
  readonly hostBytes: { readonly indptr: number; readonly cache: number; readonly inFlight: number };
  /** Look-ups of chunks, and bytes that came from the store. */
  readonly stats: ReadStats;
  /** The same by chunk, while somebody looks. */
  readonly accesses: Pick<AccessCounter, 'take'>;
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
  /** In the cache now: otherwise its memory may be used again. */
  readonly kept: boolean;
}

/** Throws InputError where the graph does not exist or a part of it is damaged. `cacheBytes` may be 0. */
export async function openGraph(store: ChunkStore, id: string, cacheBytes: number): Promise<GraphStore> {
  return serveGraph(store, await readManifest(store, id), cacheBytes);
}

/**
 * As openGraph; of the arrays in the manifest, those of rows must be in the store, with their row offsets.
 *
 * @param known row offsets that somebody has read already
 */
export async function serveGraph(
  store: ChunkStore,
  manifest: Manifest,
  cacheBytes: number,
  known: ReadonlyMap<TableName, Uint32Array> = new Map(),
): Promise<GraphStore> {
  const { id, chunkBytes, arrays, tables } = manifest;
  const cache = chunkCache(cacheBytes);
  const stats: ReadStats = { hits: 0, misses: 0, bytesRead: 0, rows: 0, rowsFound: 0 };
  const accesses = newAccessCounter(arrays);

  // Names of chunks are made once: a batch asks for hundreds of them.
  const keys = new Map(
    arrays.map((array) => [array, array.checksums.map((_, index) => chunkKey(id, array.name, index))]),
  );

  /** Chunks that were found whole since the graph was opened: what is read again and again is checked once. */
  const sound = new Set<string>();

  /** Memory of a chunk that was read and not kept: the next one is read into it. */
  let spare: ArrayBuffer | undefined;

  /** The whole chunk, from the cache or the store; null where the cache would not keep it, and the ranges of it that are wanted cost less. */
  const load = async (array: StoredArray, index: number, ranges: Uint32Array | null): Promise<LoadedChunk | null> => {
    const key = keys.get(array)![index];
    const cached = cache.get(key);
    if (cached) {
      stats.hits++;
      accesses.count(array, index, null);
      return { chunk: cached, found: true, kept: true };
    }
    stats.misses++;
    const length = chunkLength(manifest, array, index);
    const cheaper = ranges && RANGE_BYTES * (ranges.length / 2) + rangesLength(ranges) < length;
    if (cheaper && sound.has(key) && !cache.keeps(key, length)) return null;
    const into = spare;
    spare = undefined;
    const chunk = await readChunk(store, manifest, array, index, key, sound.has(key), into);
    sound.add(key);
    stats.bytesRead += chunk.length;
    accesses.count(array, index, chunk.length);
    return { chunk, found: false, kept: cache.put(key, chunk) };
  };

  const loadRanges = async (array: StoredArray, index: number, ranges: Uint32Array): Promise<Uint8Array> => {
    const bytes = await store.getRanges(keys.get(array)![index], ranges);
    if (bytes?.length !== rangesLength(ranges)) throw damagedChunk(manifest, array, index, bytes);
    stats.bytesRead += bytes.length;
    accesses.count(array, index, bytes.length);
    return bytes;
  };

  /**
   * Copies elements begin[i] and following of the array to offsets[i] .. offsets[i + 1], for each i. One chunk after the other, so
   * that each is read once, whatever the order of the rows.
   */
  const gather = async (
    array: StoredArray,
    begin: ArrayLike<number>,
    offsets: Uint32Array,
    into?: ArrayBuffer,
    asked?: Set<string>,
  ): Promise<ElementArray> => {
    const out = answerIn(ELEMENTS[array.type] as ArrayType<ElementArray>, offsets[begin.length], into);
    const size = out.BYTES_PER_ELEMENT;
    const to = bitsOf(out);
    for (const [index, pieces] of chunkPieces(begin, offsets, chunkBytes / size, array.checksums.length)) {
      asked?.add(keys.get(array)![index]);
      const ranges = store.readsRanges ? byteRanges(pieces, size) : null;
      const loaded = await load(array, index, ranges);
      stats.rows += pieces.count;
      if (loaded?.found) stats.rowsFound += pieces.count;
      const bytes = loaded ? loaded.chunk : await loadRanges(array, index, ranges!);
      if (!loaded) sideBySide(pieces);
      copyPieces(chunkBits(bytes, size), pieces, to, array.type === 'f32');
      if (loaded && !loaded.kept) spare = loaded.chunk.buffer as ArrayBuffer;
    }
    return out;
  };

  const indptrs = new Map<string, Uint32Array>();
  for (const table of TABLES) {
    if (tables[table].kind === 'dense') continue;
    indptrs.set(table, known.get(table) ?? (await readIndptr(store, manifest, table)));
  }
  const places = await readPlaces(store, manifest, indptrs);

  const serve = async ({ table, rows, entries, into }: RowRequest, asked?: Set<string>): Promise<Rows> => {
    const { cols } = tables[table];
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] < manifest.nodes) continue;
      throw new RangeError(`Row ${rows[i]} of ${table} is beyond the ${manifest.nodes} nodes.`);
    }
    const indptr = indptrs.get(table);
    const values = findArray(arrays, `${table}.values`);
    const place = places.get(table);
    const at = place ? rows.map((row) => place[row]) : rows;
    if (!indptr) {
      const begin = new Float64Array(rows.length);
      const offsets = new Uint32Array(rows.length + 1);
      for (let i = 0; i < rows.length; i++) {
        begin[i] = at[i] * cols;
        offsets[i + 1] = offsets[i] + cols;
      }
      const gathered = (await gather(values!, begin, offsets, into, asked)) as DenseTable['values'];
      return { table: { kind: 'dense', rows: rows.length, cols, values: gathered }, first: null };
    }
    const { first, offsets } = rowOffsets(indptr, rows, entries);
    const begin = place ? at.map((row, i) => row + first[i] - indptr[rows[i]]) : first;
    const part = (array: StoredArray) => gather(array, begin, offsets, undefined, asked);
    const indices = (await part(findArray(arrays, `${table}.indices`)!)) as Uint32Array;
    const weights = values ? ((await part(values)) as Float32Array) : null;
    return { table: { kind: 'sparse', rows: rows.length, cols, indptr: offsets, indices, values: weights }, first };
  };

  const indptrBytes = [...indptrs.values(), ...places.values()].reduce((sum, each) => sum + each.byteLength, 0);
  const hostBytes = { indptr: indptrBytes, cache: cacheBytes, inFlight: 2 * chunkBytes };
  return { manifest, serve, stats, accesses, hostBytes };
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

function chunkBits(chunk: Uint8Array, size: number): Bits {
  // Whatever a store gives, numbers lie where a typed array can see them.
  const { buffer, byteOffset, length } = chunk.byteOffset % size === 0 ? chunk : chunk.slice();
  return size === 1 ? chunk : new Uint32Array(buffer as ArrayBuffer, byteOffset, length / size);
}
