import { describe, expect, test } from 'vitest';
import { heavySegments, maxSegments } from './segments.ts';
import { nastyCsr } from './testGraphs.ts';

const chunksOf4 = (words: Uint32Array) =>
  Array.from({ length: words.length / 4 }, (_, i) => [...words.subarray(4 * i, 4 * i + 4)]);

describe.each([
  [0, 1],
  [4, 4],
  [5, 3],
  [16, 64],
  [1000, 8],
])('threshold %i, segments of %i', (threshold, length) => {
  const { indptr, rows } = nastyCsr(120, 4);
  const { segments, heavy } = heavySegments(indptr, rows, threshold, length);

  test('cover each entry of a heavy row once, in order, and no other', () => {
    const covered: number[] = [];
    for (const [row, first, count, zero] of chunksOf4(heavy)) {
      expect(zero).toBe(0);
      const own = chunksOf4(segments).slice(first, first + count);
      for (const [segmentRow, begin, end] of own) {
        expect(segmentRow).toBe(row);
        expect(end - begin).toBeGreaterThan(0);
        expect(end - begin).toBeLessThanOrEqual(length);
        for (let e = begin; e < end; e++) covered.push(e);
      }
    }
    const expected: number[] = [];
    for (let row = 0; row < rows; row++) {
      if (indptr[row + 1] - indptr[row] <= threshold) continue;
      for (let e = indptr[row]; e < indptr[row + 1]; e++) expected.push(e);
    }
    expect(covered).toEqual(expected);
    expect(chunksOf4(heavy).reduce((sum, [, , count]) => sum + count, 0)).toBe(segments.length / 4);
  });

  test('stay below the bound', () => {
    const most = maxSegments(indptr[rows], threshold, length);
    expect(heavy.length / 4).toBeLessThanOrEqual(most.heavy);
    expect(segments.length / 4).toBeLessThanOrEqual(most.segments);
  });
});

test('the bound holds for every way of dividing the entries into rows, and is reached', () => {
  for (const [threshold, length] of [
    [0, 1],
    [2, 2],
    [3, 2],
    [4, 4],
    [2, 5],
    [7, 3],
  ]) {
    // most[n]: the most segments of any rows with n entries in total.
    const most = [0];
    for (let n = 1; n <= 60; n++) {
      most[n] = most[n - 1];
      for (let d = threshold + 1; d <= n; d++) most[n] = Math.max(most[n], most[n - d] + Math.ceil(d / length));
      const bound = maxSegments(n, threshold, length);
      expect(bound.heavy).toBe(Math.floor(n / (threshold + 1)));
      expect(bound.segments).toBeGreaterThanOrEqual(most[n]);
      if (threshold % length === 0 && n % (threshold + 1) === 0) expect(bound.segments).toBe(most[n]);
    }
  }
});
