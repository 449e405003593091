import { InputError } from '../config/errors.ts';
import { crc32 } from '../formats/crc32.ts';
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
  type StoredArray,
} from './manifest.ts';

/** Arrays of a stored graph, read whole, and single chunks; checked, whatever the store holds. */

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
export async function readPlaces(
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

export async function readChunk(
  store: ChunkStore,
  manifest: Manifest,
  array: StoredArray,
  index: number,
  key = chunkKey(manifest.id, array.name, index),
  sound = false,
  spare?: ArrayBuffer,
) {
  const length = chunkLength(manifest, array, index);
  // A chunk that is kept takes no more memory than it has bytes.
  const into = spare?.byteLength === length ? spare : undefined;
  const chunk = await store.get(key, into);
  if (chunk?.length === length && (sound || crc32(chunk) === array.checksums[index])) return chunk;
  throw damagedChunk(manifest, array, index, chunk);
}

export function chunkLength({ chunkBytes }: Manifest, array: StoredArray, index: number): number {
  return Math.min(chunkBytes, byteLength(array) - index * chunkBytes);
}

export function damagedChunk(
  manifest: Manifest,
  array: StoredArray,
  index: number,
  found: Uint8Array | null,
): InputError {
  return damaged(manifest, `${array.name}/${index}`, found ? 'damaged' : 'missing');
}

function damaged({ id }: Manifest, chunk: string, how = 'damaged'): InputError {
  return new InputError(`Chunk ${chunk} of graph ${id} is ${how}: delete the graph and load its file again.`);
}
