import { describe, expect, test } from 'vitest';
import { exampleRun, randomFrom } from './linkExamples.ts';
import { tQuantile } from './meanInterval.ts';
import type { RunRecord } from './record.ts';
import { meanCurve, oneOfEachSeed, repetitions, seedGroupKey } from './seedGroups.ts';

const base: RunRecord = { ...exampleRun(randomFrom(1), 6), events: [] };
const seeded = (seed: number, change: Partial<RunRecord> = {}): RunRecord => ({
  ...base,
  ...change,
  config: { ...base.config, ...change.config, 'training.seed': seed },
});

describe('what belongs together', () => {
  test('runs that differ in their seed, their curves and their times', () => {
    expect(seedGroupKey(seeded(2, { epochs: [], kernels: 'ff' }))).toBe(seedGroupKey(seeded(1)));
  });

  test.each<[string, RunRecord]>([
    ['another setting', seeded(2, { config: { ...base.config, 'training.lr': 0.5 } })],
    ['another fit', seeded(2, { fitted: {} })],
    ['another graph', seeded(2, { dataset: { ...base.dataset, fingerprint: 'ab' } })],
    ['another device', seeded(2, { device: { ...base.device, description: 'another' } })],
    ['another version', seeded(2, { engine: '9' })],
  ])('%s is another group', (_, run) => {
    expect(seedGroupKey(run)).not.toBe(seedGroupKey(seeded(1)));
  });

  test('a run that was changed by hand belongs to none', () => {
    expect(seedGroupKey(seeded(1, { events: [{ step: 3, key: 'training.lr', value: 1 }] }))).toBeNull();
  });

  test('of equal seeds the last run counts, and seeds come in order', () => {
    const runs = [3, 1, 3].map((seed, id) => ({ id, record: seeded(seed) }));
    expect(oneOfEachSeed(runs).map(({ id }) => id)).toEqual([1, 2]);
  });

  test('a repetition is told from the run that it repeats', () => {
    const runs = [3, 1, 3, 3].map((seed, id) => ({ id, record: seeded(seed) }));
    expect([...repetitions(runs)].map(([again, before]) => [again.id, before.id])).toEqual([
      [2, 0],
      [3, 2],
    ]);
  });
});

describe('the mean curve', () => {
  const flat = (testAcc: number, length = 2) => ({
    epochs: base.epochs.slice(0, length).map((epoch) => ({ ...epoch, testAcc })),
  });

  test('is the mean of each epoch, with Student’s interval around it', () => {
    const { mean, band } = meanCurve([flat(0.7), flat(0.8), flat(0.9)]);
    const half = (tQuantile(2) * 0.1) / Math.sqrt(3);
    expect(mean.map(({ epoch, testAcc }) => [epoch, testAcc])).toEqual([
      [1, expect.closeTo(0.8, 12)],
      [2, expect.closeTo(0.8, 12)],
    ]);
    expect(band!.low[1].testAcc).toBeCloseTo(0.8 - half, 12);
    expect(band!.high[1].testAcc).toBeCloseTo(0.8 + half, 12);
    expect(band!.low[0].valLoss).toBeCloseTo(base.epochs[0].valLoss, 12);
  });

  test('ends where the first of the runs does', () => {
    expect(meanCurve([flat(1, 6), flat(0, 4)]).mean).toHaveLength(4);
  });

  test('has no band with two runs', () => {
    expect(meanCurve([flat(1), flat(0)]).band).toBeNull();
  });
});
