import { describe, expect, test } from 'vitest';
import type { EpochRecord } from '../../run/record.ts';
import { accuracySeries, timeSeries } from './runSeries.ts';
import { decimate, rangeOf, stacked } from './series.ts';

const line = (y: number[]) => ({ x: y.map((_, i) => i + 1), y });

describe('decimate', () => {
  test('leaves a short series as it is', () => {
    expect(decimate(line([3, 1, 2]))).toEqual(line([3, 1, 2]));
  });

  test('keeps first, last, order and every spike', () => {
    const y = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 900));
    y[4321] = 50;
    y[77] = -50;
    const few = decimate(line(y), 100);
    expect(few.x.length).toBeLessThanOrEqual(100);
    expect([few.x[0], few.x.at(-1)]).toEqual([1, 10_000]);
    expect(few.x).toEqual([...few.x].sort((a, b) => a - b));
    expect(few.y).toContain(50);
    expect(few.y).toContain(-50);
  });

  test('a run that turned into NaN shows its numbers and then a gap', () => {
    const y = Array.from({ length: 1000 }, (_, i) => (i < 500 ? i : Number.NaN));
    const few = decimate(line(y), 50);
    expect(few.y.filter(Number.isFinite).length).toBeGreaterThan(10);
    expect(few.y.at(-1)).toBeNaN();
  });
});

test('the range of series looks past gaps', () => {
  expect(rangeOf([line([Number.NaN, 2, 5]), line([-1])])).toEqual([-1, 5]);
  expect(rangeOf([line([Number.NaN])])).toBeNull();
});

test('stacked series end at the sum', () => {
  const [a, b] = stacked([
    { name: 'a', color: '', ...line([1, 2]) },
    { name: 'b', color: '', ...line([10, Number.NaN]) },
  ]);
  expect(a.y).toEqual([1, 2]);
  expect(b.y).toEqual([11, 2]);
});

const epoch = (change: Partial<EpochRecord>): EpochRecord => ({
  epoch: 1,
  trainLoss: 1,
  valLoss: 1,
  trainAcc: 0.5,
  valAcc: 0.4,
  testAcc: 0.3,
  valMetric: 0.2,
  testMetric: 0.3,
  ms: 10,
  sampleMs: 2,
  readMs: 1,
  uploadMs: 3,
  evalMs: 5,
  ...change,
});

test('the parts of an epoch add up to its time, and compute is never negative', () => {
  const parts = timeSeries([epoch({}), epoch({ epoch: 2, ms: 1 })]);
  expect(Object.fromEntries(parts.map(({ name, y }) => [name, y[0]]))).toEqual({
    sample: 2,
    read: 1,
    upload: 3,
    compute: 4,
    evaluate: 5,
  });
  expect(parts.find(({ name }) => name === 'compute')!.y[1]).toBe(0);
});

test('the current run shows three accuracies, an overlaid one two', () => {
  const run = { name: '2 · GCN', color: '#123456', epochs: [epoch({})] };
  expect(accuracySeries([run])).toHaveLength(3);
  expect(accuracySeries([run, { ...run, name: '1 · MLP' }]).map(({ name }) => name)).toEqual([
    'training',
    'validation',
    'test',
    '1 · MLP, validation',
    '1 · MLP, test',
  ]);
});
