import { describe, expect, test } from 'vitest';
import { isConfigKey } from '../config/schema.ts';
import type { EpochRecord } from '../run/record.ts';
import { forecast } from '../train/session.ts';
import { CPU } from '../train/testing/backends.ts';
import { testGraph } from '../train/testing/graphs.ts';
import { climbable, climbed, ladder, ladderTable, RUNGS, type Rung, rungConfig } from './ladder.ts';

const rung = (name: string, settings: Rung['settings'] = {}): Rung => ({ name, settings });
const epoch = (ms: number, evalMs: number, trainLoss = 1) => ({ ms, evalMs, trainLoss }) as EpochRecord;
const peak = (gpu: number, host = 7) => ({ gpu, host, disk: 0 });
/** The first three are the warm-up. */
const epochs = [epoch(900, 900), epoch(900, 900), epoch(900, 900), epoch(10, 1), epoch(30, 9), epoch(20, 5, 0.25)];

describe('the rungs', () => {
  test('with a key that the schema does not know are left out, with a line that names it', () => {
    const rungs = [rung('plain', { a: '1' }), rung('fast', { a: '1', b: 'on' }), rung('faster', { b: 'on', c: 'on' })];
    const found = climbable(rungs, (key) => key === 'a');
    expect(found.rungs).toEqual([rungs[0]]);
    expect(found.notes).toEqual([
      'fast: left out, this version has no b',
      'faster: left out, this version has no b and no c',
    ]);
    expect(climbable(rungs, () => true)).toEqual({ rungs, notes: [] });
  });

  test('that this schema knows are valid, and the baseline is the full batch', () => {
    const { rungs } = climbable(RUNGS, isConfigKey);
    const configs = rungs.map((each) => rungConfig({ data: 'debian-small', sets: [] }, each, isConfigKey));
    expect(configs[0]).toMatchObject({ 'sampling.strategy': 'full', 'model.hidden': 64, 'training.epochs': 23 });
    expect(new Set(configs.map((config) => JSON.stringify(config))).size).toBe(rungs.length);
  });

  test('go over what was asked for, and nothing ends them early', () => {
    const sets = ['sampling.strategy=neighbor', 'model.hidden=12', 'training.patience=5', 'training.epochs=9'];
    const config = rungConfig({ preset: 'gat', sets }, RUNGS[0], isConfigKey);
    expect(config).toMatchObject({
      'model.kind': 'gat',
      'model.hidden': 12,
      'sampling.strategy': 'full',
      'training.epochs': 9,
      'training.patience': 0,
    });
    expect(() => rungConfig({ sets: ['training.epochs=3'] }, RUNGS[0], isConfigKey)).toThrow('set 4 or more.');
  });
});

test('the warm-up is not timed, and the table compares with the baseline', () => {
  const base = climbed(rung('baseline'), epochs, peak(400));
  expect([base.training.median, base.whole.median, base.loss]).toEqual([20, 25, 0.25]);
  const half = epochs.map((each) => epoch(each.ms / 2, each.evalMs, 0.5));
  const other = climbed(rung('other', { b: 'on', c: '2' }), half, peak(100));
  const device = { backend: 'webgpu', vendor: '', architecture: '', description: 'a GPU', software: true } as const;
  const { title, columns, rows } = ladderTable('graph', device, [base, other]);
  expect(title).toBe('graph, on a GPU (software)');
  expect(rows.every((row) => row.length === columns.length)).toBe(true);
  expect(rows[1]).toEqual([
    ...['other', '10.00 [5.000, 15.00]', '0.500', '15.00 [6.000, 24.00]', '0.600'],
    ...[100, '0.250', '0.50000', 'b=on c=2'],
  ]);
  const onCpu = ladderTable('graph', { ...device, backend: 'cpu' }, [base]);
  expect(onCpu.rows[0][5]).toBe(7);
  // Where the baseline does not fit, there is nothing to compare with.
  expect(ladderTable('graph', device, [other]).rows[0][2]).toBe('');
});

describe('a run on the CPU', () => {
  const graph = testGraph({ features: 'sparse' });
  const context = { backends: [CPU.backend], seeds: 1, graph: async () => graph, progress: () => {} };
  const sets = ['training.epochs=5', 'model.hidden=8', 'sampling.batchSize=16', 'evaluation.batchSize=32'];

  test('tells the ledgers’ peak of each rung', async () => {
    const result = await ladder({ ...context, asked: { sets } });
    const { rungs, notes } = climbable(RUNGS, isConfigKey);
    expect(result.notes).toEqual(notes);
    expect(result.rows).toHaveLength(3 * rungs.length);
    expect(result.tables![0].rows.map(([name]) => name)).toEqual(rungs.map(({ name }) => name));
    const config = rungConfig({ data: 'debian-small', sets }, RUNGS[0], isConfigKey);
    const { memory } = await forecast({ graph, config, backend: CPU.backend, fit: false });
    const bytes = result.rows.find(({ name }) => name === 'baseline, cpu: peak')!.median;
    expect(bytes).toBeLessThanOrEqual(memory.host);
    expect(bytes).toBeGreaterThan(memory.host / 2);
    const ratio = result.rows.find(({ name }) => name === 'sampled, cpu: peak')!.median / bytes;
    expect(result.ratios['sampled, cpu: peak / baseline']).toBe(ratio);
  });

  test('a rung that does not fit the budget is left out, and where none does, that is the error', async () => {
    const config = rungConfig({ data: 'debian-small', sets }, RUNGS[0], isConfigKey);
    const { forecast: needed } = await forecast({ graph, config, backend: CPU.backend, fit: false });
    const budget = (bytes: number) => [
      ...sets,
      'sampling.fanOut=1',
      'evaluation.fanOut=1',
      `memory.gpuBudget=${bytes}`,
    ];
    const result = await ladder({ ...context, asked: { sets: budget(needed.plan.bytes - 1) } });
    expect(result.notes).toContainEqual(expect.stringMatching(/^baseline, cpu: memory\.gpuBudget is/));
    expect(result.rows.map(({ name }) => name)).toContain('sampled, cpu: peak');
    expect(result.ratios).toEqual({});
    await expect(ladder({ ...context, asked: { sets: budget(1) } })).rejects.toThrow('no rung could be run');
  });
});
