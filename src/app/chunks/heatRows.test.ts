import { expect, test } from 'vitest';
import { warmed } from '../state/chunkHeat.ts';
import { binText, heatRows, hitRate } from './heatRows.ts';

const view = (found: readonly number[], read: readonly number[]) => ({
  arrays: [
    { name: 'ordered.neighbors.indices', chunks: 3, bins: 2 },
    { name: 'split.values', chunks: 1, bins: 1 },
    { name: 'features.values', chunks: 2, bins: 1 },
  ],
  chunksPerBin: 2,
  found: Uint32Array.from(found),
  read: Uint32Array.from(read),
  bytesRead: 100,
  batches: 4,
});

test('strips are those arrays that were asked for, each bin beside the hottest of all', () => {
  const rows = heatRows(warmed(null, view([3, 0, 0, 12], [1, 0, 0, 4])));
  expect(rows.map(({ name }) => name)).toEqual(['neighbours', 'features']);
  expect([...rows[0].heat]).toEqual([0.5, 0]);
  expect([...rows[1].heat]).toEqual([1]);
  expect([...rows[0].fromStore]).toEqual([0.25, 0]);
  expect(rows.map((row) => row.hitRate)).toEqual([0.75, 0.75]);
});

test('what is not asked for any more cools down, and what is read per batch stays a mean', () => {
  const once = warmed(null, view([8, 0, 0, 0], [0, 0, 0, 8]));
  const later = Array.from({ length: 40 }).reduce<typeof once>(
    (heat) => warmed(heat, view([0, 0, 0, 8], [0, 0, 0, 0])),
    once,
  );
  expect(heatRows(once).map(({ name }) => name)).toEqual(['neighbours', 'features']);
  expect(heatRows(later).map(({ name }) => name)).toEqual(['features']);
  expect(hitRate(once)).toBe(0.5);
  expect(hitRate(later)).toBeGreaterThan(0.99);
  expect(later.bytesRead / later.batches).toBeCloseTo(25, 5);
});

test('other bins begin anew', () => {
  const other = { ...view([], []), arrays: [], found: new Uint32Array(2), read: Uint32Array.of(1, 2) };
  expect([...warmed(warmed(null, view([8, 8, 8, 8], [0, 0, 0, 0])), other).read]).toEqual([1, 2]);
});

test('a bin is named by its chunks', () => {
  expect([binText(0, 2, 3), binText(1, 2, 3), binText(6, 1, 9)]).toEqual(['chunks 1 to 2', 'chunk 3', 'chunk 7']);
});
