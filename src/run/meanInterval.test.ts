import { expect, test } from 'vitest';
import { meanDeviation, meanInterval, tQuantile } from './meanInterval.ts';

test.each([
  // https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [9, 2.262],
  [10, 2.228],
  [30, 2.042],
  [100, 1.984],
])('the quantile of %i degrees of freedom is that of the table', (df, t) => {
  expect(tQuantile(df)).toBeCloseTo(t, 3);
});

test('the interval is t times the standard error', () => {
  const { n, mean, half } = meanInterval([0.81, 0.79, 0.8, 0.82, 0.78]);
  expect(n).toBe(5);
  expect(mean).toBeCloseTo(0.8, 12);
  expect(half).toBeCloseTo((2.7764 * 0.015811) / Math.sqrt(5), 5);
});

test('two samples have a mean and no interval', () => {
  expect(meanInterval([0.5, 0.7])).toEqual({ n: 2, mean: 0.6, half: null });
});

test('a sample that is no number makes the mean none', () => {
  expect(meanInterval([0.5, Number.NaN, 0.7]).mean).toBeNaN();
  expect(meanInterval([]).mean).toBeNaN();
});

test('mean and sample standard deviation', () => {
  expect(meanDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, std: Math.sqrt(32 / 7) });
  expect(meanDeviation([3])).toEqual({ mean: 3, std: 0 });
});
