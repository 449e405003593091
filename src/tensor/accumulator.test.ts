import { describe, expect, test } from 'vitest';
import { mergeSum, splitRows } from './accumulator.ts';
import { activation, newGraph } from './graph.ts';
import { type Step, whole } from './op.ts';
import { symbol } from './value.ts';

const SIZES = [
  0, 1, 2, 63, 64, 65, 127, 128, 129, 1000, 4095, 4096, 4097, 16_383, 16_384, 16_385, 16_449, 20_000, 65_535, 65_536,
  169_343, 1_000_000, 16_777_217,
];
const THREADS = [1, 2, 4, 65, 100, 128, 129, 359, 1000, 16_384, 16_385, 32_768, 32_769, 100_000];

const at = (nodes: number, key: Step['key'] = [0, 0], scalars: Step['scalars'] = {}): Step => ({
  sizes: { nodes },
  scalars,
  key,
});

describe('split rows', () => {
  test.each(THREADS)('%i threads a chunk: the chunks cover every row exactly once, none is empty', (threads) => {
    for (const rows of SIZES) {
      const cut = splitRows(symbol('nodes'), threads).at(at(rows));
      expect(cut.rows).toBe(rows);
      if (rows === 0) expect(cut.count).toBe(0);
      else {
        expect(Number.isInteger(cut.chunk)).toBe(true);
        // Chunk i is rows i·chunk up to (i + 1)·chunk, the last one up to `rows`.
        expect(cut.count * cut.chunk).toBeGreaterThanOrEqual(rows);
        expect((cut.count - 1) * cut.chunk).toBeLessThan(rows);
      }
    }
  });

  test.each(THREADS)('%i threads a chunk: never more chunks than the room that the capacity has', (threads) => {
    const split = splitRows(symbol('nodes'), threads);
    for (const capacity of SIZES) {
      const room = split.most({ nodes: capacity });
      expect(room).toBeGreaterThanOrEqual(1);
      const rows = SIZES.filter((size) => size <= capacity);
      for (let i = 0; i <= 200; i++) rows.push(Math.floor((capacity * i) / 200));
      const most = Math.max(...rows.map((size) => split.at(at(size)).count));
      expect(most).toBeLessThanOrEqual(room);
    }
  });

  test.each([1, 300, 2000])('%i threads a chunk: the room holds for every single size up to 20,000', (threads) => {
    const split = splitRows(symbol('nodes'), threads);
    let most = 0;
    for (let rows = 0; rows <= 20_000; rows++) {
      most = Math.max(most, split.at(at(rows)).count);
      expect(most <= split.most({ nodes: rows })).toBe(true);
    }
    expect(most).toBe(split.most({ nodes: 20_000 }));
  });

  test('the cut depends on the shapes alone: not on seed, scalars or capacity', () => {
    for (const rows of SIZES) {
      const fixed = splitRows(rows, 65).at(at(99));
      const symbolic = splitRows(symbol('nodes'), 65);
      symbolic.most({ nodes: 10 ** 7 });
      expect(symbolic.at(at(rows, [1, 2], { lr: 0.1 }))).toEqual(fixed);
      expect(splitRows(symbol('nodes', 1), 65).at(at(rows - 1))).toEqual(fixed);
    }
  });

  test('many rows are cut, few are not, and a chunk that fills the GPU is not cut at all', () => {
    expect(splitRows(64, 1).at(at(0))).toEqual({ rows: 64, chunk: 64, count: 1 });
    expect(splitRows(65, 1).at(at(0)).count).toBe(2);
    expect(splitRows(1_000_000, 1).at(at(0)).count).toBeGreaterThan(100);
    expect(splitRows(1_000_000, 32_768).at(at(0)).count).toBe(1);
  });
});

test('the merge adds as many parts as the step has, scaled and on top of the old sum where asked', () => {
  const g = newGraph();
  const [partial, out] = [whole(activation(g, 'partial', 10, 8)), whole(activation(g, 'sum', 3, 8))];
  const shape = { rows: 3, width4: 2, outRow: 5, outStride4: 4, outOffset4: 1 };
  const split = splitRows(symbol('nodes'), 6);
  const merge = mergeSum(
    partial,
    out,
    split,
    { cols: 7, ...shape },
    ({ scalars }) => scalars.scale,
    () => 1,
  );
  expect([merge.reads, merge.writes]).toEqual([{ partial }, { out }]);
  for (const rows of [0, 10, 1000, 50_000]) {
    const { count } = split.at(at(rows));
    const launch = merge.at(at(rows, [0, 0], { scale: 0.25 }));
    expect(launch.params).toEqual({ ...shape, count, scale: 0.25, accumulate: 1 });
    expect(launch.threads).toBe(6);
    // 3 × 7 elements: every part is added, the sum is scaled and added to the old one.
    expect(launch.flops).toBe(21 * (count + 2));
  }
  expect(mergeSum(partial, out, split, { cols: 7, ...shape }).at(at(10)).params).toMatchObject({
    scale: 1,
    accumulate: 0,
  });
});
