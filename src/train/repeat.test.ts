import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { fileStore } from '../store/file.ts';
import { train } from './session.ts';
import { BACKENDS, CPU, WEBGPU } from './testing/backends.ts';
import { curveDistance, expectSameBits } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** The same bits every time: on one device, whatever the store. Another device: the same curve, nearly. */

const graph = testGraph({ weighted: true, features: 'sparse' });

const STEERED: Partial<Config> = {
  'training.optimizer': 'sgd',
  'training.lr': 0.5,
  'training.clip': 0.2,
  'training.schedule': 'cosine',
  'training.warmup': 2,
  'task.classWeights': 'balanced',
};

const STRATEGIES: [string, Partial<Config>][] = [
  ['full batch', {}],
  ['sampled', SAMPLED],
  ['sampled, evaluated in full', { ...SAMPLED, 'evaluation.strategy': 'full' }],
  ['SGD, clipped, scheduled', STEERED],
  ['sampled, SGD, clipped, scheduled', { ...SAMPLED, ...STEERED }],
];

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each(STRATEGIES)('the same seed gives the same bits: %s', async (_, changes) => {
    const config = configOf({ 'training.epochs': 6, ...changes });
    const first = await train({ graph, config, backend, fit: false });
    const second = await train({ graph, config, backend, fit: false });
    expectSameBits(first, second);
    expect(first.kernels).toBe(second.kernels);
  });

  test.skipIf(missing).each([...KINDS, ...VARIANTS, ...BATCH_NORMS])(
    'the same seed gives the same bits: %s',
    async (_, changes) => {
      const config = configOf({ 'training.epochs': 3, ...changes });
      const first = await train({ graph, config, backend, fit: false });
      const second = await train({ graph, config, backend, fit: false });
      expectSameBits(first, second);
      expect(new Set(first.epochs.map(({ trainLoss }) => trainLoss)).size).toBe(3);
      expect(first.epochs.every(({ valLoss }) => Number.isFinite(valLoss))).toBe(true);
    },
  );

  test.skipIf(missing).each([...KINDS, ...VARIANTS, ...BATCH_NORMS])(
    'recomputation changes no bit: %s',
    async (_, changes) => {
      for (const strategy of [{}, SAMPLED]) {
        const config = configOf({ 'training.epochs': 2, 'model.layers': 3, ...strategy, ...changes });
        const kept = await train({ graph, config, backend, fit: false });
        const again = async (how: Config['compute.recompute']) =>
          train({ graph, config: { ...config, 'compute.recompute': how }, backend, fit: false });
        expectSameBits(await again('tree'), kept);
        expectSameBits(await again('segments'), kept);
      }
    },
  );

  test.skipIf(missing).each(STRATEGIES)('another seed gives another curve: %s', async (_, changes) => {
    const config = configOf(changes);
    const hashes = new Set<string>();
    // 2^32 differs from 0 in the upper word of the key alone.
    for (const seed of [0, 1, 2 ** 32]) {
      const run = await train({ graph, config: { ...config, 'training.seed': seed }, backend, fit: false });
      hashes.add(run.result.curveHash);
    }
    expect(hashes.size).toBe(3);
  });

  test.skipIf(missing)('the seed moves the first weights, and dropout is applied', async () => {
    // No dropout, all neighbours, one batch: only the first weights are left to differ.
    const plain = configOf({ 'model.dropout': 0, 'training.epochs': 1 });
    const a = await train({ graph, config: plain, backend, fit: false });
    const b = await train({ graph, config: { ...plain, 'training.seed': 9 }, backend, fit: false });
    expect(a.weights.get('convs.0.lin.weight')!.data).not.toEqual(b.weights.get('convs.0.lin.weight')!.data);
    // The same first weights with dropout: another loss in the first epoch.
    const dropped = await train({ graph, config: { ...plain, 'model.dropout': 0.5 }, backend, fit: false });
    expect(dropped.epochs[0].trainLoss).not.toBe(a.epochs[0].trainLoss);
  });
});

describe(WEBGPU.title, () => {
  test.skipIf(WEBGPU.missing).each([...KINDS, ...VARIANTS, ...BATCH_NORMS])(
    '5 epochs as on the CPU, to 1e-4: %s',
    async (_, changes) => {
      const config = configOf({ 'training.epochs': 5, 'training.lr': 0.005, ...changes });
      const onGpu = await train({ graph, config, backend: WEBGPU.backend, fit: false });
      const onCpu = await train({ graph, config, backend: CPU.backend, fit: false });
      // Batch norm divides by the spread of a column, and rounding with it.
      const allowed = 'model.norm' in changes && changes['model.norm'] === 'batch' ? 1e-3 : 1e-4;
      expect(curveDistance(onGpu.epochs, onCpu.epochs)).toBeLessThan(allowed);
    },
  );

  test.skipIf(WEBGPU.missing).each(STRATEGIES)('20 epochs as on the CPU, to 1e-4: %s', async (_, changes) => {
    const config = configOf({ 'training.epochs': 20, 'model.layers': 3, ...changes });
    const onGpu = await train({ graph, config, backend: WEBGPU.backend, fit: false });
    const onCpu = await train({ graph, config, backend: CPU.backend, fit: false });
    expect(onGpu.device.backend).toBe('webgpu');
    expect(curveDistance(onGpu.epochs, onCpu.epochs)).toBeLessThan(1e-4);
  });
});

describe('the store does not change a bit', () => {
  let folder: string;
  let store: ChunkStore;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgewise-train-'));
    store = await fileStore(folder);
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['sparse features', graph],
    ['dense features, directed', testGraph({ directed: true, weighted: true })],
    ['no features', testGraph({ features: 'identity' })],
  ])('file with tiny chunks and a tiny cache against memory: %s', async (_, graph) => {
    const config = configOf({ ...SAMPLED, 'training.epochs': 4 });
    const inMemory = await train({ graph, config, backend: CPU.backend, fit: false });
    for (const [chunkBytes, cacheBytes] of [
      [256, 1024],
      [4096, 0],
      [60, 100_000],
    ]) {
      const stored = {
        'memory.store': 'file',
        'memory.chunkBytes': chunkBytes,
        'memory.cacheBytes': cacheBytes,
      } as const;
      const fromFile = await train({
        graph,
        config: { ...config, ...stored },
        backend: CPU.backend,
        fit: false,
        store,
      });
      expectSameBits(fromFile, inMemory);
      expect(fromFile.memory.peak.disk).toBeGreaterThan(0);
    }
  });
});
