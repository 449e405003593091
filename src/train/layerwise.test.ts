import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { forecast, predict, train } from './session.ts';
import { BACKENDS, CPU } from './testing/backends.ts';
import { curveDistance, distance, expectSameBits, numbersOf } from './testing/compare.ts';
import { configOf, type GraphOptions, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** Evaluation layer by layer gives what evaluation on the whole graph gives, in the memory that was forecast. */

const LAYERWISE = { 'evaluation.strategy': 'layerwise', 'evaluation.batchSize': 17 } as const satisfies Partial<Config>;

const GRAPHS: [string, GraphOptions][] = [
  ['dense features', {}],
  ['sparse features, directed', { features: 'sparse', directed: true }],
  ['ones as features, weighted edges', { features: 'ones', weighted: true }],
  ['no features', { features: 'identity' }],
  ['self-loops of its own', { selfLoops: 'keep', weighted: true, directed: true }],
  ['several labels per node', { severalLabels: true }],
  ['a hub with 700 neighbours', { nodes: 800 }],
];

describe('logits of every node', () => {
  test.each([...KINDS, ...VARIANTS, ...BATCH_NORMS])(
    'on the CPU bit for bit those of the full batch: %s',
    async (_, changes) => {
      for (const options of [{ directed: true, weighted: true }, { features: 'sparse' }] as const) {
        const graph = testGraph(options);
        const config = configOf({ 'model.layers': 3, 'training.epochs': 1, ...changes });
        const job = { graph, backend: CPU.backend, fit: false };
        const { weights } = await train({ ...job, config });
        const full = await predict({ ...job, config, weights });
        const parts = await predict({ ...job, config: { ...config, ...LAYERWISE }, weights });
        expect(parts.probabilities).toEqual(full.probabilities);
      }
    },
  );

  describe.each(BACKENDS)('on $title to 1e-5', ({ backend, missing }) => {
    test.skipIf(missing).each(GRAPHS)('%s', async (_, options) => {
      const graph = testGraph(options);
      const config = configOf({ 'model.layers': 2, 'training.epochs': 1 });
      const { weights } = await train({ graph, config, backend, fit: false });
      const full = await predict({ graph, config, backend, fit: false, weights });
      for (const batchSize of [1, 40, 100_000]) {
        const layerwise = { ...config, ...LAYERWISE, 'evaluation.batchSize': batchSize };
        const parts = await predict({ graph, config: layerwise, backend, fit: false, weights });
        expect(distance(parts.probabilities, full.probabilities)).toBeLessThan(1e-5);
      }
    });

    test.skipIf(missing).each(KINDS)('%s', async (_, changes) => {
      const graph = testGraph({ directed: true });
      const config = configOf({ 'training.epochs': 1, ...changes });
      const { weights } = await train({ graph, config, backend, fit: false });
      const full = await predict({ graph, config, backend, fit: false, weights });
      const parts = await predict({ graph, config: { ...config, ...LAYERWISE }, backend, fit: false, weights });
      expect(distance(parts.probabilities, full.probabilities)).toBeLessThan(1e-5);
    });
  });
});

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each([
    ['full batch', {}],
    ['in batches', { 'sampling.strategy': 'neighbor', 'sampling.batchSize': 13, 'sampling.fanOut': [4, 3] }],
    ['two classes, by their ROC-AUC', { 'task.metric': 'rocAuc' }],
    ['several labels per node', {}],
    ['half precision', { 'compute.precision': 'f16' }],
    ['recomputed, uncompiled', { 'compute.recompute': 'tree', 'compute.compiled': 'off' }],
  ] as const)('a run has the figures of one that is evaluated in full: %s', async (name, changes) => {
    const classes = 'task.metric' in changes ? 2 : 4;
    const graph = testGraph({ features: 'sparse', classes, severalLabels: name.startsWith('several') });
    const config = configOf({ 'training.epochs': 4, ...changes });
    const full = await train({ graph, config, backend, fit: false });
    const run = await train({ graph, config: { ...config, ...LAYERWISE }, backend, fit: false });
    // Rows leave the device in single precision, so halves are rounded less often than in the full batch.
    const tolerance = 'compute.precision' in changes ? 1e-2 : 1e-5;
    expect(curveDistance(run.epochs, full.epochs)).toBeLessThan(tolerance);
    expect(run.epochs.map(({ trainLoss }) => trainLoss)).toEqual(full.epochs.map(({ trainLoss }) => trainLoss));
    if (tolerance < 1e-3) {
      expect(run.result.confusion).toEqual(full.result.confusion);
      expect(run.result.testRocAuc).toEqual(full.result.testRocAuc);
    }
    const again = await train({ graph, config: { ...config, ...LAYERWISE }, backend, fit: false });
    expectSameBits(again, run);
  });

  test.skipIf(missing).each(KINDS)('takes what was forecast: %s', async (_, changes) => {
    for (const options of [
      { features: 'sparse', directed: true, selfLoops: 'keep' },
      { weighted: true, classes: 2, severalLabels: true },
    ] as const) {
      const graph = testGraph(options);
      for (const strategy of ['full', 'neighbor'] as const) {
        const config = configOf({
          ...SAMPLED,
          ...LAYERWISE,
          'sampling.strategy': strategy,
          'training.epochs': 1,
          ...changes,
        });
        const promised = await forecast({ graph, config, backend, fit: false });
        const { memory } = await train({ graph, config, backend, fit: false });
        expect(memory.forecast).toEqual(promised.memory);
        expect(memory.peak.gpu).toBe(promised.memory.gpu);
        expect(memory.peak.host).toBeLessThanOrEqual(promised.memory.host);
        // A bound that is not idle.
        expect(memory.peak.host).toBeGreaterThan(0.4 * promised.memory.host);
        expect(verifyPlan(promised.forecast.plan)).toEqual([]);
      }
    }
  });
});

test('its batches never run over their room, and take less than the full batch', async () => {
  const graph = testGraph({ nodes: 800 });
  const config = configOf({ 'training.epochs': 1, ...SAMPLED, ...LAYERWISE });
  const { forecast: planned } = await forecast({ graph, config, backend: CPU.backend, fit: false });
  for (const { nodes, cuts, capacity } of planned.levels!.batches) {
    const count = nodes?.length ?? graph.nodes;
    expect([cuts[0], cuts.at(-1)]).toEqual([0, count]);
    for (let i = 0; i + 1 < cuts.length; i++) {
      const rows = Array.from({ length: cuts[i + 1] - cuts[i] }, (_, k) => nodes?.[cuts[i] + k] ?? cuts[i] + k);
      const { indptr } = graph.adjacency;
      const edges = rows.reduce((sum, v) => sum + indptr[v + 1] - indptr[v], 0);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.length).toBeLessThanOrEqual(Math.min(17, capacity.nodes[0]));
      if (capacity.edges.length > 0) expect(edges).toBeLessThanOrEqual(capacity.edges[0]);
    }
  }
  const full = await forecast({
    graph,
    config: { ...config, 'evaluation.strategy': 'full' },
    backend: CPU.backend,
    fit: false,
  });
  expect(planned.plan.bytes).toBeLessThan(full.forecast.plan.bytes);
});

test('a graph in a store is evaluated bit for bit as it is in memory, inside its forecast', async () => {
  for (const options of [{ features: 'sparse' }, { directed: true, weighted: true }] as const) {
    const graph = testGraph(options);
    const store = memoryStore();
    await ingest(graph, store, { id: 'g', chunkBytes: 4096 });
    const outline = await openStored(store, 'g');
    for (const kind of ['gcn', 'sage', 'gat'] as const) {
      const config = configOf({ ...SAMPLED, ...LAYERWISE, 'model.kind': kind, 'training.epochs': 2 });
      const inMemory = await train({ graph, config, backend: CPU.backend, fit: false });
      const run = await train({ graph: outline, config, backend: CPU.backend, fit: false, store });
      expect(run.result.curveHash).toBe(inMemory.result.curveHash);
      expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
      expect(run.memory.peak.disk).toBe(run.memory.forecast.disk);
    }
  }
});

test('nodes that are looked at may be few: the figures are theirs', async () => {
  const graph = testGraph({ nodes: 400 });
  const config = configOf({ ...SAMPLED, 'evaluation.nodes': 10, 'evaluation.fanOut': [-1], 'training.epochs': 2 });
  const sampled = await train({ graph, config, backend: CPU.backend, fit: false });
  const run = await train({ graph, config: { ...config, ...LAYERWISE }, backend: CPU.backend, fit: false });
  expect(curveDistance(run.epochs, sampled.epochs)).toBeLessThan(1e-5);
  expect(run.epochs.map(numbersOf).map(([, , , ...figures]) => figures)).toEqual(
    sampled.epochs.map(numbersOf).map(([, , , ...figures]) => figures),
  );
});

test('refused with the numbers where it does not fit', async () => {
  const graph = testGraph({ nodes: 400 });
  const config = configOf({ ...SAMPLED, ...LAYERWISE, 'training.epochs': 1 });
  const { memory, forecast: planned } = await forecast({ graph, config, backend: CPU.backend, fit: false });
  for (const [key, needed] of [
    ['memory.gpuBudget', planned.plan.bytes],
    ['memory.workerBudget', memory.host],
  ] as const) {
    const attempt = forecast({ graph, config: { ...config, [key]: 1000 }, backend: CPU.backend, fit: false });
    await expect(attempt).rejects.toThrow(new RegExp(`${key} is 1000 bytes, but this run needs \\d+`));
    const inside = { ...config, [key]: needed };
    expect((await forecast({ graph, config: inside, backend: CPU.backend, fit: true })).fitted).toEqual({});
  }
});

test('auto takes whichever gathers less, and says which', async () => {
  const graph = testGraph({ nodes: 800 });
  const decided = async (changes: Partial<Config>) => {
    const config = configOf({
      'sampling.strategy': 'neighbor',
      'evaluation.strategy': 'auto',
      'training.epochs': 1,
      ...changes,
    });
    return (await forecast({ graph, config, backend: CPU.backend, fit: false })).fitted;
  };
  // Small batches with all their neighbours gather the same edges again and again.
  expect(await decided({ 'evaluation.batchSize': 10 })).toEqual({ 'evaluation.strategy': 'layerwise' });
  expect(await decided({ 'evaluation.batchSize': 10, 'evaluation.nodes': 2, 'evaluation.fanOut': [2] })).toEqual({
    'evaluation.strategy': 'neighbor',
  });
});
