import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { predict, train } from './session.ts';
import { BACKENDS, CPU } from './testing/backends.ts';
import { distance, numbersOf } from './testing/compare.ts';
import { configOf, type GraphOptions, testGraph, withoutValidation } from './testing/graphs.ts';
import { type ReferenceEpoch, referenceRun } from './testing/reference.ts';

/** Whole runs against training written down from the formulas, in float64. */

const PLAIN = { 'model.dropout': 0, 'model.hidden': 5 } as const;

const CASES: [string, GraphOptions, Partial<Config>][] = [
  ['one layer', {}, { 'model.layers': 1 }],
  ['two layers', {}, {}],
  ['three layers, sparse features', { features: 'sparse' }, { 'model.layers': 3 }],
  ['weighted edges', { weighted: true }, {}],
  ['directed, weighted edges', { weighted: true, directed: true }, { 'model.layers': 3 }],
  ['no features', { features: 'identity' }, {}],
  ['features as they are', { features: 'ones' }, { 'data.normalizeFeatures': false }],
  ['mlp', {}, { 'model.kind': 'mlp' }],
  ['mlp, three layers, sparse features', { features: 'sparse' }, { 'model.kind': 'mlp', 'model.layers': 3 }],
  ['two classes', { classes: 2 }, {}],
  ['no weight decay', {}, { 'training.weightDecay': 0 }],
  ['weight decay on the first layer', {}, { 'training.weightDecay': 0.05 }],
  ['weight decay everywhere', {}, { 'training.weightDecay': 0.05, 'training.decayOn': 'all' }],
  ['AdamW, first layer', {}, { 'training.weightDecay': 0.5, 'training.optimizer': 'adamw', 'training.lr': 0.05 }],
  [
    'AdamW, everywhere',
    {},
    { 'training.weightDecay': 0.5, 'training.optimizer': 'adamw', 'training.decayOn': 'all', 'training.lr': 0.05 },
  ],
  [
    'weight decay of convolutions',
    {},
    { 'training.weightDecay': 0.2, 'training.weightDecayLinear': 0.01, 'training.decayOn': 'split' },
  ],
  [
    'weight decay of linear layers',
    {},
    {
      'model.kind': 'mlp',
      'training.weightDecay': 0.2,
      'training.weightDecayLinear': 0.01,
      'training.decayOn': 'split',
    },
  ],
  ['balanced classes', { uneven: true }, { 'task.classWeights': 'balanced' }],
  ['SGD with momentum', {}, { 'training.optimizer': 'sgd', 'training.lr': 0.5, 'training.momentum': 0.8 }],
  ['clipped gradients', {}, { 'training.optimizer': 'sgd', 'training.lr': 0.5, 'training.clip': 0.1 }],
];

/** The weights before the first update: those of an epoch with learning rate 0. */
async function firstWeights(graph: ReturnType<typeof testGraph>, config: Config, backend = CPU.backend) {
  const still = { ...config, 'training.lr': 0, 'training.epochs': 1 };
  return (await train({ graph, config: still, backend, fit: false })).weights;
}

function expectCurve(actual: readonly number[][], reference: readonly ReferenceEpoch[]): void {
  const expected = reference.map((e, i) => [i + 1, e.trainLoss, e.valLoss, e.trainAcc, e.valAcc, e.testAcc]);
  expect(actual).toHaveLength(expected.length);
  actual.forEach((row, i) => {
    expect(distance(row, expected[i]), `epoch ${i + 1}: ${row} against ${expected[i]}`).toBeLessThan(1e-5);
  });
}

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each(CASES)('curve, weights and predictions to 1e-5: %s', async (_, options, changes) => {
    const graph = testGraph({ nodes: 60, ...options });
    const config = configOf({ ...PLAIN, ...changes });
    const initial = await firstWeights(graph, config);
    const reference = referenceRun(graph, config, initial);
    const run = await train({ graph, config, backend, fit: false });
    expectCurve(run.epochs.map(numbersOf), reference);
    const best = reference.findIndex((e) => e.valLoss === Math.min(...reference.map(({ valLoss }) => valLoss)));
    expect(run.result.bestEpoch).toBe(best + 1);
    for (const [name, { data }] of run.weights) {
      expect(distance(data, reference[best].weights.get(name)!), name).toBeLessThan(1e-5);
    }
    const { probabilities } = await predict({ graph, config, backend, fit: false, weights: run.weights });
    expect(distance(probabilities, reference[best].probabilities.flat())).toBeLessThan(1e-5);
  });
});

test('the options that the cases vary make a difference above the tolerance', async () => {
  const graph = testGraph({ nodes: 60 });
  const finals = new Map<string, number[]>();
  for (const [name, options, changes] of CASES) {
    if (Object.keys(options).length > 0 || changes['model.layers'] || changes['model.kind']) continue;
    const config = configOf({ ...PLAIN, ...changes });
    const last = referenceRun(graph, config, await firstWeights(graph, config)).at(-1)!;
    finals.set(name, [...last.weights.values()].flat());
  }
  const names = [...finals.keys()];
  expect(names.length).toBeGreaterThanOrEqual(5);
  for (const a of names) {
    for (const b of names) {
      if (a < b) expect(distance(finals.get(a)!, finals.get(b)!), `${a}, ${b}`).toBeGreaterThan(1e-5);
    }
  }
});

describe('the best epoch', () => {
  // A learning rate that overshoots: the validation loss falls, rises, and falls again.
  const config = configOf({ ...PLAIN, 'training.lr': 0.3, 'training.epochs': 25 });
  const graph = testGraph({ nodes: 60 });

  test('is the first with the lowest validation loss; its weights and scores are the run’s', async () => {
    const run = await train({ graph, config, backend: CPU.backend, fit: false });
    const losses = run.epochs.map(({ valLoss }) => valLoss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(best).toBeGreaterThan(1);
    expect(best).toBeLessThan(25);
    expect(run.result.bestEpoch).toBe(best);
    const shorter = await train({
      graph,
      config: { ...config, 'training.epochs': best },
      backend: CPU.backend,
      fit: false,
    });
    expect([...shorter.weights]).toEqual([...run.weights]);
    expect(run.result.testAcc).toBe(run.epochs[best - 1].testAcc);
    expect(shorter.result.testAcc).toBe(run.result.testAcc);
    expect(shorter.result.testMacroF1).toBe(run.result.testMacroF1);
  });

  test('among equals is the first', async () => {
    // Nothing moves, so every epoch has the same loss.
    const still = { ...config, 'training.lr': 0, 'training.epochs': 4 };
    const run = await train({ graph, config: still, backend: CPU.backend, fit: false });
    expect(new Set(run.epochs.map(({ valLoss }) => valLoss)).size).toBe(1);
    expect(run.result.bestEpoch).toBe(1);
  });

  test('without validation nodes is the last, and no loss is invented', async () => {
    const blind = withoutValidation(graph);
    const run = await train({ graph: blind, config, backend: CPU.backend, fit: false });
    const reference = referenceRun(blind, { ...config, 'training.epochs': 3 }, await firstWeights(blind, config));
    const short = await train({
      graph: blind,
      config: { ...config, 'training.epochs': 3 },
      backend: CPU.backend,
      fit: false,
    });
    expect(run.result.bestEpoch).toBe(25);
    expect(run.epochs.every(({ valLoss, valAcc }) => Number.isNaN(valLoss) && valAcc === 0)).toBe(true);
    for (const [name, { data }] of short.weights) {
      expect(distance(data, reference[2].weights.get(name)!), name).toBeLessThan(1e-4);
    }
    expect(run.result.testAcc).toBe(run.epochs[24].testAcc);
  });
});
