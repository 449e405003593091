import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { cpuBytes } from '../device/cpu/bytes.ts';
import { cpuExecutor } from '../device/cpu/executor.ts';
import { gpu } from '../device/testing/dawn.ts';
import { countBuffers } from '../device/webgpu/countBuffers.ts';
import type { Graph } from '../graph/graph.ts';
import { fileStore } from '../store/file.ts';
import { verifyPlan } from '../tensor/verify.ts';
import type { Fit } from './fit.ts';
import { graphBytes } from './hostMemory.ts';
import { forecast, predict, type Trained, train } from './session.ts';
import { CPU, WEBGPU } from './testing/backends.ts';
import { configOf, type GraphOptions, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** The forecast is the number of bytes: what the ledger says afterwards, and what is counted from outside. */

interface Outcome {
  readonly run: Trained;
  readonly fit: Fit;
}

/** Trains under a counter and holds the run to its forecast. */
async function checkedRun(graph: Graph, config: Config, fit: boolean): Promise<Outcome> {
  const counted = countBuffers(gpu);
  const backend = { kind: 'webgpu', gpu: counted.gpu } as const;
  let started: Fit | null = null;
  const promised = await forecast({ graph, config, backend, fit });
  expect(counted.devices().opened).toBe(0);
  const run = await train({
    graph,
    config,
    backend,
    fit,
    onStart: (chosen) => {
      started = chosen;
    },
  });
  const { forecast: said, peak } = run.memory;
  expect(said).toEqual(promised.memory);
  expect(run.fitted).toEqual(promised.fitted);
  expect(peak.gpu).toBe(said.gpu);
  expect(counted.peak()).toBe(said.gpu);
  expect(counted.held()).toBe(0);
  expect(counted.devices()).toEqual({ opened: 1, destroyed: 1 });
  expect(peak.host).toBeLessThanOrEqual(said.host);
  expect(peak.host).toBeGreaterThan(0);
  expect(verifyPlan(promised.forecast.plan)).toEqual([]);
  return { run, fit: started! };
}

const SHAPES: [string, GraphOptions][] = [
  ['dense features', { weighted: true }],
  ['sparse features', { features: 'sparse' }],
  ['no features, directed', { features: 'identity', directed: true }],
  ['two classes', { features: 'ones', classes: 2 }],
  ['several labels per node', { severalLabels: true }],
];

describe(`forecast = ledger = what is counted from outside, to the byte: ${WEBGPU.title}`, () => {
  const cases = SHAPES.flatMap(([name, options]) =>
    (['gcn', 'mlp'] as const).flatMap((kind) => [1, 2, 3].map((layers) => [name, options, kind, layers] as const)),
  );

  test.skipIf(WEBGPU.missing).each(cases)(
    '%s, full batch and sampled: %o %s, %i layers',
    async (_, options, kind, layers) => {
      const graph = testGraph(options);
      const config = configOf({ 'model.kind': kind, 'model.layers': layers, 'training.epochs': 2 });
      const full = await checkedRun(graph, config, false);
      expect(full.fit.forecast.capacity).toEqual({});
      const sampled = await checkedRun(graph, { ...config, ...SAMPLED }, false);
      expect(sampled.fit.forecast.capacityFrom).toBe('worst case');
    },
  );

  test.skipIf(WEBGPU.missing).each([...KINDS, ...VARIANTS, ...BATCH_NORMS])(
    'every kind of layer, full batch and sampled: %s',
    async (_, changes) => {
      const graph = testGraph({ features: 'sparse', directed: true });
      const config = configOf({ 'training.epochs': 2, ...changes });
      await checkedRun(graph, config, false);
      await checkedRun(graph, { ...config, ...SAMPLED }, false);
    },
  );

  test.skipIf(WEBGPU.missing)('several batches to a step take what one takes', async () => {
    const graph = testGraph({ features: 'sparse' });
    const config = configOf({ ...SAMPLED, 'training.epochs': 2 });
    const one = await checkedRun(graph, config, false);
    const several = await checkedRun(graph, { ...config, 'training.accumulate': 3 }, false);
    expect(several.run.memory).toEqual(one.run.memory);
  });

  test.skipIf(WEBGPU.missing).each([...KINDS, ...VARIANTS, ...BATCH_NORMS])(
    'recomputed, full batch and sampled: %s',
    async (_, changes) => {
      const graph = testGraph({ features: 'sparse', directed: true });
      const config = configOf({ 'training.epochs': 1, 'model.layers': 3, ...changes });
      await checkedRun(graph, { ...config, 'compute.recompute': 'tree' }, false);
      await checkedRun(graph, { ...config, ...SAMPLED, 'compute.recompute': 'segments' }, false);
    },
  );

  const HALF = { 'compute.precision': 'f16' } as const;
  /** As above, and f16 takes less than f32. */
  async function checkedHalf(graph: Graph, config: Config): Promise<Outcome> {
    const half = await checkedRun(graph, { ...config, ...HALF }, false);
    const { memory } = await forecast({ graph, config, backend: WEBGPU.backend, fit: false });
    expect(half.run.memory.peak.gpu).toBeLessThan(memory.gpu);
    return half;
  }

  const PASSES = (['on', 'off'] as const).flatMap((compiled) =>
    (['off', 'tree'] as const).map((again) => [compiled, again] as const),
  );
  test.skipIf(WEBGPU.missing).each(PASSES)(
    'in half precision, full batch and sampled: compiled %s, recomputed %s',
    async (compiled, again) => {
      const graph = testGraph({ directed: true });
      const passes = { 'compute.compiled': compiled, 'compute.recompute': again } as const;
      const config = configOf({ ...passes, 'training.epochs': 1, 'model.hidden': 32, 'model.norm': 'batch' });
      for (const changes of [{}, SAMPLED]) await checkedHalf(graph, { ...config, ...changes });
    },
  );

  const SOME = KINDS.filter(([name]) => ['sage, mean', 'gat', 'gcn2'].includes(name));
  test.skipIf(WEBGPU.missing).each(SOME)('in half precision, full batch and sampled: %s', async (_, changes) => {
    const graph = testGraph({ directed: true });
    const config = configOf({ 'training.epochs': 1, ...changes, 'model.hidden': 32 });
    for (const strategy of [{}, SAMPLED]) await checkedHalf(graph, { ...config, ...strategy });
  });

  test.skipIf(WEBGPU.missing)('in half precision, several batches to a step take what one takes', async () => {
    const graph = testGraph();
    const config = configOf({ ...SAMPLED, 'training.epochs': 2, 'model.hidden': 32 });
    const one = await checkedHalf(graph, config);
    const several = await checkedHalf(graph, { ...config, 'training.accumulate': 3 });
    expect(several.run.memory).toEqual(one.run.memory);
  });

  test.skipIf(WEBGPU.missing)('capacities that a probe found', async () => {
    const graph = testGraph({ nodes: 800, features: 'sparse' });
    const config = configOf({ ...SAMPLED, 'training.epochs': 2 });
    const worst = await forecast({ graph, config, backend: WEBGPU.backend, fit: false });
    expect(worst.forecast.capacityFrom).toBe('worst case');
    // One byte too few for the worst case, with fitting forbidden: only the probe is left.
    const { run, fit } = await checkedRun(graph, { ...config, 'memory.gpuBudget': worst.memory.gpu - 1 }, false);
    expect(fit.forecast.capacityFrom).toBe('probe');
    expect(run.memory.peak.gpu).toBeLessThan(worst.memory.gpu);
  });

  test.skipIf(WEBGPU.missing).each([0.9, 0.5, 0.3, 0.2])('fitted to %d of what it asks for', async (share) => {
    const graph = testGraph({ nodes: 800, features: 'sparse' });
    const config = configOf({ 'training.epochs': 2, 'model.hidden': 64 });
    const asked = await forecast({ graph, config, backend: WEBGPU.backend, fit: true });
    const budget = Math.floor(share * asked.memory.gpu);
    const { run } = await checkedRun(graph, { ...config, 'memory.gpuBudget': budget }, true);
    expect(run.memory.peak.gpu).toBeLessThanOrEqual(budget);
    // Halves are tried before batches.
    expect(run.fitted).toMatchObject(
      share > 0.5 ? { 'compute.precision': 'f16' } : { 'sampling.strategy': 'neighbor' },
    );
    expect(run.epochs).toHaveLength(2);
  });

  test.skipIf(WEBGPU.missing)('predictions hold what was forecast, and release it', async () => {
    const graph = testGraph();
    for (const changes of [{}, SAMPLED]) {
      const config = configOf(changes);
      const { run } = await checkedRun(graph, config, false);
      const counted = countBuffers(gpu);
      const backend = { kind: 'webgpu', gpu: counted.gpu } as const;
      await predict({ graph, config, backend, fit: false, weights: run.weights });
      expect(counted.peak()).toBeGreaterThan(0);
      expect(counted.peak()).toBeLessThan(run.memory.peak.gpu);
      expect(counted.held()).toBe(0);
    }
  });
});

const STRATEGIES: [string, Partial<Config>][] = [
  ['full batch', {}],
  ['sampled', SAMPLED],
  ['sampled, evaluated in full', { ...SAMPLED, 'evaluation.strategy': 'full' }],
  ['full batch in half precision', { 'compute.precision': 'f16' }],
];

describe('CPU', () => {
  const cases = SHAPES.flatMap(([name, options]) =>
    STRATEGIES.map(([strategy, changes]) => [name, strategy, options, changes] as const),
  );
  test.each(cases)(
    'the host holds at most its forecast, the GPU nothing: %s, %s',
    async (_, _strategy, options, changes) => {
      const graph = testGraph(options);
      for (const layers of [1, 2, 3]) {
        const config = configOf({ ...changes, 'model.layers': layers, 'training.epochs': 1 });
        const promised = await forecast({ graph, config, backend: CPU.backend, fit: false });
        const { memory } = await train({ graph, config, backend: CPU.backend, fit: false });
        expect(memory.forecast).toEqual(promised.memory);
        expect(memory.peak.host).toBeLessThanOrEqual(memory.forecast.host);
        // A bound that is not idle.
        expect(memory.peak.host).toBeGreaterThan(0.4 * memory.forecast.host);
        expect(memory.forecast.gpu).toBe(0);
        expect(memory.peak).toMatchObject({ gpu: 0, disk: 0 });
      }
    },
  );
});

test('on the CPU, scratch to unpack values in half precision is on the ledger and in the forecast', async () => {
  const graph = testGraph({ nodes: 800 });
  const config = configOf({ 'model.layers': 3, 'model.hidden': 32, 'training.epochs': 1 });
  const of = (changes: Partial<Config>) =>
    forecast({ graph, config: { ...config, ...changes }, backend: CPU.backend, fit: false });
  for (const compiled of ['on', 'off'] as const) {
    const half = await of({ 'compute.compiled': compiled, 'compute.precision': 'f16' });
    const executor = cpuExecutor(half.forecast.plan);
    expect(executor.ledger.held).toBe(cpuBytes(half.forecast.plan));
    executor.destroy();
    expect(executor.ledger.held).toBe(0);
    if (compiled === 'off')
      expect(half.memory.host).toBeLessThan((await of({ 'compute.compiled': 'off' })).memory.host);
  }
});

/** A little graph with so few features that reading its logits back takes more than uploading it. */
function narrowGraph(classes: 2 | 4): Graph {
  const graph = testGraph({ classes });
  return { ...graph, features: { kind: 'dense', rows: graph.nodes, cols: 1, values: new Float32Array(graph.nodes) } };
}

describe('logits that are read back', () => {
  const PREDICTING = {
    instruments: { predictions: true },
    control: { ready() {}, changes: () => ({}), wantsPredictions: () => true, stopping: () => false },
    onPredictions: () => {},
  };
  const cases = ([2, 4] as const).flatMap((classes) =>
    [false, true].map((predicts) => [classes, predicts ? 'drawn' : 'not drawn', predicts] as const),
  );

  test.each(cases)('are in the forecast and on the ledger: %i classes, %s', async (classes, _, predicts) => {
    const graph = narrowGraph(classes);
    const job = { graph, backend: CPU.backend, fit: false, ...(predicts ? PREDICTING : {}) };
    for (const [, changes] of STRATEGIES) {
      const config = configOf({ ...changes, 'model.kind': 'mlp', 'model.layers': 1, 'training.epochs': 2 });
      const promised = await forecast({ ...job, config });
      const { memory } = await train({ ...job, config });
      expect(memory.forecast).toEqual(promised.memory);
      expect(memory.peak.host).toBeLessThanOrEqual(memory.forecast.host);
    }
  });

  // Of a full batch, reading the logits is one part, what is collected of them for the area under the curve or the page the other.
  test.each([
    ['ROC-AUC of two classes', 2, false, 8 + 8],
    ['predictions for the page', 4, true, 16 + (2 + 1 + 16)],
  ] as const)('take so many bytes a node: %s', async (_, classes, predicts, perNode) => {
    const graph = narrowGraph(classes);
    const job = { graph, backend: CPU.backend, fit: false, ...(predicts ? PREDICTING : {}) };
    const config = configOf({ 'model.kind': 'mlp', 'model.layers': 1, 'training.epochs': 1 });
    const { forecast: promised } = await forecast({ ...job, config });
    const { memory } = await train({ ...job, config });
    expect(memory.peak.host).toBe(graphBytes(graph) + cpuBytes(promised.plan) + perNode * graph.nodes);
    expect(memory.forecast.host).toBe(memory.peak.host);
  });
});

describe('a graph in files', () => {
  test.each(SHAPES)(
    'the disk holds at most its forecast, and what is there is what is said: %s',
    async (_, options) => {
      const graph = testGraph(options);
      for (const chunkBytes of [64, 4096, 4099]) {
        const folder = mkdtempSync(join(tmpdir(), 'edgewise-memory-'));
        try {
          const store = await fileStore(folder);
          const config = configOf({
            ...SAMPLED,
            'training.epochs': 1,
            'memory.store': 'file',
            'memory.chunkBytes': chunkBytes,
            'memory.cacheBytes': 10_000,
          });
          const { memory } = await train({ graph, config, backend: CPU.backend, fit: false, store });
          const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
          expect(memory.peak.disk).toBe(bytes);
          expect(memory.peak.disk).toBeLessThanOrEqual(memory.forecast.disk);
          expect(memory.peak.disk).toBeGreaterThan(0.9 * memory.forecast.disk);
          expect(memory.peak.host).toBeLessThanOrEqual(memory.forecast.host);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }
    },
  );

  test('take no disk where nothing is sampled', async () => {
    const graph = testGraph();
    const config = configOf({ 'memory.store': 'file', 'training.epochs': 1 });
    const { memory } = await train({ graph, config, backend: CPU.backend, fit: false });
    expect(memory.forecast.disk).toBe(0);
    expect(memory.peak.disk).toBe(0);
  });
});
