import type { ChunkStore } from './chunkStore.ts';
import { chunkKey, findArray, type Manifest } from './manifest.ts';

/** The store, and the keys that were read through it since it was wrapped, or since the set was cleared. */
export function touched(store: ChunkStore): { readonly store: ChunkStore; readonly keys: Set<string> } {
  const keys = new Set<string>();
  return {
    keys,
    store: {
      ...store,
      get(key, into) {
        keys.add(key);
        return store.get(key, into);
      },
      getRanges(key, ranges) {
        keys.add(key);
        return store.getRanges(key, ranges);
      },
    },
  };
}

/** How many of the chunks with a table's rows are among the keys, and how many there are. */
export function chunksTouched(
  { id, arrays }: Manifest,
  table: 'neighbors' | 'features',
  keys: ReadonlySet<string>,
): { readonly touched: number; readonly of: number } {
  const rows = ['indices', 'values'].flatMap((part) => findArray(arrays, `${table}.${part}`) ?? []);
  const all = rows.flatMap(({ name, checksums }) => checksums.map((_, index) => chunkKey(id, name, index)));
  return { touched: all.filter((key) => keys.has(key)).length, of: all.length };
}
