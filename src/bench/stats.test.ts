import { describe, expect, test } from 'vitest';
import { driftOf, medianInterval, worstDrift } from './stats.ts';

test('the interval of the median uses the ranks of the binomial distribution', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);
  // Known ranks for 95 %: 1 and 6 of 6, 2 and 9 of 10, 6 and 15 of 20.
  expect(medianInterval(upTo(6))).toEqual({ median: 3.5, lo: 1, hi: 6 });
  expect(medianInterval(upTo(10))).toEqual({ median: 5.5, lo: 2, hi: 9 });
  expect(medianInterval(upTo(20))).toEqual({ median: 10.5, lo: 6, hi: 15 });
  expect(medianInterval(upTo(3))).toEqual({ median: 2, lo: 1, hi: 3 });
});

describe('a device that slows down', () => {
  const around = (level: number, samples: number) =>
    Array.from({ length: samples }, (_, i) => level * (1 + 0.01 * (i % 3)));

  test('is told where the last third is slower than the first', () => {
    const hot = driftOf([...around(10, 6), ...around(11, 6), ...around(14, 6)]);
    expect(hot.throttled).toBe(true);
    expect(hot.ratio).toBeCloseTo(1.4, 5);
  });

  test('is not told of noise, of what grows faster, of a little, or of too few samples', () => {
    expect(driftOf(around(10, 18)).throttled).toBe(false);
    expect(driftOf([...around(14, 6), ...around(10, 12)])).toMatchObject({ throttled: false });
    expect(driftOf([...around(10, 12), ...around(11, 6)]).throttled).toBe(false);
    // The first third was as slow at times as the last one is always.
    const wild = [10, 20, 10, 20, 10, 10, ...around(10, 6), ...around(15, 6)];
    expect(driftOf(wild).throttled).toBe(false);
    expect(driftOf([1, 1, 1, 9, 9])).toEqual({ ratio: 1, throttled: false });
  });

  test('of several measurements the one that throttled most counts', () => {
    const steady = { ratio: 1.5, throttled: false };
    expect(worstDrift([{ ratio: 1.2, throttled: true }, steady, { ratio: 1.3, throttled: true }])).toEqual({
      ratio: 1.3,
      throttled: true,
    });
    expect(worstDrift([steady, { ratio: 0.9, throttled: false }])).toEqual(steady);
    expect(worstDrift([])).toEqual({ ratio: 1, throttled: false });
  });
});
