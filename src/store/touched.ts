import { chunkKey, findArray, type Manifest } from './manifest.ts';

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
