import { expect, test } from 'vitest';
import { meanDeviation, medianInterval } from './stats.ts';

test('the interval of the median uses the ranks of the binomial distribution', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);
  // Known ranks for 95 %: 1 and 6 of 6, 2 and 9 of 10, 6 and 15 of 20.
  expect(medianInterval(upTo(6))).toEqual({ median: 3.5, lo: 1, hi: 6 });
  expect(medianInterval(upTo(10))).toEqual({ median: 5.5, lo: 2, hi: 9 });
  expect(medianInterval(upTo(20))).toEqual({ median: 10.5, lo: 6, hi: 15 });
  expect(medianInterval(upTo(3))).toEqual({ median: 2, lo: 1, hi: 3 });
});

test('mean and sample standard deviation', () => {
  expect(meanDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, std: Math.sqrt(32 / 7) });
  expect(meanDeviation([3])).toEqual({ mean: 3, std: 0 });
});
