import { expect, test } from 'vitest';
import { newAccessCounter, together } from './chunkAccesses.ts';
import type { StoredArray } from './manifest.ts';

const array = (name: string, chunks: number): StoredArray => ({
  name,
  type: 'u32',
  length: 4 * chunks,
  checksums: new Array(chunks).fill(0),
});
const ARRAYS = [
  array('neighbors.indptr', 3),
  array('ordered.neighbors.indices', 5),
  array('neighbors.values', 0),
  array('features.values', 9),
  array('nodeIds', 7),
];

test('counts by chunk what rows are read from, from the first look to the last', () => {
  const counter = newAccessCounter(ARRAYS);
  counter.count(ARRAYS[1], 0, null);
  expect(counter.take(true)).toBeNull();
  counter.count(ARRAYS[1], 4, null);
  counter.count(ARRAYS[3], 0, 100);
  counter.count(ARRAYS[3], 0, 20);
  counter.count(ARRAYS[0], 0, 9);
  const taken = counter.take(true)!;
  expect(taken.arrays).toEqual([
    { name: 'ordered.neighbors.indices', chunks: 5, bins: 5 },
    { name: 'features.values', chunks: 9, bins: 9 },
  ]);
  expect([taken.chunksPerBin, taken.bytesRead]).toEqual([1, 120]);
  expect([...taken.found]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...taken.read]).toEqual([0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  // Each look tells what is new.
  counter.count(ARRAYS[3], 8, 1);
  expect([...counter.take(false)!.read].indexOf(1)).toBe(13);
  counter.count(ARRAYS[3], 8, 1);
  expect(counter.take(false)).toBeNull();
});

test('chunks share bins where there are too many of them, and every array keeps its own', () => {
  const counter = newAccessCounter(ARRAYS, 4);
  counter.take(true);
  for (let chunk = 0; chunk < 9; chunk++) counter.count(ARRAYS[3], chunk, 1);
  const taken = counter.take(true)!;
  expect(taken.chunksPerBin).toBe(8);
  expect(taken.arrays.map(({ bins }) => bins)).toEqual([1, 2]);
  expect([...taken.read]).toEqual([0, 8, 1]);
  const large = newAccessCounter([array('neighbors.indices', 1_000_000), array('features.values', 123_456)]);
  large.take(true);
  expect(large.take(true)!.found.length).toBeLessThanOrEqual(2048);
});

test('several readers add up, and those that have not counted do not', () => {
  const [a, b] = [newAccessCounter(ARRAYS), newAccessCounter(ARRAYS)];
  for (const counter of [a, b]) {
    counter.take(true);
    counter.count(ARRAYS[1], 2, null);
    counter.count(ARRAYS[1], 1, 50);
  }
  const all = together([a.take(true), null, b.take(true)])!;
  expect([all.found[2], all.read[1], all.bytesRead]).toEqual([2, 2, 100]);
  expect(together([null])).toBeNull();
});
