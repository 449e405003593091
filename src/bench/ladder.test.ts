import { describe, expect, test } from 'vitest';
import { type Config, DEFAULTS, isConfigKey } from '../config/schema.ts';
import { BENCH_SUITES } from '../run/benchResult.ts';
import type { EpochRecord } from '../run/record.ts';
import { forecast } from '../train/session.ts';
import { CPU } from '../train/testing/backends.ts';
import { testGraph } from '../train/testing/graphs.ts';
import { climbable, climbed, ladder, RUNGS, type Rung, rungConfig } from './ladder.ts';
import { type BenchRequest, runSuite } from './portable.ts';
import { reported, tableOf } from './reported.ts';

const rung = (name: string, settings: Rung['settings'] = {}): Rung => ({ name, settings });
const epoch = (ms: number, evalMs: number, trainLoss = 1) => ({ ms, evalMs, trainLoss }) as EpochRecord;
const peak = (gpu: number, host = 7) => ({ peak: { gpu, host, disk: 0 } });
const DEVICE = { backend: 'webgpu', vendor: '', architecture: '', description: 'a GPU', software: true } as const;
/** The first three are the warm-up. */
const EPOCHS = [epoch(900, 900), epoch(900, 900), epoch(900, 900), epoch(10, 1), epoch(30, 9), epoch(20, 5, 0.25)];

describe('the rungs', () => {
  test('with a key that the schema does not know are left out, with a row that names it', () => {
    const rungs = [rung('plain', { a: '1' }), rung('fast', { a: '1', b: 'on' }), rung('faster', { b: 'on', c: 'on' })];
    const found = climbable(rungs, (key) => key === 'a');
    expect(found.rungs).toEqual([rungs[0]]);
    expect(found.left).toEqual([
      { name: 'fast', note: 'left out, this version has no b', figures: {} },
      { name: 'faster', note: 'left out, this version has no b and no c', figures: {} },
    ]);
    expect(climbable(rungs, () => true)).toEqual({ rungs, left: [] });
  });

  test('are as many as a page says, are valid, and the first is the full batch', () => {
    const { rungs } = climbable(RUNGS, isConfigKey);
    expect(rungs).toHaveLength(BENCH_SUITES.ladder.parts);
    const configs = rungs.map((each) => rungConfig(DEFAULTS, each, isConfigKey));
    expect(configs[0]).toMatchObject({ 'sampling.strategy': 'full', 'compute.compiled': 'off' });
    expect(new Set(configs.map((config) => JSON.stringify(config))).size).toBe(rungs.length);
  });

  test('go over what was asked for, and nothing ends them early', () => {
    const asked: Config = {
      ...DEFAULTS,
      'sampling.strategy': 'neighbor',
      'compute.precision': 'f16',
      'model.hidden': 12,
      'training.patience': 5,
      'training.epochs': 9,
    };
    expect(rungConfig(asked, RUNGS[0], isConfigKey)).toEqual({
      ...asked,
      'sampling.strategy': 'full',
      'evaluation.strategy': 'full',
      'compute.compiled': 'off',
      'compute.precision': 'f32',
      'compute.recompute': 'off',
      'training.patience': 0,
    });
    expect(() => rungConfig({ ...asked, 'training.epochs': 3 }, RUNGS[0], isConfigKey)).toThrow('set 4 or more.');
  });
});

test('the warm-up of every repetition is not timed', () => {
  const run = { device: DEVICE, epochs: EPOCHS, memory: peak(400) };
  const slower = { ...run, epochs: EPOCHS.map(({ ms, evalMs }) => epoch(2 * ms, evalMs, 0.75)) };
  const { row, times } = climbed(rung('other', { b: 'on', c: '2' }), [run, slower]);
  expect(times).toEqual([10, 30, 20, 20, 60, 40]);
  expect(row).toEqual({
    name: 'other',
    note: 'b=on c=2',
    figures: {
      training: { median: 25, lo: 10, hi: 60 },
      epoch: { median: 32, lo: 11, hi: 69 },
      peak: { median: 400, lo: 400, hi: 400 },
      loss: { median: 0.5, lo: 0.25, hi: 0.75 },
    },
  });
  const onCpu = climbed(rung('other'), [{ ...run, device: { ...DEVICE, backend: 'cpu' } }]);
  expect(onCpu.row.figures.peak?.median).toBe(7);
  const overflowed = { ...run, epochs: EPOCHS.map(({ ms }) => epoch(ms, 1, Number.NaN)) };
  expect(climbed(rung('other'), [overflowed]).row).toMatchObject({ note: 'its loss is not a number' });
});

describe('a run on the CPU', () => {
  const graph = testGraph({ features: 'sparse' });
  const config: Config = {
    ...DEFAULTS,
    'training.epochs': 5,
    'model.hidden': 8,
    'sampling.batchSize': 16,
    'evaluation.batchSize': 32,
  };
  const request = (config: Config): BenchRequest => ({
    backend: CPU.backend,
    config,
    repetitions: 2,
    job: (config) => ({ graph, config, backend: CPU.backend }),
    progress: () => {},
  });

  test('tells the ledgers’ peak of each rung, and how far it is', async () => {
    const told: number[] = [];
    const progress = (done: number, total: number) => {
      expect(total).toBe(2 * RUNGS.length * 5);
      told.push(done);
    };
    const { rows, device } = await ladder({ ...request(config), progress });
    expect(device.backend).toBe('cpu');
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(2 * RUNGS.length * 5);
    expect(rows.map(({ name }) => name)).toEqual(RUNGS.map(({ name }) => name));
    const baseline = rungConfig(config, RUNGS[0], isConfigKey);
    const { memory } = await forecast({ graph, config: baseline, backend: CPU.backend, fit: false });
    const bytes = rows[0].figures.peak!.median;
    expect(bytes).toBeLessThanOrEqual(memory.host);
    expect(bytes).toBeGreaterThan(memory.host / 2);
  });

  test('a rung that does not fit the budget says so, and where none does, that is the error', async () => {
    const baseline = rungConfig(config, RUNGS[0], isConfigKey);
    const { forecast: needed } = await forecast({ graph, config: baseline, backend: CPU.backend, fit: false });
    const within = (bytes: number) =>
      request({ ...config, 'sampling.fanOut': [1], 'evaluation.fanOut': [1], 'memory.gpuBudget': bytes });
    const { rows } = await ladder(within(needed.plan.bytes - 1));
    expect(rows[0]).toMatchObject({ name: 'baseline', figures: {} });
    expect(rows[0].note).toMatch(/^memory\.gpuBudget is/);
    expect(rows[1].figures.training).toBeDefined();
    await expect(ladder(within(1))).rejects.toThrow('no rung could be run');
  });

  test('ends where it is cancelled', async () => {
    const controller = new AbortController();
    const progress = (done: number) => {
      if (done > 7) controller.abort();
    };
    await expect(ladder({ ...request(config), progress, signal: controller.signal })).rejects.toThrow(/abort/i);
  });

  test('is a table that compares with the baseline, and rows and ratios for machines', async () => {
    const dataset = {
      catalogueId: null,
      name: 'test',
      nodes: 1,
      edges: 1,
      features: 1,
      classes: 2,
      fingerprint: '0'.repeat(16),
    };
    const result = await runSuite('ladder', request(config), dataset);
    const { columns, rows } = tableOf(result);
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
    expect(rows[0][2]).toBe('1.00');
    const sets = ['training.epochs=5', 'model.hidden=8', 'sampling.batchSize=16', 'evaluation.batchSize=32'];
    const context = { backends: [CPU.backend], seeds: 1, repetitions: 1, progress: () => {} };
    const report = await reported('ladder')({ ...context, asked: { sets }, graph: async () => graph });
    expect(report.results).toHaveLength(1);
    const named = (name: string) => report.rows.find((row) => row.name === name)!.median;
    const bytes = named('sampled, cpu: peak memory');
    expect(report.ratios['sampled, cpu: peak memory / baseline']).toBe(bytes / named('baseline, cpu: peak memory'));
  });
});
