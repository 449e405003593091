import { InputError } from '../config/errors.ts';
import { crc32 } from '../formats/crc32.ts';
import { addPiece, type Bits, bitsOf, copyPieces, newPieces, type Pieces } from '../graph/copyPieces.ts';
import { countingSort } from '../graph/csr.ts';
import { rowOffsets } from '../graph/memoryServer.ts';
import { type ArrayType, answerIn, type DenseTable, type RowRequest, type Rows } from '../graph/request.ts';
import { chunkCache } from './cache.ts';
import type { ChunkStore } from './chunkStore.ts';
import {
  byteLength,
  chunkKey,
  ELEMENTS,
  type ElementArray,
  findArray,
  type Manifest,
  readManifest,
  type StoredArray,
  TABLES,
} from './manifest.ts';

/** A stored graph that answers row requests from its cache or its chunks. */
export interface GraphStore {
  readonly manifest: Manifest;
  serve(request: RowRequest): Promise<Rows>;
  /**
   * What it keeps in memory: row offsets of sparse tables, the cache at its fullest, and per request under way the chunk
   * that it copies from and the one that it reads. Answers belong to whoever asked.
   */
  readonly hostBytes: { readonly indptr: number; readonly cache: number; readonly inFlight: number };
  /** Look-ups of chunks, and bytes that came from the store. */
  readonly stats: { hits: number; misses: number; bytesRead: number };
}

/** Throws InputError where the graph does not exist or a part of it is damaged. `cacheBytes` may be 0. */
export async function openGraph(store: ChunkStore, id: string, cacheBytes: number): Promise<GraphStore> {
  const manifest = await readManifest(store, id);
  const { chunkBytes, arrays, tables } = manifest;
  const cache = chunkCache(cacheBytes);
  const stats = { hits: 0, misses: 0, bytesRead: 0 };

  // Names of chunks are made once: a batch asks for hundreds of them.
  const keys = new Map(
    arrays.map((array) => [array, array.checksums.map((_, index) => chunkKey(id, array.name, index))]),
  );

  /** Chunks that were found whole since the graph was opened: what is read again and again is checked once. */
  const sound = new Set<string>();

  /** Memory of a chunk that was read and not kept: the next one is read into it. */
  let spare: ArrayBuffer | undefined;

  const load = async (array: StoredArray, index: number): Promise<{ chunk: Uint8Array; kept: boolean }> => {
    const key = keys.get(array)![index];
    const cached = cache.get(key);
    if (cached) {
      stats.hits++;
      return { chunk: cached, kept: true };
    }
    stats.misses++;
    const into = spare;
    spare = undefined;
    const chunk = await readChunk(store, manifest, array, index, key, sound.has(key), into);
    sound.add(key);
    stats.bytesRead += chunk.length;
    return { chunk, kept: cache.put(key, chunk) };
  };

  /**
   * Copies elements begin[i] and following of the array to offsets[i] .. offsets[i + 1], for each i. One chunk after the other, so
   * that each is read once, whatever the order of the rows.
   */
  const gather = async (
    array: StoredArray,
    begin: Float64Array,
    offsets: Uint32Array,
    into?: ArrayBuffer,
  ): Promise<ElementArray> => {
    const out = answerIn(ELEMENTS[array.type] as ArrayType<ElementArray>, offsets[begin.length], into);
    const to = bitsOf(out);
    const perChunk = chunkBytes / out.BYTES_PER_ELEMENT;
    const { order, starts } = byChunk(begin, offsets, perChunk, array.checksums.length);
    const pieces = newPieces(begin.length);
    // Rows that go on in the next chunk.
    let cut: number[] = [];
    for (let index = 0; index < array.checksums.length; index++) {
      const low = index * perChunk;
      const before = cut;
      cut = [];
      pieces.count = 0;
      for (const i of before) if (addPart(pieces, begin, offsets, i, low, perChunk)) cut.push(i);
      for (let k = starts[index]; k < starts[index + 1]; k++) {
        if (addPart(pieces, begin, offsets, order[k], low, perChunk)) cut.push(order[k]);
      }
      if (pieces.count === 0) continue;
      const { chunk, kept } = await load(array, index);
      copyPieces(chunkBits(chunk, out.BYTES_PER_ELEMENT), pieces, to, array.type === 'f32');
      if (!kept) spare = chunk.buffer as ArrayBuffer;
    }
    return out;
  };

  const indptrs = new Map<string, Uint32Array>();
  for (const table of TABLES) {
    if (tables[table].kind === 'sparse') indptrs.set(table, await readIndptr(store, manifest, table));
  }

  const serve = async ({ table, rows, into }: RowRequest): Promise<Rows> => {
    const { cols } = tables[table];
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] < manifest.nodes) continue;
      throw new RangeError(`Row ${rows[i]} of ${table} is beyond the ${manifest.nodes} nodes.`);
    }
    const indptr = indptrs.get(table);
    const values = findArray(arrays, `${table}.values`);
    if (!indptr) {
      const begin = new Float64Array(rows.length);
      const offsets = new Uint32Array(rows.length + 1);
      for (let i = 0; i < rows.length; i++) {
        begin[i] = rows[i] * cols;
        offsets[i + 1] = offsets[i] + cols;
      }
      const gathered = (await gather(values!, begin, offsets, into)) as DenseTable['values'];
      return { table: { kind: 'dense', rows: rows.length, cols, values: gathered }, first: null };
    }
    const { first, offsets } = rowOffsets(indptr, rows);
    const begin = new Float64Array(first);
    const indices = (await gather(findArray(arrays, `${table}.indices`)!, begin, offsets)) as Uint32Array;
    const weights = values ? ((await gather(values, begin, offsets)) as Float32Array) : null;
    return { table: { kind: 'sparse', rows: rows.length, cols, indptr: offsets, indices, values: weights }, first };
  };

  const indptrBytes = [...indptrs.values()].reduce((sum, indptr) => sum + indptr.byteLength, 0);
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

/** A whole array of a stored graph, its chunks checked. */
export async function readArray(store: ChunkStore, manifest: Manifest, array: StoredArray): Promise<ElementArray> {
  // The first chunk is checked before anything of the array's size is allocated.
  const chunks = array.checksums.length;
  const head = chunks > 0 ? await readChunk(store, manifest, array, 0) : new Uint8Array(0);
  const out = new ELEMENTS[array.type](array.length);
  const bytes = new Uint8Array(out.buffer);
  bytes.set(head);
  for (let i = 1; i < chunks; i++) bytes.set(await readChunk(store, manifest, array, i), i * manifest.chunkBytes);
  return out;
}

/** Row offsets, checked: whatever the store holds, a row lies within the table. */
export async function readIndptr(store: ChunkStore, manifest: Manifest, table: string): Promise<Uint32Array> {
  const indptr = (await readArray(store, manifest, findArray(manifest.arrays, `${table}.indptr`)!)) as Uint32Array;
  const entries = findArray(manifest.arrays, `${table}.indices`)!.length;
  const ordered = indptr.every((begin, row) => begin <= (indptr[row + 1] ?? entries));
  if (!ordered || indptr[0] !== 0 || indptr[indptr.length - 1] !== entries) throw damaged(manifest, `${table}.indptr`);
  return indptr;
}

async function readChunk(
  store: ChunkStore,
  manifest: Manifest,
  array: StoredArray,
  index: number,
  key = chunkKey(manifest.id, array.name, index),
  sound = false,
  spare?: ArrayBuffer,
) {
  const length = Math.min(manifest.chunkBytes, byteLength(array) - index * manifest.chunkBytes);
  // A chunk that is kept takes no more memory than it has bytes.
  const into = spare?.byteLength === length ? spare : undefined;
  const chunk = await store.get(key, into);
  if (chunk?.length === length && (sound || crc32(chunk) === array.checksums[index])) return chunk;
  throw damaged(manifest, `${array.name}/${index}`, chunk ? 'damaged' : 'missing');
}

function damaged({ id }: Manifest, chunk: string, how = 'damaged'): InputError {
  return new InputError(`Chunk ${chunk} of graph ${id} is ${how}: delete the graph and load its file again.`);
}

/** The rows that have elements, by the chunk in which they begin: those of chunk c are order[starts[c]] .. order[starts[c + 1]]. */
function byChunk(begin: Float64Array, offsets: Uint32Array, perChunk: number, chunks: number) {
  const chunkOf = new Uint32Array(begin.length);
  for (let i = 0; i < begin.length; i++) {
    chunkOf[i] = offsets[i] === offsets[i + 1] ? chunks : Math.floor(begin[i] / perChunk);
  }
  return countingSort(chunkOf, null, chunks + 1);
}

/** Adds what row i has in the chunk that begins with element `low`; true where the row goes on in the next one. */
function addPart(
  pieces: Pieces,
  begin: Float64Array,
  offsets: Uint32Array,
  i: number,
  low: number,
  perChunk: number,
): boolean {
  const done = Math.max(0, low - begin[i]);
  const at = begin[i] + done - low;
  const place = offsets[i] + done;
  const left = offsets[i + 1] - place;
  addPiece(pieces, at, place, Math.min(left, perChunk - at));
  return left > perChunk - at;
}

function chunkBits(chunk: Uint8Array, size: number): Bits {
  // Whatever a store gives, numbers lie where a typed array can see them.
  const { buffer, byteOffset, length } = chunk.byteOffset % size === 0 ? chunk : chunk.slice();
  return size === 1 ? chunk : new Uint32Array(buffer as ArrayBuffer, byteOffset, length / size);
}
