import { expect, test } from 'vitest';
import { chartRows } from './chartRows.ts';

test('series of different lengths share the epochs, and a band has columns of its own', () => {
  const rows = chartRows([
    { name: 'test', color: '', x: [1, 2, 3], y: [0.1, Number.NaN, 0.3] },
    { name: 'mean', color: '', x: [1, 3], y: [5, 6], band: { low: [4, 5], high: [6, 7] } },
  ]);
  expect(rows).toEqual([
    ['epoch', 'test', 'mean', 'mean, low', 'mean, high'],
    [1, 0.1, 5, 4, 6],
    [2, Number.NaN, Number.NaN, Number.NaN, Number.NaN],
    [3, 0.3, 6, 5, 7],
  ]);
});
