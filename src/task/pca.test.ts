import { expect, test } from 'vitest';
import { principalComponents } from './pca.ts';

/** Columns of an orthogonal matrix, each with its coefficient of largest magnitude positive. */
const BASIS = [
  [2 / 3, 2 / 3, -1 / 3],
  [-1 / 3, 2 / 3, 2 / 3],
  [2 / 3, -1 / 3, 2 / 3],
].map((_, column, rows) => rows.map((row) => row[column]));

/** Points at ± 3, 2 and 1 along the basis, around a mean that is not zero. */
function cross(): { values: Float32Array; lengths: number[][] } {
  const lengths = [3, 2, 1].flatMap((far, axis) => [far, -far].map((x) => [0, 1, 2].map((i) => (i === axis ? x : 0))));
  const rows = lengths.map((along) =>
    [0, 1, 2].map((c) => 5 + along.reduce((sum, x, axis) => sum + x * BASIS[axis][c], 0)),
  );
  return { values: Float32Array.from(rows.flat()), lengths };
}

test('finds the axes of a cross, the longest first, with their shares of the variance', () => {
  const { values, lengths } = cross();
  const { positions, explained } = principalComponents(values, 3);
  expect(explained[0]).toBeCloseTo(9 / 14, 6);
  expect(explained[1]).toBeCloseTo(4 / 14, 6);
  lengths.forEach(([x, y], i) => {
    // The first column's largest coefficients are equal and positive; so are the second's.
    expect(positions[2 * i]).toBeCloseTo(x, 5);
    expect(positions[2 * i + 1]).toBeCloseTo(y, 5);
  });
});

test('a direction has its largest coefficient positive, however the columns are signed', () => {
  const line = Float32Array.from([0, 0, -2, 1, -4, 2]);
  expect(Array.from(principalComponents(line, 2).positions)).toEqual(
    [-1, 0, 0, 0, 1, 0].map((x) => expect.closeTo(-x * Math.sqrt(5), 5)),
  );
  expect(principalComponents(line, 2).explained[0]).toBeCloseTo(1, 6);
});

test('places of many columns are uncorrelated, and vary as much as is said', () => {
  const [rows, cols] = [200, 40];
  const values = Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i * i + 0.3) * (1 + (i % cols)));
  const { positions, explained } = principalComponents(values, cols);
  const column = (c: number) => Array.from({ length: rows }, (_, row) => positions[2 * row + c]);
  const product = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0) / (rows - 1);
  const means = Array.from({ length: cols }, (_, c) => {
    return values.reduce((sum, x, i) => (i % cols === c ? sum + x : sum), 0) / rows;
  });
  const total = values.reduce((sum, x, i) => sum + (x - means[i % cols]) ** 2, 0) / (rows - 1);
  const [x, y] = [column(0), column(1)];
  expect(product(x, x) / total).toBeCloseTo(explained[0], 5);
  expect(product(y, y) / total).toBeCloseTo(explained[1], 5);
  expect(Math.abs(product(x, y)) / total).toBeLessThan(1e-6);
  expect(explained[0]).toBeGreaterThan(explained[1]);
  // No column alone varies more than the first component.
  const widest = Math.max(
    ...means.map((mean, c) => values.reduce((sum, v, i) => (i % cols === c ? sum + (v - mean) ** 2 : sum), 0)),
  );
  expect(explained[0] * total * (rows - 1)).toBeGreaterThan(widest);
});

test.each([
  ['one column', [1, 2, 3], 1, [1, 0]],
  ['rows that are all the same', [1, 2, 1, 2], 2, [0, 0]],
  ['one row', [1, 2], 2, [0, 0]],
] as const)('%s', (_, values, cols, explained) => {
  const found = principalComponents(Float32Array.from(values), cols);
  expect(found.explained.map((share) => expect.closeTo(share, 9))).toEqual(explained);
  expect(found.positions).toHaveLength((2 * values.length) / cols);
  expect(found.positions.every(Number.isFinite)).toBe(true);
});
