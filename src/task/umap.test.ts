import { expect, test } from 'vitest';
import { metricRows, nearestTo, nearTable } from './nearestRows.ts';
import { principalComponents } from './pca.ts';
import { curveOf, umap } from './umap.ts';

const [ROWS, COLS, CLUSTERS] = [120, 10, 4];
/** Around four places of a space of ten columns; every tenth row is one of zeros. */
const VALUES = Float32Array.from({ length: ROWS * COLS }, (_, i) => {
  const [row, col] = [Math.floor(i / COLS), i % COLS];
  if (row % 10 === 0) return 0;
  return (col % CLUSTERS === row % CLUSTERS ? 4 : 0) + Math.sin(i * i) * 0.8;
});

function drain<T>(generator: Generator<number, T>): { shares: number[]; result: T } {
  const shares: number[] = [];
  for (;;) {
    const { done, value } = generator.next();
    if (done) return { shares, result: value as T };
    shares.push(value as number);
  }
}

function layout(seed: number) {
  const near = drain(nearTable(metricRows(VALUES, COLS, 'euclidean'), 14)).result;
  const { positions } = principalComponents(VALUES, COLS);
  return drain(umap(near, positions, { minDist: 0.1, seed }));
}

test('the curve is that of umap-learn', () => {
  // umap.umap_.find_ab_params(1.0, 0.1), which is also the default in PAIR-code/umap-js.
  expect(curveOf(0.1).a).toBeCloseTo(1.5769434603, 5);
  expect(curveOf(0.1).b).toBeCloseTo(0.8950608779, 5);
  // A larger distance: a flatter top.
  expect(curveOf(0.5).b).toBeGreaterThan(curveOf(0.1).b);
});

test('what is near stays near, also where rows are the same', () => {
  const { result, shares } = layout(1);
  expect(shares).toHaveLength(500);
  expect(shares.at(-1)).toBe(1);
  expect(result.every(Number.isFinite)).toBe(true);
  const rows = metricRows(result, 2, 'euclidean');
  const clusterOf = (row: number) => (row % 10 === 0 ? -1 : row % CLUSTERS);
  let [same, all] = [0, 0];
  for (let row = 0; row < ROWS; row++) {
    for (const { node } of nearestTo(rows, row, 5)) {
      all++;
      if (clusterOf(node) === clusterOf(row)) same++;
    }
  }
  expect(same / all).toBeGreaterThan(0.98);
});

test('a seed gives the same picture each time, and another seed another', () => {
  expect(layout(7).result).toEqual(layout(7).result);
  expect(layout(8).result).not.toEqual(layout(7).result);
});
