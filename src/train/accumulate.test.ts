import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { cpuExecutor } from '../device/cpu/executor.ts';
import { forecast, train } from './session.ts';
import { BACKENDS, CPU, WEBGPU } from './testing/backends.ts';
import { curveDistance, expectSameBits, weightDistance } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { KINDS, VARIANTS } from './testing/models.ts';
import { EPOCHS, play } from './testing/play.ts';
import { sampledRun } from './testing/sampledRun.ts';

/** Gradients of several batches in one step: what one batch of all their seeds gives. */

const graph = testGraph({ features: 'sparse' });
/** 64 training nodes: a step of 40 and one of 24, of which the last batch has 4. */
const LARGE: Partial<Config> = { ...SAMPLED, 'sampling.batchSize': 40, 'training.lr': 0.005, 'training.epochs': 8 };
const inParts = (batchSize: number, accumulate: number): Partial<Config> => ({
  'sampling.batchSize': batchSize,
  'training.accumulate': accumulate,
});
const ALL = { 'sampling.fanOut': [-1], 'evaluation.fanOut': [-1] } as const;

const CASES: readonly (readonly [string, Partial<Config>])[] = [
  ['all neighbours', ALL],
  ['balanced classes, clipped', { 'task.classWeights': 'balanced', 'training.clip': 0.1 }],
  ...[...KINDS, ...VARIANTS].filter(([name]) =>
    ['sage, max', 'gat', 'gcn2', 'mlp', 'gcn: edges dropped'].includes(name),
  ),
];

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each(CASES)('4 batches of 10 give the curve of one of 40: %s', async (_, changes) => {
    const config = configOf({ ...LARGE, ...changes });
    const whole = await train({ graph, config, backend, fit: false });
    const parts = await train({ graph, config: { ...config, ...inParts(10, 4) }, backend, fit: false });
    expect(curveDistance(parts.epochs, whole.epochs)).toBeLessThan(1e-5);
    expect(parts.epochs[0].trainAcc).toBe(whole.epochs[0].trainAcc);
  });

  test.skipIf(missing)('the same seed gives the same bits', async () => {
    const config = configOf({ ...LARGE, ...inParts(7, 3) });
    expectSameBits(
      await train({ graph, config, backend, fit: false }),
      await train({ graph, config, backend, fit: false }),
    );
  });

  test.skipIf(missing)('changed between epochs it needs no new plan, and a replay agrees', async () => {
    const config = configOf({ ...LARGE, ...inParts(8, 1), 'training.epochs': EPOCHS });
    const plot = { after: { 3: { 'training.accumulate': 5 }, 7: { 'training.accumulate': 2 } } };
    const { run, replanned, told, steps } = await play(backend, config, plot);
    expect(replanned).toEqual([]);
    expect(told.map(({ step, value }) => [step, value])).toEqual([
      [steps[2], 5],
      [steps[6], 2],
    ]);
    const perEpoch = steps.map((count, i) => count - (steps[i - 1] ?? 0));
    const batches = perEpoch[0];
    expect(perEpoch).toEqual(
      Array.from({ length: EPOCHS }, (_, i) => Math.ceil(batches / (i < 3 ? 1 : i < 7 ? 5 : 2))),
    );
    const again = await play(backend, config, { job: { events: run.events } });
    expectSameBits(again.run, run);
  });
});

test.skipIf(WEBGPU.missing)('a device lost in the middle of a step gives the same curve', async () => {
  const config = configOf({ ...LARGE, ...inParts(8, 3), 'training.epochs': EPOCHS });
  const job = { instruments: { checkpoints: true }, checkpointMs: 0 };
  const plain = await play(WEBGPU.backend, config, { job });
  const { run, recovered } = await play(WEBGPU.backend, config, { job, before: { [plain.steps[5] + 1]: 'lose' } });
  expect(recovered).toEqual([6]);
  expectSameBits(run, plain.run);
});

test('a run that is fitted to a budget has the seeds per step that were asked for, also by hand', async () => {
  const few = { ...LARGE, 'sampling.fanOut': [2], 'evaluation.fanOut': [2], 'evaluation.batchSize': 64 } as const;
  const asked = configOf({ ...few, 'sampling.batchSize': 64, 'training.epochs': 6 });
  const small = { ...asked, 'sampling.batchSize': 16, 'evaluation.batchSize': 16 };
  const { forecast: needed } = await forecast({ graph, config: small, backend: CPU.backend, fit: false });
  const config = { ...asked, 'memory.gpuBudget': needed.plan.bytes };
  // Fewer seeds than the plan has room for: without a new fit, a step would have several batches of them.
  const plot = { job: { graph }, after: { 3: { 'sampling.batchSize': 16 } } };
  const { run, replanned, steps } = await play(CPU.backend, config, plot);
  const { 'sampling.batchSize': batchSize, 'training.accumulate': accumulate } = run.fitted;
  expect(batchSize! * accumulate!).toBe(64);
  expect(accumulate).toBeGreaterThan(1);
  expect(
    replanned.map(({ forecast: { config: now } }) => [now['sampling.batchSize'], now['training.accumulate']]),
  ).toEqual([[16, 1]]);
  expect(steps).toEqual([1, 2, 3, 7, 11, 15]);
  const again = await play(CPU.backend, config, { job: { graph, events: run.events } });
  expectSameBits(again.run, run);
});

test('another number of batches gives another curve', async () => {
  const config = configOf(LARGE);
  const whole = await train({ graph, config, backend: CPU.backend, fit: false });
  for (const other of [inParts(10, 1), inParts(10, 3), inParts(40, 2)]) {
    const run = await train({ graph, config: { ...config, ...other }, backend: CPU.backend, fit: false });
    expect(curveDistance(run.epochs, whole.epochs)).toBeGreaterThan(1e-4);
  }
});

test('the full batch has nothing to add up', async () => {
  const config = configOf();
  const run = await train({ graph, config, backend: CPU.backend, fit: false });
  const same = await train({
    graph,
    config: { ...config, 'training.accumulate': 4 },
    backend: CPU.backend,
    fit: false,
  });
  expectSameBits(same, run);
});

test('the seeds of a step are those of the large batch, and a batch over the capacity is still split', async () => {
  const config = configOf(LARGE);
  const run = (changes: Partial<Config>, shrink: number) =>
    sampledRun(graph, { ...config, ...changes }, shrink, async (plan) => cpuExecutor(plan));
  const whole = await run({}, 1);
  const [parts, smaller] = [await run(inParts(10, 4), 1), await run(inParts(10, 4), 0.3)];
  for (const other of [parts, smaller]) {
    expect(other.runs.update).toBe(whole.runs.update);
    expect(weightDistance(other.weights, whole.weights)).toBeLessThan(1e-5);
  }
  expect(smaller.runs.train).toBeGreaterThan(parts.runs.train);
  whole.seeds.train.forEach((steps, epoch) => {
    const batches = parts.seeds.train[epoch];
    steps.forEach((seeds, step) => {
      const mine = batches.slice(4 * step, 4 * step + 4);
      expect(mine.flat().sort((a, b) => a - b)).toEqual(seeds);
      expect(mine.length).toBe(Math.ceil(seeds.length / 10));
    });
    expect(batches.length).toBe(steps.reduce((sum, seeds) => sum + Math.ceil(seeds.length / 10), 0));
  });
});
