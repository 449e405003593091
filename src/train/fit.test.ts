import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { powerLawGraph } from '../graph/generators.ts';
import type { Graph } from '../graph/graph.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { fitRun, ladder } from './fit.ts';
import { forecastRun } from './forecast.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';

/** The ladder of settings, and the search on it. No device: the bytes of a plan are known without one. */

const OPTIONS = { backend: 'webgpu', limits: DEFAULT_LIMITS } as const;

/** Hubs, and large enough that a few batches are far from the whole graph. */
function largeGraph(nodes = 20_000): Graph {
  const data = powerLawGraph(nodes, 5 * nodes, 7);
  const labels = Int32Array.from({ length: nodes }, (_, node) => node % 5);
  const values = Float32Array.from({ length: nodes * 32 }, (_, i) => (i % 7) / 7);
  const features = { kind: 'dense', rows: nodes, cols: 32, values } as const;
  return arrange({ ...data, labels, classNames: ['a', 'b', 'c', 'd', 'e'], features });
}

const large = largeGraph();

function bytesOf(graph: Graph, config: Config, change: Partial<Config>): number {
  return forecastRun(graph, { ...config, ...change }, { ...OPTIONS, capacityFrom: 'worst case' }).memory.gpu;
}

describe('ladder', () => {
  test('starts with what was asked for and ends with one seed node and one neighbour', () => {
    const rungs = ladder(configOf());
    expect(rungs[0]).toEqual({});
    expect(rungs.at(-1)).toMatchObject({
      'sampling.strategy': 'neighbor',
      'evaluation.strategy': 'neighbor',
      'sampling.batchSize': 1,
      'evaluation.batchSize': 1,
      'sampling.fanOut': [1, 1],
      'evaluation.fanOut': [1, 1],
    });
  });

  test('keeps training in full batches as long as it can, then evaluation, then an exact one', () => {
    const strategies = ladder(configOf()).map((change) => {
      const { 'sampling.strategy': train, 'evaluation.strategy': evaluate } = { ...configOf(), ...change };
      return `${train} ${evaluate}`;
    });
    expect([...new Set(strategies)]).toEqual(['full full', 'neighbor full', 'neighbor layerwise', 'neighbor neighbor']);
  });

  test('computes more, exactly, and then keeps halves before it samples; sampled training keeps what was asked for', () => {
    const first = (asked: Config['compute.recompute']) =>
      ladder(configOf({ 'compute.recompute': asked }))
        .slice(0, 5)
        .map((change) => ({ ...configOf({ 'compute.recompute': asked }), ...change }))
        .map((rung) => `${rung['sampling.strategy']} ${rung['compute.recompute']} ${rung['compute.precision']}`);
    expect(first('off')).toEqual([
      'full off f32',
      'full segments f32',
      'full tree f32',
      'full tree f16',
      'neighbor off f32',
    ]);
    expect(first('segments').slice(0, 4)).toEqual([
      'full segments f32',
      'full tree f32',
      'full tree f16',
      'neighbor segments f32',
    ]);
    expect(first('tree').slice(0, 3)).toEqual(['full tree f32', 'full tree f16', 'neighbor tree f32']);
    const sampled = ladder(configOf({ 'sampling.strategy': 'neighbor' }));
    expect(sampled.some((change) => 'compute.recompute' in change)).toBe(false);
  });

  test.each([
    ['default', {}],
    ['sampled', SAMPLED],
    ['all neighbours', { 'sampling.fanOut': [-1], 'sampling.strategy': 'neighbor' }],
    ['three fan-outs', { 'sampling.fanOut': [20, 0, 3], 'model.layers': 3 }],
    ['several batches to a step', { 'sampling.batchSize': 100, 'training.accumulate': 3 }],
    ['tiny batches', { ...SAMPLED, 'sampling.batchSize': 2, 'evaluation.batchSize': 1 }],
  ] as const)('never asks for larger batches or more neighbours than the configuration: %s', (_, changes) => {
    const config = configOf(changes);
    const rungs = ladder(config);
    for (const change of rungs) {
      const rung = { ...config, ...change };
      // Nor for steps of other seeds, to less than one batch.
      const more =
        rung['sampling.batchSize'] * rung['training.accumulate'] -
        config['sampling.batchSize'] * config['training.accumulate'];
      expect(more).toBeGreaterThanOrEqual(0);
      expect(more).toBeLessThan(rung['sampling.batchSize']);
      expect(rung['sampling.batchSize']).toBeLessThanOrEqual(config['sampling.batchSize']);
      expect(rung['evaluation.batchSize']).toBeLessThanOrEqual(config['evaluation.batchSize']);
      rung['sampling.fanOut'].forEach((fan, hop) => {
        const asked = config['sampling.fanOut'][hop];
        if (asked >= 0) expect(fan).toBeLessThanOrEqual(asked);
      });
    }
    expect(new Set(rungs.map((rung) => JSON.stringify({ ...config, ...rung }))).size).toBe(rungs.length);
  });

  // Not from the first rung on: beside a small graph that stays whole for the evaluation, batches only add.
  test.each([
    ['gcn', {}],
    ['gcn, wide', { 'model.hidden': 128 }],
    ['gcn, three layers', { 'model.layers': 3 }],
    ['gcn, all neighbours', { 'sampling.fanOut': [-1] }],
    ['mlp', { 'model.kind': 'mlp' }],
  ] as const)(
    'from the first rung that samples everything on, no rung takes more than the one before: %s',
    (_, changes) => {
      const config = configOf(changes);
      const rungs = ladder(config);
      const bytes = rungs.map((change) => bytesOf(large, config, change));
      const first = rungs.findIndex(
        (change) => change['evaluation.strategy'] === 'neighbor' && change['sampling.fanOut'],
      );
      for (let i = first + 1; i < rungs.length; i++) {
        expect(bytes[i], `rung ${i}: ${JSON.stringify(rungs[i])}`).toBeLessThanOrEqual(bytes[i - 1]);
      }
      expect(bytes.at(-1)).toBeLessThan(bytes[0]);
    },
  );
});

describe('fitRun', () => {
  const config = configOf({ 'model.hidden': 64 });
  const asked = forecastRun(large, config, { ...OPTIONS, capacityFrom: 'worst case' }).memory.gpu;
  const smallest = bytesOf(large, config, ladder(config).at(-1)!);
  const budgets = Array.from({ length: 9 }, (_, i) => Math.floor(smallest * (asked / smallest) ** (i / 8)));

  test('changes nothing without a budget, or inside it', () => {
    for (const budget of [0, asked, 2 * asked]) {
      const fit = fitRun(large, { ...config, 'memory.gpuBudget': budget }, OPTIONS, true);
      expect(fit.fitted).toEqual({});
      expect(fit.forecast.memory.gpu).toBe(asked);
    }
  });

  test('never exceeds the budget, names every key that it changed, and its plan is sound', () => {
    let last = 0;
    for (const budget of budgets) {
      const wanted = { ...config, 'memory.gpuBudget': budget };
      const { forecast, fitted } = fitRun(large, wanted, OPTIONS, true);
      expect(forecast.memory.gpu).toBeLessThanOrEqual(budget);
      expect(forecast.plan.bytes).toBe(forecast.memory.gpu);
      expect({ ...wanted, ...fitted }).toEqual(forecast.config);
      for (const [key, value] of Object.entries(fitted)) expect(value).not.toEqual(wanted[key as keyof Config]);
      expect(verifyPlan(forecast.plan)).toEqual([]);
      // A larger budget never gives a smaller batch.
      const batch =
        forecast.config['sampling.strategy'] === 'full' ? large.nodes : forecast.config['sampling.batchSize'];
      expect(batch).toBeGreaterThanOrEqual(last);
      last = batch;
    }
    expect(last).toBe(large.nodes);
  });

  test('recomputes a deep model where that is enough, and says so', () => {
    const deep = configOf({ 'model.kind': 'gcn2', 'model.layers': 16, 'model.hidden': 64 });
    const bytes = (how: Config['compute.recompute']) => bytesOf(large, deep, { 'compute.recompute': how });
    for (const [budget, how] of [
      [bytes('off') - 1, 'segments'],
      [bytes('segments') - 1, 'tree'],
    ] as const) {
      const { fitted, forecast } = fitRun(large, { ...deep, 'memory.gpuBudget': budget }, OPTIONS, true);
      expect(fitted).toEqual({ 'compute.recompute': how });
      expect(forecast.memory.gpu).toBe(bytes(how));
    }
  });

  test('takes halves on a GPU alone, and only where the features let it', () => {
    const least = Math.min(
      ...ladder(config)
        .slice(0, 3)
        .map((change) => bytesOf(large, config, change)),
    );
    const wanted = { ...config, 'memory.gpuBudget': least - 1 };
    const halved = fitRun(large, wanted, OPTIONS, true);
    expect(halved.fitted).toEqual({ 'compute.recompute': 'tree', 'compute.precision': 'f16' });
    expect(halved.forecast.memory.gpu).toBeLessThan(least);
    expect(fitRun(large, wanted, { ...OPTIONS, backend: 'cpu' }, true).fitted).not.toHaveProperty('compute.precision');
    const { features } = large;
    const values = features.values!.map((x) => 1e6 * x);
    const huge = { ...large, features: { ...features, values } } as Graph;
    const raw = { ...wanted, 'data.normalizeFeatures': false };
    expect(fitRun(large, raw, OPTIONS, true).fitted).toHaveProperty('compute.precision', 'f16');
    expect(fitRun(huge, raw, OPTIONS, true).fitted).not.toHaveProperty('compute.precision');
  });

  test('main memory: a smaller cache before smaller batches, and a refusal with its numbers', () => {
    const stored = { ...config, ...SAMPLED, 'memory.store': 'file', 'memory.chunkBytes': 65_536 } as const;
    const whole = fitRun(large, stored, OPTIONS, true).forecast.memory;
    const budget = whole.host - 500_000;
    const { fitted, forecast } = fitRun(large, { ...stored, 'memory.workerBudget': budget }, OPTIONS, true);
    expect(Object.keys(fitted)).toEqual(['memory.cacheBytes']);
    expect(forecast.memory.host).toBe(budget);
    const attempt = () => fitRun(large, { ...stored, 'memory.workerBudget': 1000 }, OPTIONS, true);
    expect(messageOf(attempt)).toMatch(/^memory\.workerBudget is 1000 bytes, but this run needs \d+, and the smallest/);
    const tight = { ...stored, 'memory.diskBudget': whole.disk - 1 };
    expect(messageOf(() => fitRun(large, tight, OPTIONS, true))).toContain(
      `memory.diskBudget is ${whole.disk - 1} bytes, but this run needs ${whole.disk}, and the smallest setting tried needs ${whole.disk}`,
    );
  });

  test('gives the same fit whatever was asked before', () => {
    const wanted = { ...config, 'memory.gpuBudget': budgets[4] };
    const again = fitRun(large, wanted, OPTIONS, true);
    const fresh = fitRun(largeGraph(), wanted, OPTIONS, true);
    expect(again.forecast.capacity).toEqual(fresh.forecast.capacity);
    expect(again.fitted).toEqual(fresh.fitted);
    // Predictions visit all nodes, not only those of the split: another question, another answer.
    const predictOnly = { ...OPTIONS, predictOnly: true };
    const graph = testGraph({ nodes: 300 });
    const sampled = configOf({ ...SAMPLED, 'evaluation.batchSize': 280 });
    const probe = { capacityFrom: 'probe' } as const;
    forecastRun(graph, sampled, { ...OPTIONS, ...probe });
    const after = forecastRun(graph, sampled, { ...predictOnly, ...probe });
    const alone = forecastRun(testGraph({ nodes: 300 }), sampled, { ...predictOnly, ...probe });
    expect(after.capacity).toEqual(alone.capacity);
  });

  test('where nothing fits, says what is asked, what the least is, and what to do', () => {
    const attempt = () => fitRun(large, { ...config, 'memory.gpuBudget': 1000 }, OPTIONS, true);
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(
      new RegExp(
        `^memory\\.gpuBudget is 1000 bytes, but this run needs ${asked}, and the smallest setting tried needs \\d+: .*`,
      ),
    );
    const least = Number(/tried needs (\d+)/.exec(messageOf(attempt))![1]);
    expect(least).toBeGreaterThan(1000);
    expect(least).toBeLessThanOrEqual(smallest);
    // The number is right: with that budget it fits, with one byte less it does not.
    const enough = fitRun(large, { ...config, 'memory.gpuBudget': least }, OPTIONS, true);
    expect(enough.forecast.memory.gpu).toBe(least);
    expect(() => fitRun(large, { ...config, 'memory.gpuBudget': least - 1 }, OPTIONS, true)).toThrow(InputError);
  });

  test('without fitting, refuses with the numbers', () => {
    const attempt = () => fitRun(large, { ...config, 'memory.gpuBudget': asked - 1 }, OPTIONS, false);
    expect(attempt).toThrow(InputError);
    expect(messageOf(attempt)).toContain(`memory.gpuBudget is ${asked - 1} bytes, but this run needs ${asked}: `);
  });

  test('without fitting, the number in the refusal is the least that would do', () => {
    const sampled = { ...config, ...SAMPLED };
    const attempt = () => fitRun(large, { ...sampled, 'memory.gpuBudget': 1000 }, OPTIONS, false);
    const needs = Number(/this run needs (\d+)/.exec(messageOf(attempt))![1]);
    expect(fitRun(large, { ...sampled, 'memory.gpuBudget': needs }, OPTIONS, false).forecast.memory.gpu).toBe(needs);
    expect(() => fitRun(large, { ...sampled, 'memory.gpuBudget': needs - 1 }, OPTIONS, false)).toThrow(InputError);
  });

  test('values over the binding limit are cut; what cannot be cut is refused in words', () => {
    const identity = testGraph({ nodes: 800, features: 'identity' });
    const wide = configOf({ 'model.hidden': 200 });
    const within = (bytes: number) => {
      const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: bytes };
      return fitRun(identity, wide, { ...OPTIONS, limits }, false).forecast.plan;
    };
    const cut = within(64 * 1024);
    expect(Math.max(...cut.placements.map(({ bytes }) => bytes))).toBeLessThanOrEqual(64 * 1024);
    expect(verifyPlan(cut)).toEqual([]);
    // 801 row pointers and the order of the rows take 6,408 bytes, and a list has no columns to cut.
    expect(() => within(2048)).toThrow(InputError);
  });
});

function messageOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
