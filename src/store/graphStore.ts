import { InputError } from '../config/errors.ts';
import { crc32 } from '../formats/crc32.ts';
import { rowOffsets } from '../graph/memoryServer.ts';
import type { DenseTable, RowRequest, Rows } from '../graph/request.ts';
import { chunkCache } from './cache.ts';
import type { ChunkStore } from './chunkStore.ts';
import {
  byteLength,
  chunkKey,
  ELEMENTS,
  type ElementArray,
  findArray,
  isOrdered,
  type Manifest,
  ORDER,
  ORDERED_TABLES,
  readManifest,
  type StoredArray,
  TABLES,
} from './manifest.ts';

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
  /** Rows of an array that were asked for, empty ones left out, and those that were found in chunks of the cache. */
  rows: number;
  rowsFound: number;
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

  const load = async (array: StoredArray, index: number): Promise<{ chunk: Uint8Array; found: boolean }> => {
    const key = chunkKey(id, array.name, index);
    const cached = cache.get(key);
    if (cached) {
      stats.hits++;
      return { chunk: cached, found: true };
    }
    stats.misses++;
    const chunk = await readChunk(store, manifest, array, index, sound.has(key));
    sound.add(key);
    stats.bytesRead += chunk.length;
    cache.put(key, chunk);
    return { chunk, found: false };
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
    // The elements of the chunk at hand, and where they stand in the whole array.
    let chunk: Uint32Array | Uint8Array = out;
    let [low, high] = [0, 0];
    let isCached = false;
    for (let k = 0; k < order.length; k++) {
      const i = order[k];
      let [from, to] = [begin[i], offsets[i]];
      let isFound = true;
      for (const end = offsets[i + 1]; to < end; ) {
        if (from < low || from >= high) {
          const index = Math.floor(from / perChunk);
          const loaded = await load(array, index);
          chunk = unitsOf(loaded.chunk, Units);
          isCached = loaded.found;
          low = index * perChunk;
          high = low + perChunk;
        }
        isFound &&= isCached;
        const at = from - low;
        const length = Math.min(end - to, chunk.length - at);
        // For short rows a loop is faster than a view of each.
        if (size === 1 || length > SHORT) out.set(chunk.subarray(at, at + length), to);
        else copyWords(chunk as Uint32Array, at, out as Uint32Array, to, length);
        to += length;
        from += length;
      }
      if (to === offsets[i]) continue;
      stats.rows++;
      if (isFound) stats.rowsFound++;
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

/** Of each table that lies in another order than the nodes, where the row of a node is: its position, or its first entry. */
async function readPlaces(
  store: ChunkStore,
  manifest: Manifest,
  indptrs: ReadonlyMap<string, Uint32Array>,
): Promise<Map<string, Uint32Array>> {
  const places = new Map<string, Uint32Array>();
  if (!isOrdered(manifest)) return places;
  const order = await readOrder(store, manifest);
  for (const table of ORDERED_TABLES) {
    const indptr = indptrs.get(table);
    const place = new Uint32Array(order.length);
    let at = 0;
    for (let position = 0; position < order.length; position++) {
      const node = order[position];
      place[node] = at;
      at += indptr ? indptr[node + 1] - indptr[node] : 1;
    }
    places.set(table, place);
  }
  return places;
}

/** The nodes by the positions of their rows, checked: each has one. */
async function readOrder(store: ChunkStore, manifest: Manifest): Promise<Uint32Array> {
  const order = (await readArray(store, manifest, findArray(manifest.arrays, ORDER)!)) as Uint32Array;
  const seen = new Uint8Array(order.length);
  for (let position = 0; position < order.length; position++) {
    const node = order[position];
    if (node >= order.length || seen[node]++ > 0) throw damaged(manifest, ORDER);
  }
  return order;
}

async function readChunk(store: ChunkStore, manifest: Manifest, array: StoredArray, index: number, sound = false) {
  const chunk = await store.get(chunkKey(manifest.id, array.name, index));
  const length = Math.min(manifest.chunkBytes, byteLength(array) - index * manifest.chunkBytes);
  if (chunk?.length === length && (sound || crc32(chunk) === array.checksums[index])) return chunk;
  throw damaged(manifest, `${array.name}/${index}`, chunk ? 'damaged' : 'missing');
}

function damaged({ id }: Manifest, chunk: string, how = 'damaged'): InputError {
  return new InputError(`Chunk ${chunk} of graph ${id} is ${how}: delete the graph and load its file again.`);
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
