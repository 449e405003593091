import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { activation, input, newGraph } from './graph.ts';
import { overlaps, padded4, panelsOf, stride4 } from './panels.ts';
import { padded, type Size, symbol, type Value } from './value.ts';

const MIB = 1024 ** 2;
const matrix = (rows: Size, cols: number, name = 'hidden') => activation(newGraph(), name, rows, cols);
const list = (rows: Size, cols = 1, name = 'columns') => input(newGraph(), name, 'graph', 'u32', rows, cols);

function messageOf(value: Value, limit: number): string {
  try {
    panelsOf(value, { nodes: 1000 }, limit);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('was not refused');
}

describe('panels', () => {
  test('a value within the limit, to the byte, is one panel with all its columns', () => {
    expect(panelsOf(matrix(10, 33), {}, 10 * 36 * 4)).toEqual([{ index: 0, first: 0, cols: 33 }]);
    expect(panelsOf(list(10, 3), {}, 10 * 3 * 4)).toEqual([{ index: 0, first: 0, cols: 3 }]);
    expect(panelsOf(matrix(0, 5), {}, 16)).toEqual([{ index: 0, first: 0, cols: 5 }]);
  });

  test('one byte less cuts it', () => {
    expect(panelsOf(matrix(10, 33), {}, 10 * 36 * 4 - 1)).toEqual([
      { index: 0, first: 0, cols: 32 },
      { index: 1, first: 32, cols: 1 },
    ]);
  });

  test('169,343 × 256 at the default limit of 128 MiB', () => {
    const panels = panelsOf(matrix(symbol('nodes'), 256), { nodes: 169_343 }, 128 * MIB);
    expect(panels.map(({ cols }) => cols)).toEqual([196, 60]);
  });

  const sizes = [1, 3, 4, 16, 33, 64, 257, 1433].flatMap((cols) => [1, 7, 300].map((rows) => [rows, cols]));
  test.each(sizes)('%i × %i: every column once, from multiples of four, each panel within the limit', (rows, cols) => {
    for (const columns of [4, 8, 12, 20, 64, 256, 1436]) {
      for (const more of [0, 1, 15]) {
        const limit = rows * columns * 4 + more;
        const panels = panelsOf(matrix(rows, cols), {}, limit);
        let next = 0;
        panels.forEach((panel, i) => {
          expect(panel.index).toBe(i);
          expect(panel.first).toBe(next);
          expect(panel.first % 4).toBe(0);
          expect(panel.cols).toBeGreaterThan(0);
          expect(rows * padded(panel.cols) * 4).toBeLessThanOrEqual(limit);
          next += panel.cols;
        });
        expect(next).toBe(cols);
        // No more panels than the limit asks for.
        expect(panels).toHaveLength(Math.ceil(padded(cols) / Math.floor(limit / (rows * 16)) / 4));
      }
    }
  });

  test('a padded value of which not even four columns fit is refused with its name, bytes, the limit and advice', () => {
    const message = messageOf(matrix(symbol('nodes'), 6, 'layer 1'), 1000 * 16 - 1);
    expect(message).toContain('layer 1 takes 32000 bytes (1000 rows of 6)');
    expect(message).toContain('at most 15999 at once');
    expect(message).toContain('sampling.strategy=neighbor');
    expect(message).not.toMatch(/[.!?]\s/);
    expect(panelsOf(matrix(1000, 6), {}, 1000 * 16)).toHaveLength(2);
  });

  test('a packed list over the limit is refused, however many columns it has', () => {
    const message = messageOf(list(symbol('nodes', 1), 4, 'row pointers'), 1001 * 16 - 1);
    expect(message).toContain('row pointers takes 16016 bytes (1001 rows of 4)');
    expect(message).toContain('at most 16015 at once');
    expect(message).toContain('sampling.strategy=neighbor');
  });

  test('strides count vec4', () => {
    expect([1, 4, 5, 257].map(padded4)).toEqual([1, 1, 2, 65]);
    expect(stride4({ index: 1, first: 32, cols: 13 })).toBe(4);
  });
});

describe('overlaps', () => {
  test('ranges lie in one panel of each', () => {
    const a = panelsOf(matrix(1, 20), {}, 8 * 4);
    const b = panelsOf(matrix(1, 20), {}, 12 * 4);
    expect(overlaps(a, b).map((range) => [range.a.index, range.b.index, range.first, range.cols])).toEqual([
      [0, 0, 0, 8],
      [1, 0, 8, 4],
      [1, 1, 12, 4],
      [2, 1, 16, 4],
    ]);
  });

  const widths = [4, 8, 12, 20, 28, 64, 300];
  test.each([1, 5, 33, 64, 257])('%i columns, cut in every pair of ways: every common column once', (cols) => {
    for (const left of widths) {
      for (const right of widths) {
        const a = panelsOf(matrix(1, cols), {}, left * 4);
        const b = panelsOf(matrix(1, cols), {}, right * 4);
        const covered = new Array<number>(cols).fill(0);
        for (const range of overlaps(a, b)) {
          expect(range.first % 4).toBe(0);
          for (const panel of [range.a, range.b]) {
            expect(range.first).toBeGreaterThanOrEqual(panel.first);
            expect(range.first + range.cols).toBeLessThanOrEqual(panel.first + panel.cols);
          }
          for (let column = range.first; column < range.first + range.cols; column++) covered[column]++;
        }
        expect(covered.every((times) => times === 1)).toBe(true);
      }
    }
  });

  test('only the columns that both have', () => {
    const ranges = overlaps([{ index: 0, first: 0, cols: 6 }], panelsOf(matrix(1, 16), {}, 4 * 4));
    expect(ranges.map(({ b, first, cols }) => [b.index, first, cols])).toEqual([
      [0, 0, 4],
      [1, 4, 2],
    ]);
  });
});
