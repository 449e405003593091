import { describe, expect, test } from 'vitest';
import { cpuExecutor } from '../device/cpu/executor.ts';
import { NO_ADAPTER, testDevice } from '../device/testing/dawn.ts';
import { webgpuExecutor } from '../device/webgpu/executor.ts';
import { type GraphData, SPLIT } from '../formats/graphData.ts';
import type { DenseMatrix } from '../formats/matrix.ts';
import { arrange } from '../graph/arrange.ts';
import { shuffled } from '../graph/draw.ts';
import type { Graph } from '../graph/graph.ts';
import type { Plan } from '../tensor/plan.ts';
import { predict, train } from './session.ts';
import { BACKENDS, CPU, WEBGPU } from './testing/backends.ts';
import { curveDistance, distance, weightDistance } from './testing/compare.ts';
import { configOf, type GraphOptions, graphData, ONE_BATCH, SAMPLED, testGraph } from './testing/graphs.ts';
import { KINDS, VARIANTS } from './testing/models.ts';
import { sampledRun } from './testing/sampledRun.ts';

/** Different ways through the same computation: sampled as full batch, in parts as whole, renumbered as before. */

const GRAPHS: [string, GraphOptions][] = [
  ['dense features', {}],
  ['sparse features', { features: 'sparse' }],
  ['ones as features, weighted edges', { features: 'ones', weighted: true }],
  ['directed', { directed: true, features: 'sparse' }],
  ['directed and weighted', { directed: true, weighted: true }],
  ['no features', { features: 'identity' }],
  ['several labels per node', { severalLabels: true, features: 'sparse' }],
  ['self-loops kept, weighted', { selfLoops: 'keep', weighted: true }],
  // The hub's row is heavy, as are rows of the transposed blocks.
  ['a hub with 700 neighbours', { nodes: 800, features: 'sparse' }],
];

describe('all neighbours and all seeds in one batch give the curve of the full batch to 1e-5', () => {
  const cases = GRAPHS.flatMap(([name, options]) =>
    (['gcn', 'mlp'] as const).flatMap((kind) =>
      [1, 2, 3].map((layers) => [`${name}, ${kind}, ${layers} layers`, options, kind, layers] as const),
    ),
  );
  test.each(cases)('%s', async (_, options, kind, layers) => {
    const graph = testGraph(options);
    const normalizeFeatures = options.features !== 'ones' && !options.directed;
    const config = configOf({
      'model.kind': kind,
      'model.layers': layers,
      'data.normalizeFeatures': normalizeFeatures,
      'training.epochs': 12,
    });
    const full = await train({ graph, config, backend: CPU.backend, fit: false });
    const sampled = await train({ graph, config: { ...config, ...ONE_BATCH }, backend: CPU.backend, fit: false });
    expect(curveDistance(sampled.epochs, full.epochs)).toBeLessThan(1e-5);
    expect(sampled.epochs.map((epoch) => epoch.testAcc)).toEqual(full.epochs.map((epoch) => epoch.testAcc));
  });

  test.skipIf(WEBGPU.missing).each(GRAPHS)(`on ${WEBGPU.title}: %s`, async (_, options) => {
    const graph = testGraph(options);
    const config = configOf({ 'model.layers': 3, 'training.epochs': 12 });
    const { backend } = WEBGPU;
    const full = await train({ graph, config, backend, fit: false });
    const sampled = await train({ graph, config: { ...config, ...ONE_BATCH }, backend, fit: false });
    expect(curveDistance(sampled.epochs, full.epochs)).toBeLessThan(1e-5);
  });

  // In this one, single precision leaves little of the gradients below the last layer; Adam divides them by their own size, and what
  // rounding makes of them grows step by step: 6.6e-6 after four, 1.5e-5 after eight. With products in double precision it is 1e-7.
  const fewSteps = 'residual blocks of gcn';
  test.each([...KINDS, ...VARIANTS])('%s', async (name, changes) => {
    const loops = { directed: true, weighted: true, selfLoops: 'keep' } as const;
    for (const options of [{ directed: true, weighted: true }, { features: 'sparse' }, loops] as const) {
      const graph = testGraph(options);
      const epochs = name === fewSteps ? 4 : 8;
      const config = configOf({ 'model.layers': 3, 'training.epochs': epochs, 'training.lr': 0.005, ...changes });
      const full = await train({ graph, config, backend: CPU.backend, fit: false });
      const sampled = await train({ graph, config: { ...config, ...ONE_BATCH }, backend: CPU.backend, fit: false });
      expect(curveDistance(sampled.epochs, full.epochs)).toBeLessThan(1e-5);
    }
  });

  test.skipIf(WEBGPU.missing).each(KINDS)(`on ${WEBGPU.title}: %s`, async (_, changes) => {
    const graph = testGraph({ directed: true });
    const config = configOf({ 'training.epochs': 4, 'training.lr': 0.005, ...changes });
    const { backend } = WEBGPU;
    const full = await train({ graph, config, backend, fit: false });
    const sampled = await train({ graph, config: { ...config, ...ONE_BATCH }, backend, fit: false });
    expect(curveDistance(sampled.epochs, full.epochs)).toBeLessThan(1e-5);
  });

  test('with balanced classes and clipped gradients', async () => {
    const graph = testGraph({ uneven: true });
    const steered = { 'task.classWeights': 'balanced', 'training.clip': 0.1, 'training.optimizer': 'sgd' } as const;
    const config = configOf({ ...steered, 'training.epochs': 12 });
    const full = await train({ graph, config, backend: CPU.backend, fit: false });
    const sampled = await train({ graph, config: { ...config, ...ONE_BATCH }, backend: CPU.backend, fit: false });
    expect(curveDistance(sampled.epochs, full.epochs)).toBeLessThan(1e-5);
    const plain = { ...config, 'task.classWeights': 'none' } as const;
    const alike = await train({ graph, config: plain, backend: CPU.backend, fit: false });
    expect(curveDistance(alike.epochs, full.epochs)).toBeGreaterThan(1e-3);
  });

  test('a sample with fewer neighbours gives another curve', async () => {
    const graph = testGraph();
    const config = configOf({ 'training.epochs': 12 });
    const full = await train({ graph, config, backend: CPU.backend, fit: false });
    const fewer = { ...config, ...ONE_BATCH, 'sampling.fanOut': [2] };
    const sampled = await train({ graph, config: fewer, backend: CPU.backend, fit: false });
    expect(curveDistance(sampled.epochs, full.epochs)).toBeGreaterThan(1e-3);
  });
});

describe('batches over the capacity are split and give what the whole batch gives', () => {
  const config = configOf({ ...SAMPLED, 'sampling.batchSize': 40, 'evaluation.batchSize': 60, 'training.epochs': 4 });
  const onCpu = async (plan: Plan) => cpuExecutor(plan);

  test.each(GRAPHS.slice(0, 7))('%s', async (_, options) => {
    const graph = testGraph(options);
    const whole = await sampledRun(graph, config, 1, onCpu);
    for (const shrink of [0.5, 0.1]) {
      const parts = await sampledRun(graph, config, shrink, onCpu);
      expect(parts.runs.train).toBeGreaterThan(whole.runs.train);
      expect(parts.runs.evaluate).toBeGreaterThan(whole.runs.evaluate);
      expect(parts.runs.update).toBe(whole.runs.update);
      parts.results.forEach((epoch, i) => {
        expect(distance(epoch, whole.results[i])).toBeLessThan(1e-6 * Math.max(...whole.results[i]));
      });
      expect(weightDistance(parts.weights, whole.weights)).toBeLessThan(1e-6);
    }
  });

  test.each(KINDS)('%s', async (_, changes) => {
    const graph = testGraph();
    const kind = { ...config, ...changes, 'training.epochs': 2 };
    const whole = await sampledRun(graph, kind, 1, onCpu);
    const parts = await sampledRun(graph, kind, 0.3, onCpu);
    expect(parts.runs.train).toBeGreaterThan(whole.runs.train);
    parts.results.forEach((epoch, i) => {
      expect(distance(epoch, whole.results[i])).toBeLessThan(1e-5 * Math.max(...whole.results[i]));
    });
    expect(weightDistance(parts.weights, whole.weights)).toBeLessThan(1e-5);
  });

  test('another batch size gives other weights', async () => {
    const graph = testGraph();
    const whole = await sampledRun(graph, config, 1, onCpu);
    const other = await sampledRun(graph, { ...config, 'sampling.batchSize': 20 }, 1, onCpu);
    expect(weightDistance(other.weights, whole.weights)).toBeGreaterThan(1e-3);
  });

  test.skipIf(NO_ADAPTER)(`on ${WEBGPU.title}`, async () => {
    const graph = testGraph({ weighted: true, features: 'sparse' });
    const { device, description } = await testDevice();
    const onGpu = (plan: Plan) => webgpuExecutor(device, description, plan);
    try {
      const whole = await sampledRun(graph, config, 1, onGpu);
      const parts = await sampledRun(graph, config, 0.2, onGpu);
      expect(parts.runs.train).toBeGreaterThan(whole.runs.train);
      parts.results.forEach((epoch, i) => {
        expect(distance(epoch, whole.results[i])).toBeLessThan(1e-6 * Math.max(...whole.results[i]));
      });
      expect(weightDistance(parts.weights, whole.weights)).toBeLessThan(1e-6);
    } finally {
      device.destroy();
    }
  });
});

describe('an epoch', () => {
  const graph = testGraph();
  const config = configOf({ ...SAMPLED, 'training.epochs': 3 });
  const nodesOf = (wanted: (code: number) => boolean) =>
    [...graph.splits[0].keys()].filter((node) => wanted(graph.splits[0][node]));

  test('in batches visits every training node once, in another order each time, and evaluates the nodes of the split in order', async () => {
    for (const shrink of [1, 0.2]) {
      const { seeds } = await sampledRun(graph, config, shrink, async (plan) => cpuExecutor(plan));
      for (const batches of seeds.train) {
        expect(batches.flat().sort((a, b) => a - b)).toEqual(nodesOf((code) => code === SPLIT.train));
        expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(13);
      }
      expect(new Set(seeds.train.map((batches) => batches.flat().join())).size).toBe(3);
      for (const batches of seeds.evaluate) expect(batches.flat()).toEqual(nodesOf((code) => code !== SPLIT.none));
    }
  });

  test('lacks other edges in every step of training, and none in the evaluation', async () => {
    const still = configOf({ 'model.dropEdge': 0.4, 'training.lr': 0, 'model.dropout': 0 });
    const { epochs } = await train({ graph, config: still, backend: CPU.backend, fit: false });
    expect(new Set(epochs.map(({ trainLoss }) => trainLoss)).size).toBe(3);
    expect(new Set(epochs.map(({ valLoss }) => valLoss)).size).toBe(1);
    const whole = await train({
      graph,
      config: { ...still, 'model.dropEdge': 0 },
      backend: CPU.backend,
      fit: false,
    });
    expect(epochs[0].valLoss).toBe(whole.epochs[0].valLoss);
  });

  test('trains on new samples every time, and evaluates on the same', async () => {
    // Nothing is learned, nothing dropped and nothing shuffled, so only the samples can move a loss.
    const still = {
      ...config,
      ...ONE_BATCH,
      'training.lr': 0,
      'model.dropout': 0,
      'sampling.fanOut': [2],
      'evaluation.fanOut': [2],
    };
    const { epochs } = await train({ graph, config: still, backend: CPU.backend, fit: false });
    expect(new Set(epochs.map(({ trainLoss }) => trainLoss)).size).toBe(3);
    expect(new Set(epochs.map(({ valLoss }) => valLoss)).size).toBe(1);
  });

  test.each([
    ['full batch', {}],
    ['one batch', ONE_BATCH],
  ])('drops others every time, and nothing in the evaluation: %s', async (_, changes) => {
    for (const inputDropout of [true, false]) {
      const still = configOf({ ...changes, 'training.lr': 0, 'model.inputDropout': inputDropout });
      const { epochs } = await train({ graph, config: still, backend: CPU.backend, fit: false });
      expect(new Set(epochs.map(({ trainLoss }) => trainLoss)).size).toBe(3);
      expect(new Set(epochs.map(({ valLoss }) => valLoss)).size).toBe(1);
    }
    const one = configOf({ ...changes, 'training.lr': 0, 'model.inputDropout': false, 'model.layers': 1 });
    const { epochs } = await train({ graph, config: one, backend: CPU.backend, fit: false });
    // One layer has nothing but its input to drop.
    expect(new Set(epochs.map(({ trainLoss }) => trainLoss)).size).toBe(1);
  });
});

/** The data with node `order[new]` numbered `new`. */
function renumbered(data: GraphData, order: Uint32Array): GraphData {
  const to = new Uint32Array(order.length);
  order.forEach((old, now) => {
    to[old] = now;
  });
  const { cols, values } = data.features as DenseMatrix;
  const rows = Array.from(order, (old) => values.subarray(old * cols, (old + 1) * cols));
  return {
    ...data,
    source: data.source.map((node) => to[node]),
    target: data.target.map((node) => to[node]),
    features: { kind: 'dense', rows: data.nodes, cols, values: Float32Array.from(rows.flatMap((row) => [...row])) },
    labels: Int32Array.from(order, (old) => data.labels![old]),
    splits: data.splits.map((split) => Uint8Array.from(order, (old) => split[old])),
    nodeIds: null,
    positions: null,
  };
}

describe.each(BACKENDS)('renumbering the nodes renumbers the predictions: $title', ({ backend, missing }) => {
  test
    .skipIf(missing)
    .each([...KINDS.map(([name, changes]) => [name, changes, true] as const), ['gcn, undirected', {}, false] as const])(
    '%s',
    async (_, changes, directed) => {
      const data = graphData({ weighted: true });
      // The split is drawn once, by the first arrangement.
      const graph = arrange(data, { directed });
      const order = shuffled(
        Uint32Array.from({ length: data.nodes }, (_, node) => node),
        [1, 2],
      );
      const other: Graph = arrange(renumbered({ ...data, splits: graph.splits }, order), { directed });
      const config = configOf({
        'model.layers': 3,
        'training.epochs': 10,
        'training.lr': 0.005,
        ...changes,
        'model.dropout': 0,
        'model.attentionDropout': 0,
      });
      const run = await train({ graph, config, backend, fit: false });
      const otherRun = await train({ graph: other, config, backend, fit: false });
      expect(curveDistance(otherRun.epochs, run.epochs)).toBeLessThan(1e-5);
      const { probabilities } = await predict({ graph, config, backend, fit: false, weights: run.weights });
      const { probabilities: permuted } = await predict({
        graph: other,
        config,
        backend,
        fit: false,
        weights: otherRun.weights,
      });
      const back = Array.from(order, (old) => [...probabilities.subarray(4 * old, 4 * old + 4)]).flat();
      expect(distance(permuted, back)).toBeLessThan(1e-5);
      expect(distance(permuted, probabilities)).toBeGreaterThan(1e-3);
    },
  );
});
