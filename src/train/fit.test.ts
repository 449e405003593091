import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { fitRun } from './fit.ts';
import { forecastRun } from './forecast.ts';
import { ladder } from './ladder.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { bytesOf, largeGraph, OPTIONS } from './testing/largeGraph.ts';

/** The search on the ladder of settings. */

const large = largeGraph();

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

  describe('a deep model on samples', () => {
    const deep = configOf({
      ...SAMPLED,
      'model.kind': 'gcn2',
      'model.layers': 12,
      'model.hidden': 64,
      'sampling.batchSize': 256,
      'evaluation.batchSize': 256,
      'sampling.fanOut': [2],
      'evaluation.fanOut': [2],
    });
    const bytes = (how: Config['compute.recompute'], more: Partial<Config> = {}) =>
      bytesOf(large, deep, { 'compute.recompute': how, ...more });
    const fitted = (budget: number, more: Partial<Config> = {}) =>
      fitRun(large, { ...deep, ...more, 'memory.gpuBudget': budget }, OPTIONS, true);
    /** Of a plan for the worst case or for what a probe found, whichever is less. */
    const least = (how: Config['compute.recompute']) => {
      const probed = { ...OPTIONS, capacityFrom: 'probe' } as const;
      return Math.min(bytes(how), forecastRun(large, { ...deep, 'compute.recompute': how }, probed).plan.bytes);
    };

    test('is recomputed before its batches shrink', () => {
      for (const [budget, how] of [
        [least('off') - 1, 'segments'],
        [least('segments') - 1, 'tree'],
      ] as const) {
        const fit = fitted(budget);
        expect(fit.fitted).toEqual({ 'compute.recompute': how });
        expect(fit.forecast.memory.gpu).toBeLessThanOrEqual(budget);
        expect(fit.notes).toEqual([]);
      }
    });

    test('keeps larger batches by it, and the seeds of a step', () => {
      const budget = least('tree') - 1;
      const { forecast } = fitted(budget);
      const { 'sampling.batchSize': batch, 'training.accumulate': several } = forecast.config;
      expect(forecast.config['compute.recompute']).toBe('tree');
      expect(batch).toBeLessThan(256);
      expect(batch * several).toBe(256);
      expect(bytes('off', { 'sampling.batchSize': batch, 'evaluation.batchSize': batch })).toBeGreaterThan(budget);
    });

    test.each([{ 'compute.slots': 'off' }, { 'compute.compiled': 'off' }] as const)(
      'is not where that takes more memory, and no longer where it was asked to: %o',
      (unshared) => {
        const kept = bytes('off', unshared);
        const asked = { ...unshared, 'compute.recompute': 'tree' } as const;
        expect(bytes('tree', unshared)).toBeGreaterThan(kept);
        expect(fitted(kept, asked).fitted).toEqual({ 'compute.recompute': 'off' });
        const { fitted: changed } = fitted(kept / 8, unshared);
        expect(changed).toHaveProperty('sampling.batchSize');
        expect(changed).not.toHaveProperty('compute.recompute');
      },
    );
  });

  test('takes halves on a GPU alone, and only where the features let it', () => {
    const inHalves = bytesOf(large, config, { 'compute.precision': 'f16' });
    const wanted = { ...config, 'memory.gpuBudget': inHalves };
    const halved = fitRun(large, wanted, OPTIONS, true);
    expect(halved.fitted).toEqual({ 'compute.precision': 'f16' });
    expect(halved.forecast.memory.gpu).toBe(inHalves);
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
