import { describe, expect, test } from 'vitest';
import { sampleBelow, shuffled, uniformBelow } from './draw.ts';
import { deriveKey, seedKey } from './random.ts';

/** Five standard deviations above the mean of chi-squared: exceeded by chance about once in 10^6; the seeds are fixed. */
const limit = (freedom: number) => freedom + 5 * Math.sqrt(2 * freedom);
const chiSquared = (counts: Iterable<number>, expected: number) =>
  [...counts].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

const sample = (n: number, k: number, key: readonly [number, number], node = 0) => {
  const out = new Uint32Array(k);
  sampleBelow(n, k, key, node, out);
  return out;
};

test('uniformBelow is uniform and in range, also for bounds that are no power of 2', () => {
  const counts = new Uint32Array(13);
  for (let i = 0; i < 26_000; i++) counts[uniformBelow(13, [1, 2], i, 0)]++;
  expect(chiSquared(counts, 2000)).toBeLessThan(limit(12));
  for (let i = 0; i < 1000; i++) {
    expect(uniformBelow(1, [3, 4], i, 0)).toBe(0);
    expect(uniformBelow(2 ** 32, [3, 4], i, 0)).toBeLessThan(2 ** 32);
  }
});

describe('sampleBelow', () => {
  test('all 20 subsets of 3 from 6 are equally likely', () => {
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 20_000; draw++) {
      const subset = sample(6, 3, seedKey(7), draw).join();
      counts.set(subset, (counts.get(subset) ?? 0) + 1);
    }
    expect(counts.size).toBe(20);
    expect(chiSquared(counts.values(), 1000)).toBeLessThan(limit(19));
  });

  test.each([
    [1, 1],
    [5, 5],
    [10, 9],
    [21_809, 10],
    [3000, 500],
    [4, 0],
  ])('of %i takes %i different numbers, ascending', (n, k) => {
    const out = sample(n, k, deriveKey([1, 1], n, k));
    expect([...out]).toEqual([...new Set(out)].sort((a, b) => a - b));
    expect(out.length).toBe(k);
    expect(out.every((x) => x < n)).toBe(true);
  });
});

test('shuffled is a seeded permutation, and all orders of 4 are equally likely', () => {
  const ids = Uint32Array.from({ length: 100 }, (_, i) => 7 * i);
  expect(shuffled(ids, seedKey(1)).sort()).toEqual(ids);
  expect(shuffled(ids, seedKey(1))).toEqual(shuffled(ids, seedKey(1)));
  expect(shuffled(ids, seedKey(1))).not.toEqual(shuffled(ids, seedKey(2)));
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 24_000; draw++) {
    const order = shuffled(Uint32Array.of(0, 1, 2, 3), seedKey(draw)).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  expect(chiSquared(counts.values(), 1000)).toBeLessThan(limit(23));
});
