import type { ChunkStore } from './chunkStore.ts';
import { deleteGraph, listGraphs, type Manifest, manifestKey } from './manifest.ts';

/** The stores that a page has, by the value of memory.store. A graph lies in one of them. */
export type Place = 'opfs' | 'indexeddb';
export type Places = Readonly<Partial<Record<Place, ChunkStore>>>;

/**
 * From this size on a graph is kept in OPFS, where there is one: it reads a chunk many times faster, but one tab at a time has
 * it. Reading 32 MB once takes IndexedDB about a tenth of a second, and the default cache then holds the graph
 * (`npm run bench -- store`).
 */
export const LARGE_BYTES = 32e6;

const SMALL_FIRST: readonly Place[] = ['indexeddb', 'opfs'];
const LARGE_FIRST: readonly Place[] = ['opfs', 'indexeddb'];

/** Where a graph of this size is kept; null where there is no store. */
export function placeFor(places: Places, bytes: number): Place | null {
  const order = bytes < LARGE_BYTES ? SMALL_FIRST : LARGE_FIRST;
  return order.find((place) => places[place]) ?? null;
}

/** As placeFor, where it is about to be written: a store that cannot be opened by now is left out, and open afterwards. */
export async function placeToKeep(places: Places, bytes: number): Promise<Place | null> {
  const place = placeFor(places, bytes);
  if (!place || (await canKeep(places[place]!))) return place;
  const { [place]: _, ...others } = places;
  return placeToKeep(others, bytes);
}

export async function canKeep(store: ChunkStore): Promise<boolean> {
  return (await store.opens?.()) ?? true;
}

/** Where this graph lies; null where it does not. */
export async function placeOf(places: Places, id: string): Promise<Place | null> {
  for (const [place, store] of present(places)) if ((await store.keys(manifestKey(id))).length > 0) return place;
  return null;
}

/** The graphs of all stores, one of an id. */
export async function listPlaced(places: Places): Promise<{ id: string; place: Place; manifest: Manifest | null }[]> {
  const lists = await Promise.all(
    present(places).map(async ([place, store]) => (await listGraphs(store)).map((graph) => ({ ...graph, place }))),
  );
  const byId = new Map(
    lists
      .flat()
      .reverse()
      .map((graph) => [graph.id, graph]),
  );
  return [...byId.values()].reverse();
}

/** Wherever it lies: a tab that had no OPFS may have kept it in IndexedDB too. */
export async function deleteFrom(places: Places, id: string): Promise<void> {
  for (const [, store] of present(places)) await deleteGraph(store, id);
}

export function present(places: Places): [Place, ChunkStore][] {
  return LARGE_FIRST.flatMap((place) => {
    const store = places[place];
    return store ? [[place, store] as [Place, ChunkStore]] : [];
  });
}
