import { describe, expect, test } from 'vitest';
import type { CsrMatrix } from '../formats/matrix.ts';
import { addCsr, csrFromEdges, isSymmetric, rowSlice, sortedCsr, transpose, valueAt } from './csr.ts';
import { nastyGraphData } from './testGraphs.ts';

/** (row, column) → sum, the slow way. */
function toMap(csr: CsrMatrix): Map<string, number> {
  const map = new Map<string, number>();
  for (let row = 0; row < csr.rows; row++) {
    for (let e = csr.indptr[row]; e < csr.indptr[row + 1]; e++) {
      const key = `${row},${csr.indices[e]}`;
      map.set(key, (map.get(key) ?? 0) + valueAt(csr, e));
    }
  }
  return map;
}

const { source, target, weight } = nastyGraphData(60, 1, true);
const merged = csrFromEdges(source, target, weight, 60, 60);

describe('csrFromEdges', () => {
  test('sums duplicates and sorts every row', () => {
    const sums = new Map<string, number>();
    for (const [e, row] of source.entries()) {
      const key = `${row},${target[e]}`;
      sums.set(key, (sums.get(key) ?? 0) + weight![e]);
    }
    // Weights are multiples of 1/1024: the sums are exact.
    expect(toMap(merged)).toEqual(sums);
    expect(merged.indices.length).toBe(sums.size);
    expect(merged.indices.length).toBeLessThan(source.length);
    for (let row = 0; row < 60; row++) {
      const columns = merged.indices.subarray(merged.indptr[row], merged.indptr[row + 1]);
      expect([...columns]).toEqual([...new Set(columns)].sort((a, b) => a - b));
    }
  });

  test('an unweighted list stays unweighted', () => {
    const csr = csrFromEdges(Uint32Array.of(1, 1, 0), Uint32Array.of(2, 2, 0), null, 3, 4);
    expect(csr).toMatchObject({ rows: 3, cols: 4, values: null });
    expect([...csr.indptr]).toEqual([0, 1, 2, 2]);
    expect([...csr.indices]).toEqual([0, 2]);
  });

  test('takes no edges', () => {
    const none = new Uint32Array(0);
    expect([...csrFromEdges(none, none, null, 2, 0).indptr]).toEqual([0, 0, 0]);
  });
});

test('sortedCsr keeps duplicates side by side in the order of the list', () => {
  const csr = sortedCsr(Uint32Array.of(1, 0, 1, 1), Uint32Array.of(3, 1, 0, 3), Float32Array.of(5, 6, 7, 8), 2, 4);
  expect([...csr.indices]).toEqual([1, 0, 3, 3]);
  expect([...csr.values!]).toEqual([6, 7, 5, 8]);
});

describe('transpose', () => {
  test.each([
    ['merged', merged],
    ['with duplicates, rectangular', sortedCsr(source, target, weight, 60, 75)],
  ])('%s: entries swap and the permutation says where they come from', (_, csr) => {
    const { matrix, permutation } = transpose(csr);
    expect([matrix.rows, matrix.cols]).toEqual([csr.cols, csr.rows]);
    const swapped = [...toMap(csr)].map(([key, value]) => [key.split(',').reverse().join(), value] as const);
    expect(toMap(matrix)).toEqual(new Map(swapped));
    expect([...permutation].sort((a, b) => a - b)).toEqual([...permutation.keys()]);
    expect([...matrix.values!]).toEqual([...permutation].map((e) => csr.values![e]));
  });

  test('twice is the original, bit for bit', () => {
    expect(transpose(transpose(merged).matrix).matrix).toEqual(merged);
  });
});

describe('isSymmetric', () => {
  const both = addCsr(merged, transpose(merged).matrix);

  test('tells a matrix plus its transpose from the matrix', () => {
    expect(isSymmetric(both)).toBe(true);
    expect(isSymmetric(merged)).toBe(false);
  });

  test('sees one changed value, one changed column, a shape that is not square', () => {
    const at = both.indices.findIndex((column, e) => column > 0 && e < both.indptr[1]);
    const values = both.values!.slice();
    values[at] += 1;
    expect(isSymmetric({ ...both, values })).toBe(false);
    const moved = csrFromEdges(Uint32Array.of(0, 1, 2), Uint32Array.of(1, 2, 0), null, 3, 3);
    expect(isSymmetric(moved)).toBe(false);
    expect(isSymmetric({ ...both, cols: both.cols + 1 })).toBe(false);
  });
});

test('addCsr adds entry by entry; two unweighted matrices give their union', () => {
  const { matrix } = transpose(merged);
  const expected = toMap(merged);
  for (const [key, value] of toMap(matrix)) expected.set(key, (expected.get(key) ?? 0) + value);
  expect(toMap(addCsr(merged, matrix))).toEqual(expected);
  const union = addCsr({ ...merged, values: null }, { ...matrix, values: null });
  expect(union.values).toBeNull();
  expect(union.indices).toEqual(addCsr(merged, matrix).indices);
});

test('rowSlice is those rows', () => {
  const slice = rowSlice(merged, 3, 40);
  expect([slice.rows, slice.cols, slice.indptr[0]]).toEqual([37, 60, 0]);
  const expected = [...toMap(merged)].filter(([key]) => Number.parseInt(key, 10) >= 3 && Number.parseInt(key, 10) < 40);
  expect([...toMap(slice)].map(([key, value]) => [key.replace(/^\d+/, (row) => `${+row + 3}`), value])).toEqual(
    expected,
  );
});
