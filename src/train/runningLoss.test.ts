import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { localBatchSource } from './batchSource.ts';
import type { Fit } from './fit.ts';
import type { Control, EpochSoFar, Job } from './job.ts';
import { CPU, WEBGPU } from './testing/backends.ts';
import { BATCHES, EPOCHS, FULL, play } from './testing/play.ts';

/** What a run tells within an epoch: it is true of the steps so far, and asking for it changes no bit. */

const control: Control = {
  ready() {},
  changes: () => ({}),
  wantsPredictions: () => false,
  wantsLoss: () => true,
  stopping: () => false,
};

/** Plays a run that is asked for its loss before each step; the means after each step are found by looking over its shoulder. */
async function watched(backend: Job['backend'], config: Config) {
  const told: number[][] = [];
  const means: number[][] = [];
  let fit: Fit;
  let weights: number[] = [];
  const story = await play(backend, config, {
    job: {
      control,
      onStart: (made) => {
        fit = made;
      },
      onRunningLoss: (epoch, loss) => {
        told[epoch - 1] = [...(told[epoch - 1] ?? []), loss];
      },
      observeExecutor: (executor) => ({
        ...executor,
        async run(routine, step) {
          if (routine === 'train' && step.scalars.first === 1) {
            weights = [];
            means.push([]);
          }
          // Parts of a step are divided by the weight of all of it.
          if (routine === 'train' && step.scalars.firstPart === 1) weights.push(1 / step.scalars.lossScale);
          await executor.run(routine, step);
          if (routine !== 'update') return;
          const [sum] = (await executor.results()).get(fit.forecast.training.trainLoss)!;
          means.at(-1)!.push(sum / weights.reduce((all, weight) => all + weight, 0));
        },
      }),
    },
  });
  return { ...story, told, means };
}

describe.each([
  ['WebGPU', WEBGPU.backend],
  ['the CPU', CPU.backend],
])('on %s', (_, backend) => {
  test.each<[string, Partial<Config>]>([
    ['batches', {}],
    ['two batches to a step, classes weighted', { 'training.accumulate': 2, 'task.classWeights': 'balanced' }],
  ])('the loss of the steps so far is told, and no bit changes: %s', async (_name, more) => {
    const config = { ...BATCHES, ...more };
    const { run, told, means } = await watched(backend, config);
    expect(means[0].length).toBeGreaterThan(2);
    expect(told).toHaveLength(EPOCHS);
    for (const [i, losses] of told.entries()) {
      const before = means[i].slice(0, -1);
      expect(losses).toHaveLength(before.length);
      for (const [at, loss] of losses.entries()) expect(loss).toBeCloseTo(before[at], 6);
      expect(run.epochs[i].trainLoss).toBeCloseTo(means[i].at(-1)!, 6);
    }
    const plain = await play(backend, config, {});
    expect(run.result.curveHash).toBe(plain.run.result.curveHash);
    expect(run.kernels).toBe(plain.run.kernels);
  });

  test('a full batch, whose epoch is one step, has no loss before its end', async () => {
    const asked: number[] = [];
    await play(backend, FULL, { job: { control, onRunningLoss: (epoch) => asked.push(epoch) } });
    expect(asked).toEqual([]);
  });
});

test('a device that is lost while the loss is read is a lost device, and no more', async () => {
  const plain = await play(WEBGPU.backend, BATCHES, {});
  const job = { control, instruments: { checkpoints: true }, checkpointMs: 0 };
  const { run, recovered } = await play(WEBGPU.backend, BATCHES, { job, before: { [plain.steps[3] + 2]: 'lose' } });
  expect(recovered).toEqual([4]);
  expect(run.result.curveHash).toBe(plain.run.result.curveHash);
});

test('within an epoch the time so far is told, of that the time spent waiting, and a pause is neither', async () => {
  const DELAY = 15;
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, DELAY));
  const told: { soFar: EpochSoFar; at: number }[] = [];
  const { run } = await play(
    CPU.backend,
    { ...BATCHES, 'training.epochs': 2 },
    {
      job: {
        control: { ...control, ready: wait },
        onStep: (_, soFar) => told.push({ soFar, at: performance.now() }),
        async openBatchSource(...about) {
          const source = await localBatchSource(...about);
          return {
            ...source,
            async sample(...request) {
              const sampled = await source.sample(...request);
              await wait();
              return { ...sampled, sampleMs: DELAY, readMs: DELAY };
            },
          };
        },
      },
    },
  );
  for (const { epoch, ms, sampleMs, readMs } of run.epochs) {
    const within = told.filter(({ soFar }) => soFar.epoch === epoch);
    expect(within[0].soFar).toMatchObject({ sampleMs: 0, readMs: 0 });
    for (const [step, { soFar }] of within.entries()) {
      // Timers may be a little early.
      expect(soFar.sampleMs + soFar.readMs).toBeGreaterThanOrEqual(0.9 * DELAY * step);
      expect(soFar.sampleMs).toBeCloseTo(soFar.readMs, 6);
      expect(soFar.ms).toBeGreaterThanOrEqual(soFar.sampleMs + soFar.readMs);
    }
    const { soFar, at } = within.at(-1)!;
    expect([ms >= soFar.ms, sampleMs >= soFar.sampleMs, readMs >= soFar.readMs]).toEqual([true, true, true]);
    const paused = at - within[0].at - (soFar.ms - within[0].soFar.ms);
    expect(paused).toBeGreaterThan(0.9 * DELAY * (within.length - 1));
  }
});
