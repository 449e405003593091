import { expect, test } from 'vitest';
import { learningRate } from './schedule.ts';
import { train } from './session.ts';
import { CPU } from './testing/backends.ts';
import { expectSameBits } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';

/** Schedules against PyTorch's are in pytorch.test.ts. */

const graph = testGraph();

test('without a schedule the rate is the base rate', () => {
  expect([1, 2, 500].map((epoch) => learningRate(configOf({ 'training.lr': 0.3 }), epoch))).toEqual([0.3, 0.3, 0.3]);
});

test('the cosine ends over the epochs, however few the warm-up leaves', () => {
  const config = configOf({ 'training.schedule': 'cosine', 'training.epochs': 4, 'training.warmup': 4 });
  expect([1, 2, 3, 4].map((epoch) => learningRate(config, epoch) / 0.01)).toEqual([0.2, 0.4, 0.6, 0.8]);
  expect(learningRate(config, 6)).toBeCloseTo(0, 12);
});

test.each([
  ['full batch', {}],
  ['in batches', SAMPLED],
] as const)('a schedule is the learning rate changed by hand between epochs: %s', async (_, changes) => {
  const plain = configOf({ ...changes, 'training.epochs': 6, 'training.lr': 0.25 });
  const config = { ...plain, 'training.schedule': 'step', 'training.stepSize': 2, 'training.gamma': 0.5 } as const;
  const scheduled = await train({ graph, config, backend: CPU.backend, fit: false });
  const steps: number[] = [];
  const onEpoch = (_epoch: unknown, step: number) => steps.push(step);
  await train({ graph, config: plain, backend: CPU.backend, fit: false, onEpoch });
  const events = [
    { step: steps[1], key: 'training.lr', value: 0.125 },
    { step: steps[3], key: 'training.lr', value: 0.0625 },
  ] as const;
  const byHand = await train({ graph, config: plain, backend: CPU.backend, fit: false, events });
  expectSameBits(scheduled, byHand);
  // A change by hand is of the base rate.
  const doubled = [{ step: steps[3], key: 'training.lr', value: 0.5 }] as const;
  const both = await train({ graph, config, backend: CPU.backend, fit: false, events: doubled });
  const instead = [events[0]];
  expectSameBits(both, await train({ graph, config: plain, backend: CPU.backend, fit: false, events: instead }));
});
