import { expect, test } from 'vitest';
import { powerLawMatrix } from './generators.ts';
import { pointersAndOrder } from './rowOrder.ts';

/** Row pointers of rows of these lengths. */
function pointers(lengths: readonly number[]): Uint32Array {
  const indptr = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, row) => {
    indptr[row + 1] = indptr[row] + length;
  });
  return indptr;
}

test('row pointers stay, rows follow from the longest to the shortest, first those that are too long for one invocation', () => {
  const indptr = pointers([2, 0, 9, 3, 2, 4]);
  expect([...pointersAndOrder(indptr, 6, 4)]).toEqual([...indptr, 2, 5, 3, 0, 4, 1, 0]);
  expect([...pointersAndOrder(pointers([]), 0, 4)]).toEqual([0, 0]);
});

test('windows of 4,096 rows are sorted by themselves, and each row has one place', () => {
  const { indptr, rows } = powerLawMatrix(10_000, 60_000, 1);
  const longest = 20;
  const order = pointersAndOrder(indptr, rows, longest).subarray(rows + 1, 2 * rows + 1);
  const lengths = Array.from(order, (row) => indptr[row + 1] - indptr[row]);
  expect(lengths.some((length) => length > longest)).toBe(true);
  for (let first = 0; first < rows; first += 4096) {
    const end = Math.min(first + 4096, rows);
    const window = order.subarray(first, end);
    expect([...window].sort((a, b) => a - b)).toEqual(Array.from(window, (_, i) => first + i));
    const ranks = lengths.slice(first, end).map((length) => Math.min(length, longest + 1));
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
  }
});
