import { describe, expect, test } from 'vitest';
import { METRICS, type Metric, metricRows, nearestTo, nearTable } from './nearestRows.ts';

const COLS = 5;
/** Some rows twice, one of zeros, one in the direction of another. */
const VALUES = Float32Array.from({ length: 60 * COLS }, (_, i) => {
  const row = Math.floor(i / COLS);
  if (row % 20 === 7) return 0;
  const x = Math.sin(((row % 50) * COLS + (i % COLS)) ** 2);
  return row === 12 ? 3 * Math.sin((11 * COLS + (i % COLS)) ** 2) : x;
});

function byHand(metric: Metric, a: number, b: number): number {
  const [x, y] = [a, b].map((row) => Array.from(VALUES.subarray(row * COLS, (row + 1) * COLS)));
  if (metric === 'euclidean') return Math.hypot(...x.map((value, c) => value - y[c]));
  const [p, q] = [Math.hypot(...x), Math.hypot(...y)];
  if (p === 0 || q === 0) return p === q ? 0 : 1;
  return 1 - x.reduce((sum, value, c) => sum + value * y[c], 0) / (p * q);
}

function drain<T>(generator: Generator<number, T>): T {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value as T;
  }
}

describe.each(METRICS)('%s', (metric) => {
  const rows = metricRows(VALUES, COLS, metric);

  test('the nearest rows are those of all distances in order', () => {
    for (const node of [0, 7, 11, 12, 59]) {
      const all = Array.from({ length: 60 }, (_, other) => byHand(metric, node, other)).filter((_, i) => i !== node);
      const near = nearestTo(rows, node, 10);
      expect(near.map(({ distance }) => expect.closeTo(distance, 5))).toEqual(
        all.toSorted((a, b) => a - b).slice(0, 10),
      );
      for (const { node: other, distance } of near) {
        expect(other).not.toBe(node);
        expect(distance).toBeCloseTo(byHand(metric, node, other), 5);
      }
    }
  });

  test('the table of all rows says the same as one row after the other', () => {
    const { count, nodes, distances } = drain(nearTable(rows, 6));
    for (let node = 0; node < 60; node++) {
      const near = nearestTo(rows, node, 6);
      expect(Array.from(nodes.subarray(node * count, (node + 1) * count))).toEqual(near.map((each) => each.node));
      expect(Array.from(distances.subarray(node * count, (node + 1) * count))).toEqual(
        near.map((each) => each.distance),
      );
    }
  });

  test('rows that are the same are at no distance, and come in their order', () => {
    expect(nearestTo(rows, 5, 1)).toEqual([{ node: 55, distance: 0 }]);
    expect(nearestTo(rows, 27, 3).slice(0, 2)).toEqual([
      { node: 7, distance: 0 },
      { node: 47, distance: 0 },
    ]);
  });
});

test('only the cosine looks past the length', () => {
  expect(nearestTo(metricRows(VALUES, COLS, 'cosine'), 12, 1)).toEqual([{ node: 11, distance: 0 }]);
  expect(nearestTo(metricRows(VALUES, COLS, 'euclidean'), 12, 1)[0].distance).toBeGreaterThan(0.1);
});

test('there are never more than there are others', () => {
  expect(nearestTo(metricRows(Float32Array.of(1, 2, 3), 1, 'euclidean'), 1, 10)).toEqual([
    { node: 0, distance: 1 },
    { node: 2, distance: 1 },
  ]);
  expect(nearestTo(metricRows(Float32Array.of(1), 1, 'cosine'), 0, 10)).toEqual([]);
});
