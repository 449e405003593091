import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { cpuExecutor } from '../device/cpu/executor.ts';
import type { Executor, HostArray } from '../device/executor.ts';
import { NO_ADAPTER, testDevice } from '../device/testing/dawn.ts';
import { webgpuExecutor } from '../device/webgpu/executor.ts';
import { SPLIT } from '../formats/graphData.ts';
import { readSafetensors } from '../formats/safetensors.ts';
import { totalWeight } from '../task/classWeights.ts';
import { rocAuc, scores } from '../task/metrics.ts';
import { gradients } from '../tensor/autodiff.ts';
import { input, newGraph, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { maskedBinaryCrossEntropy } from '../tensor/ops/binaryLoss.ts';
import { maskedCrossEntropy } from '../tensor/ops/loss.ts';
import { optimize, type RuleName } from '../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../tensor/plan.ts';
import type { Value } from '../tensor/value.ts';
import { scalarsOf } from './passes.ts';
import { learningRate } from './schedule.ts';

/** Losses, optimisers, schedules and metrics against PyTorch and scikit-learn (scripts/pyg/training.py), to 1e-5. */

const FOLDER = new URL('../model/reference/', import.meta.url);

/** What PyTorch offers and we do not. */
const LEFT_OUT = ['loss_binary_cross_entropy_pos_weight', 'schedule_cosine_floor'];

const named = (start: string) =>
  readdirSync(FOLDER)
    .map((file) => file.replace('.safetensors', ''))
    .filter((name) => name.startsWith(start) && !LEFT_OUT.includes(name));

function reference(name: string) {
  const path = fileURLToPath(new URL(`${name}.safetensors`, FOLDER));
  const { tensors, metadata } = readSafetensors(readFileSync(path), path);
  const metadataOf = (key: string) => JSON.parse(metadata.get(key) ?? '{}');
  return {
    of: (key: string) => tensors.get(key)!.data as HostArray,
    shapeOf: (key: string) => tensors.get(key)!.shape,
    arguments: metadataOf('arguments') as Readonly<Record<string, number>>,
    clip: metadataOf('clip') as number | null,
  };
}

/** To 1e-5 of the largest number. */
function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    expect(error, `number ${i}: ${actual[i]} against ${expected[i]}`).toBeLessThanOrEqual(1e-5 * largest);
  }
}

describe('schedules', () => {
  test.each(named('schedule_'))('%s', (name) => {
    const { of, arguments: given } = reference(name);
    const kind = name.includes('cosine') ? 'cosine' : name.includes('step') ? 'step' : 'constant';
    const config: Config = {
      ...DEFAULTS,
      'training.epochs': 20,
      'training.lr': given.lr,
      'training.schedule': kind,
      'training.warmup': given.total_iters ?? 0,
      'training.stepSize': given.step_size ?? 1,
      'training.gamma': given.gamma ?? 1,
    };
    const rates = Array.from({ length: 20 }, (_, i) => learningRate(config, i + 1));
    expect(new Set(rates).size).toBeGreaterThan(3);
    expectNear(rates, of('out'));
  });
});

describe('metrics', () => {
  const figures = (of: (key: string) => HostArray) => ['f1_micro', 'f1_macro', 'f1_weighted'].map((key) => of(key)[0]);

  /** The table that the device fills for the training nodes. */
  const tableOf = (classes: number, pairs: Iterable<readonly [predicted: boolean, actual: boolean, c: number]>) => {
    const table = new Uint32Array(9 * classes);
    for (const [predicted, actual, c] of pairs) {
      if (predicted && actual) table[c]++;
      if (predicted) table[classes + c]++;
      if (actual) table[2 * classes + c]++;
    }
    return table;
  };

  test('accuracy and F1 of several classes', () => {
    const { of } = reference('metrics_classes');
    const [labels, predicted] = [of('labels'), of('predicted')];
    const classes = 5;
    const pairs = Array.from(labels).flatMap((label, i) =>
      Array.from({ length: classes }, (_, c) => [predicted[i] === c, label === c, c] as const),
    );
    const { accuracy, microF1, macroF1, weightedF1 } = scores(tableOf(classes, pairs), classes, 0);
    expectNear([accuracy, microF1, macroF1, weightedF1], [of('accuracy')[0], ...figures(of)]);
  });

  test('F1 of several labels per node', () => {
    const { of } = reference('metrics_labels');
    const [labels, predicted] = [of('labels'), of('predicted')];
    const pairs = Array.from(labels, (label, i) => [predicted[i] === 1, label === 1, i % 4] as const);
    const { microF1, macroF1, weightedF1 } = scores(tableOf(4, pairs), 4, 0);
    expectNear([microF1, macroF1, weightedF1], figures(of));
  });

  test('ROC-AUC', () => {
    const { of } = reference('metrics_roc_auc');
    const positive = Array.from(of('labels'), (label) => label === 1);
    expectNear([rocAuc(of('scores'), positive)!], of('roc_auc'));
  });
});

describe.each(['CPU', `WebGPU${NO_ADAPTER}`])('%s', (title) => {
  const onGpu = title !== 'CPU';
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (onGpu && !NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());
  const open = async (plan: Plan): Promise<Executor> =>
    onGpu ? webgpuExecutor(gpu.device, gpu.description, plan) : cpuExecutor(plan);
  const skip = onGpu && NO_ADAPTER !== '';

  test.skipIf(skip).each(named('loss_'))('%s', async (name) => {
    const { of, shapeOf } = reference(name);
    const [nodes, classes] = shapeOf('logits');
    const several = name.includes('binary');
    const weighted = name.includes('weights');
    const g = newGraph();
    const logits = input(g, 'logits', 'activations', 'f32', nodes, classes, 'padded');
    const mask = input(g, 'mask', 'labels', 'u32', nodes, 1);
    const total = state(g, 'total', 'results', 1, 4);
    const data: [Value, HostArray][] = [
      [logits, of('logits')],
      [mask, Uint32Array.from(of('mask'), (on) => (on ? SPLIT.train : SPLIT.none))],
    ];
    const add = (value: Value, array: HostArray) => {
      data.push([value, array]);
      return value;
    };
    const weights = weighted ? Float32Array.from(of('weight')) : null;
    if (several) {
      const targets = input(g, 'targets', 'labels', 'f32', nodes, classes, 'padded');
      maskedBinaryCrossEntropy(g, logits, add(targets, Float32Array.from(of('target'))), mask, total);
    } else {
      const labels = add(input(g, 'labels', 'labels', 'u32', nodes, 1), Uint32Array.from(of('target')));
      const perClass = weights && add(input(g, 'weights', 'labels', 'f32', 1, classes), weights);
      maskedCrossEntropy(g, logits, labels, mask, total, perClass);
    }
    const seeds = Uint32Array.from(of('mask').keys()).filter((node) => of('mask')[node] === 1);
    const divisor = several
      ? seeds.length * classes
      : totalWeight(weights, { labels: of('target'), labelSets: null }, seeds);
    const found = gradients(g, [logits]).get(logits)!;
    const executor = await open(planOf(g, [total, found]));
    for (const [value, array] of data) executor.write(value, array);
    await executor.run('main', { sizes: {}, scalars: { first: 1, lossScale: 1 / divisor }, key: [0, 0] });
    expectNear([(await executor.read(total))[0] / divisor], of('out'));
    expectNear(await executor.read(found), of('grad/logits'));
    executor.destroy();
  });

  test.skipIf(skip).each(named('optimiser_'))('%s', async (name) => {
    const { of, shapeOf, arguments: given, clip } = reference(name);
    const rule = name.split('_')[1] as RuleName;
    const g = newGraph();
    const matrix = (key: string): Value => {
      const [rows, cols = 1] = shapeOf(key);
      return input(g, key, 'parameters', 'f32', rows, cols, 'padded');
    };
    const parameters = ['weight', 'bias'].map(matrix);
    const arriving = parameters.map(({ name, rows, cols }) =>
      input(g, `${name}.grad`, 'parameters', 'f32', rows, cols, 'padded'),
    );
    const update = new Map(parameters.map((value, i) => [value, arriving[i]]));
    optimize(g, update, { rule, decayOf: () => 'weightDecay', clip: clip !== null });
    const executor = await open(planOf(g, parameters));
    for (const value of parameters) executor.write(value, of(value.name));
    const scalars = scalarsOf(
      {
        ...DEFAULTS,
        'training.lr': given.lr,
        'training.momentum': given.momentum ?? 0,
        'training.weightDecay': given.weight_decay,
        'training.clip': clip ?? 0,
      },
      1,
    );
    for (let step = 0; step < 3; step++) {
      const part = (key: string, length: number) => of(key).subarray(step * length, (step + 1) * length);
      parameters.forEach(({ name, rows, cols }, i) => {
        executor.write(arriving[i], part(`grad/${name}`, (rows as number) * cols));
      });
      await executor.run('main', { sizes: {}, scalars: { ...scalars, step: step + 1 }, key: [0, 0] });
      for (const value of parameters) {
        const after = await executor.read(value);
        expectNear(after, part(`after/${value.name}`, after.length));
      }
    }
    executor.destroy();
  });
});

const planOf = (graph: OpGraph, readable: readonly Value[]): Plan =>
  makePlan({ graph, capacity: {}, results: [], readable }, DEFAULT_LIMITS);
