import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { SPLIT } from '../formats/graphData.ts';
import { arrange } from '../graph/arrange.ts';
import { matrixRows } from '../graph/featureRows.ts';
import type { Graph } from '../graph/graph.ts';
import { ORDERING_NAMES, type OrderingName } from '../graph/ordering.ts';
import { fileStore } from '../store/file.ts';
import { ingest } from '../store/ingest.ts';
import { planIngest } from '../store/ingestPlan.ts';
import { chunkKey, deleteGraph, encodeManifest, manifestKey, probesKey } from '../store/manifest.ts';
import { memoryStore } from '../store/memory.ts';
import { newMeter } from '../store/meter.ts';
import { openStored, type StoredGraph } from '../store/storedGraph.ts';
import { shapeOf, streamIngest } from '../store/streamIngest.ts';
import { localBatchSource, type OpenBatchSource } from './batchSource.ts';
import { batchCapacity } from './forecast.ts';
import { graphBytes } from './hostMemory.ts';
import { ProbeNeeded, type ProbeRefused, probeStored } from './probe.ts';
import { evaluatedSplit } from './seeds.ts';
import { forecast, train } from './session.ts';
import { configOf, graphData, SAMPLED, testGraph } from './testing/graphs.ts';

/** Runs over a graph of which only the outline is in memory. */

const backend = { kind: 'cpu' } as const;

async function stored(options: Parameters<typeof testGraph>[0], ordering: OrderingName = 'none') {
  const graph = testGraph(options);
  const store = memoryStore();
  const manifest = await ingest(graph, store, { id: 'g', chunkBytes: 4096, ordering });
  return { graph, store, manifest, outline: await openStored(store, 'g') };
}

describe.each([
  ['sparse features', { features: 'sparse' }],
  ['dense features, directed, weighted', { directed: true, weighted: true }],
  ['self-loops kept, weighted', { selfLoops: 'keep', weighted: true }],
] as const)('%s', (_, options) => {
  test.each(['gcn', 'sage', 'gat'] as const)(
    '%s: the curve is that of the graph in memory, bit for bit, in whatever order its rows are stored',
    async (kind) => {
      const config = configOf({ ...SAMPLED, 'model.kind': kind, 'training.epochs': 3, 'model.dropEdge': 0.2 });
      const inMemory = await train({ graph: testGraph(options), config, backend, fit: false });
      for (const ordering of ORDERING_NAMES) {
        const { store, outline } = await stored(options, ordering);
        for (const cacheBytes of [2 ** 20, 2 ** 28]) {
          const from = { ...config, 'memory.cacheBytes': cacheBytes };
          const run = await train({ graph: outline, config: from, backend, fit: false, store });
          expect(run.result.curveHash).toBe(inMemory.result.curveHash);
          expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
          expect(run.memory.peak.disk).toBe(run.memory.forecast.disk);
        }
      }
    },
  );
});

test('of a graph stored by the least memory, where a hub has more neighbours than move at once, the curve is that in any order', async () => {
  const nodes = 40_000;
  const splits = [Uint8Array.from({ length: nodes }, (_, node) => (node % 50 < 4 ? node % 50 : SPLIT.none))];
  const features = {
    kind: 'dense',
    rows: nodes,
    cols: 1,
    values: new Float32Array(nodes).map((_, v) => v % 9),
  } as const;
  const data = { ...graphData({ nodes, weighted: true }), features, splits };
  const stream = {
    ...{ ...data, directed: false, edges: data.source.length, weighted: true, hostBytes: 0 },
    features: matrixRows(features),
    edgeBlocks: () => [data],
  };
  const few = { 'sampling.batchSize': 8000, 'evaluation.batchSize': 500, 'evaluation.nodes': 200 };
  const config = configOf({ ...SAMPLED, ...few, 'training.epochs': 1 });
  const inMemory = await train({ graph: arrange(data), config, backend, fit: false });
  const longest = 8 * (data.nodes * 0.9 - 1);
  for (const ordering of ORDERING_NAMES) {
    const store = memoryStore();
    const budget = { id: 'g', ordering, chunkBytes: 65_536, memoryBytes: 3_880_000 };
    if (ordering !== 'none') expect(planIngest(shapeOf(stream), budget).answerBytes).toBeLessThan(longest);
    await streamIngest(stream, store, budget);
    const graph = await openStored(store, 'g');
    const run = await train({ graph, config, backend, fit: false, store });
    expect(run.result.curveHash).toBe(inMemory.result.curveHash);
  }
});

test('a full batch is refused in words, and fitted to batches where that is allowed', async () => {
  const { store, outline } = await stored({ features: 'sparse' });
  const job = { graph: outline, config: configOf({ 'training.epochs': 1 }), backend, store };
  await expect(train({ ...job, fit: false })).rejects.toThrow(/stays in its store, and a full batch needs all of it/);
  const { fitted } = await forecast({ ...job, fit: true });
  expect(fitted).toMatchObject({ 'sampling.strategy': 'neighbor', 'evaluation.strategy': 'layerwise' });
  expect((await train({ ...job, fit: true })).epochs).toHaveLength(1);
});

describe('where the worst case is too large', () => {
  const config = configOf({ ...SAMPLED, 'training.epochs': 2 });
  const setUp = async () => {
    const all = await stored({ nodes: 800, features: 'sparse' });
    const worst = await forecast({ graph: all.outline, config, backend, fit: false, store: all.store });
    expect(worst.forecast.capacityFrom).toBe('worst case');
    return { ...all, tight: { ...config, 'memory.gpuBudget': worst.forecast.plan.bytes - 1 } };
  };

  test('a probe finds in the store what it finds in memory, and the curve is the same', async () => {
    const { graph, outline, store, tight } = await setUp();
    const inMemory = await forecast({ graph, config: tight, backend, fit: false });
    const { forecast: found } = await forecast({ graph: outline, config: tight, backend, fit: false, store });
    expect(found.capacityFrom).toBe('probe');
    expect(found.capacity).toEqual(inMemory.forecast.capacity);
    const run = await train({ graph: outline, config: tight, backend, fit: false, store });
    expect(run.result.curveHash).toBe((await train({ graph, config: tight, backend, fit: false })).result.curveHash);
  });

  test('a probe reads the graph once: whoever opens it later asks the catalogue, as long as that can be read', async () => {
    const { outline, store, tight } = await setUp();
    const asked: string[] = [];
    const watched = {
      ...store,
      get(key: string) {
        asked.push(key);
        return store.get(key);
      },
    };
    const again = async (graph = outline) => {
      asked.length = 0;
      const { capacity } = (await forecast({ graph, config: tight, backend, fit: false, store: watched })).forecast;
      return capacity;
    };
    const first = await again();
    expect(asked).toContain(chunkKey('g', 'neighbors.indices', 0));
    expect(await again(await openStored(store, 'g'))).toEqual(first);
    expect(new Set(asked)).toEqual(new Set([probesKey('g')]));
    const kept = JSON.parse(new TextDecoder().decode((await store.get(probesKey('g')))!));
    const halved = { nodes: [1], edges: [1e9] };
    const damaged = [
      '{',
      JSON.stringify({ ...kept, fingerprint: 'another' }),
      JSON.stringify({ ...kept, found: Object.fromEntries(Object.keys(kept.found).map((name) => [name, halved])) }),
    ];
    for (const text of damaged) {
      await store.put(probesKey('g'), new TextEncoder().encode(text));
      expect(await again(await openStored(store, 'g'))).toEqual(first);
      expect(asked).toContain(chunkKey('g', 'neighbors.indices', 0));
    }
    await deleteGraph(store, 'g');
    expect(await store.keys('')).toEqual([]);
  });

  const neededFor = (graph: StoredGraph, asked: Config) => {
    try {
      batchCapacity(graph, asked, 'train', 'probe');
    } catch (error) {
      if (error instanceof ProbeNeeded) return error;
    }
    throw new Error('nothing was asked');
  };

  test.each(ORDERING_NAMES)(
    'what a probe holds is counted, and is no more than the forecast: order %s',
    async (ordering) => {
      for (const weighted of [false, true]) {
        const { graph, outline, store } = await stored({ nodes: 3000, features: 'sparse', weighted }, ordering);
        const folder = await mkdtemp(join(tmpdir(), 'edgewise-probe-'));
        const files = await fileStore(folder);
        await ingest(graph, files, { id: 'g', chunkBytes: 4096, ordering });
        for (const [place, cacheBytes] of [
          [store, 2 ** 20],
          [files, 2 ** 28],
        ] as const) {
          await store.delete(probesKey('g'));
          const from = await openStored(place, 'g');
          const probing = newMeter();
          const wide = { 'sampling.fanOut': [10, 10], 'sampling.batchSize': 300, 'memory.cacheBytes': cacheBytes };
          const free = { ...config, ...wide };
          const worst = await forecast({ graph: from, config: free, backend, fit: false, store: place });
          const asked = { ...free, 'memory.gpuBudget': worst.forecast.plan.bytes - 1 };
          const found = await forecast({ graph: from, config: asked, backend, fit: false, store: place, probing });
          expect(found.forecast.capacityFrom).toBe('probe');
          expect(probing.held).toBe(0);
          expect(probing.peak).toBeGreaterThan(graphBytes(from) + 4 * from.nodes);
          expect(probing.peak).toBeLessThanOrEqual(found.forecast.probing);
          expect(found.memory.host).toBeGreaterThanOrEqual(found.forecast.probing);
        }
        expect(outline.nodes).toBe(3000);
        await rm(folder, { recursive: true });
      }
    },
  );

  test('what a probe finds does not depend on its cache', async () => {
    const { graph, outline, store, tight } = await setUp();
    const needed = neededFor(outline, tight);
    const inMemory = batchCapacity(graph, tight, 'train', 'probe');
    for (const cache of [0, 4096, 20_000, 2 ** 25]) {
      const found = await probeStored({ ...needed, room: { ...needed.room, cache } }, store, 2 ** 24);
      expect(found).toMatchObject(inMemory);
    }
  });

  test('a probe keeps to the worker budget; where that is too small for it, a larger one is asked again', async () => {
    const { outline, store, tight } = await setUp();
    const { tables } = neededFor(outline, tight).room;
    const attempt = async (graph: StoredGraph, budget: number) => {
      const probing = newMeter();
      const asked = { ...tight, 'memory.workerBudget': budget, 'memory.cacheBytes': 2 ** 20 };
      const fit = await forecast({ graph, config: asked, backend, fit: true, store, probing }).catch((error) => {
        expect(error).toBeInstanceOf(InputError);
        expect(error.message).toMatch(/^memory\.workerBudget is \d+ bytes, but this run needs \d+, and the smallest/);
        return null;
      });
      expect(probing.peak).toBeLessThanOrEqual(budget);
      if (fit) expect(fit.memory.host).toBeLessThanOrEqual(budget);
      // Of the settings, too, that were tried and refused.
      if (fit) expect(probing.peak).toBeLessThanOrEqual(fit.memory.host);
      return { probing, fit };
    };
    const small = await attempt(outline, tables - 1);
    expect(small.probing.peak).toBe(0);
    const short = await probeStored(
      { ...neededFor(outline, { ...tight, 'memory.workerBudget': tables + 1000 }) },
      store,
      2 ** 24,
    );
    expect((short as ProbeRefused).message).toBe(
      `${outline.name}: a few batches of 13 with a fan-out of 4, 3 cannot be drawn within the ` +
        `${tables + 1000} bytes that memory.workerBudget leaves, to see how large they are; set a smaller fan-out or batch.`,
    );
    for (const more of [1000, 5000, 20_000, 2 ** 20, 2 ** 22]) await attempt(outline, tables + more);
    await store.delete(probesKey('g'));
    const again = await attempt(outline, tables + 2 ** 22);
    const fresh = await attempt(await openStored(store, 'g'), tables + 2 ** 22);
    expect(again.fit!.forecast.capacity).toEqual(fresh.fit!.forecast.capacity);
    expect(again.fit!.forecast.capacityFrom).toBe('probe');
    expect(fresh.probing.peak).toBeGreaterThan(0);
  });

  test('a change by hand is probed for between two stretches, and the curve is that of the graph in memory', async () => {
    const { graph, outline, store, tight } = await setUp();
    const events = [
      { step: 2, key: 'sampling.batchSize', value: 8 },
      { step: 80, key: 'sampling.batchSize', value: 40 },
    ] as const;
    const long = { ...tight, 'training.epochs': 5 };
    const replanned: string[] = [];
    const job = { config: long, backend, fit: true, events, onReplan: () => replanned.push('') };
    // Samplers have a store of their own, so that whoever else reads is a probe.
    let open = 0;
    let opened = 0;
    const openBatchSource: OpenBatchSource = async (from, spec, place, host) => {
      const source = await localBatchSource(from, spec, { ...place, store }, host);
      open++;
      opened++;
      const close = () => {
        open--;
        return source.close();
      };
      return { ...source, close };
    };
    const openWhileProbed: number[] = [];
    const watched = {
      ...store,
      get(key: string) {
        if (key.includes('neighbors.indices')) openWhileProbed.push(open);
        return store.get(key);
      },
    };
    const run = await train({ ...job, graph: outline, store: watched, openBatchSource });
    expect(Math.max(...openWhileProbed)).toBe(0);
    // The smaller batch was probed for, and the plan had room for it.
    expect([opened, replanned.length]).toEqual([3, 1]);
    const inMemory = await train({ ...job, graph });
    expect(run.result.curveHash).toBe(inMemory.result.curveHash);
    expect(replanned.length).toBe(2);
    expect(run.events).toEqual(inMemory.events);
    expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
  });

  test('a probe that would read too much is refused in words, and so is one without the store', async () => {
    const { outline, store, tight } = await setUp();
    const needed = neededFor(outline, tight);
    const refused = await probeStored(needed, store, 10);
    expect(refused).toBeInstanceOf(InputError);
    expect((refused as InputError).message).toContain('have more than 10 neighbours; set a smaller fan-out or batch.');
    const attempt = forecast({ graph: outline, config: tight, backend, fit: false });
    await expect(attempt).rejects.toThrow('lies in a store that is not open');
  });
});

test('halves are refused where a feature is too large for them, or where nobody noted the largest', async () => {
  const { store, manifest, outline } = await stored({ features: 'dense' });
  const halves = { 'compute.precision': 'f16', 'data.normalizeFeatures': false, 'training.epochs': 1 } as const;
  const config = configOf({ ...SAMPLED, ...halves });
  expect((await train({ graph: outline, config, backend, fit: false, store })).epochs).toHaveLength(1);
  const attempt = async (largestFeature: number | undefined, changes = {}) => {
    await store.put(manifestKey('g'), encodeManifest({ ...manifest, largestFeature }));
    const graph = await openStored(store, 'g');
    return train({ graph, config: { ...config, ...changes }, backend, fit: false, store });
  };
  await expect(attempt(70_000)).rejects.toThrow(/has a feature of size 70000, and f16 ends at 65504/);
  await expect(attempt(undefined)).rejects.toThrow(/was stored before the size of its largest feature was noted/);
  expect((await attempt(70_000, { 'data.normalizeFeatures': true })).epochs).toHaveLength(1);
});

test('holds the outline and not the matrices', async () => {
  const narrow = testGraph({ nodes: 2000 });
  const values = Float32Array.from({ length: 2000 * 1000 }, (_, i) => (i % 7) / 7);
  const graph: Graph = { ...narrow, features: { kind: 'dense', rows: 2000, cols: 1000, values } };
  const store = memoryStore();
  await ingest(graph, store, { id: 'g', chunkBytes: 65_536 });
  const outline = await openStored(store, 'g');
  const small = {
    'sampling.workers': 0,
    'sampling.batchSize': 8,
    'evaluation.batchSize': 8,
    'memory.cacheBytes': 2 ** 20,
  };
  const config = configOf({ ...SAMPLED, ...small, 'training.epochs': 1 });
  const inMemory = await forecast({ graph, config, backend, fit: false });
  const { memory } = await forecast({ graph: outline, config, backend, fit: false });
  expect(memory.host).toBeLessThan(inMemory.memory.host - 0.75 * values.byteLength);
  const run = await train({ graph: outline, config, backend, fit: false, store });
  expect(run.memory.peak.host).toBeLessThanOrEqual(memory.host);
});

test('without its store, or with a chunk that is gone, a run ends in one sentence', async () => {
  const { store, outline } = await stored({});
  const config = configOf({ ...SAMPLED, 'training.epochs': 1 });
  await expect(train({ graph: outline, config, backend, fit: false })).rejects.toThrow(InputError);
  await store.delete(chunkKey('g', 'features.values', 0));
  const attempt = train({ graph: outline, config, backend, fit: false, store });
  await expect(attempt).rejects.toThrow(
    'Chunk features.values/0 of graph g is missing: delete the graph and load its file again.',
  );
});

test('an evaluation of some nodes draws them once, by the seed, and its counts are theirs', async () => {
  const graph = testGraph({ nodes: 400 });
  const config = configOf({ ...SAMPLED, 'training.epochs': 2, 'evaluation.nodes': 10 });
  const split = evaluatedSplit(graph, config);
  const count = (of: Uint8Array, code: number) => of.reduce((sum, other) => sum + (other === code ? 1 : 0), 0);
  for (const code of [SPLIT.train, SPLIT.validation, SPLIT.test]) {
    expect(count(split, code)).toBe(Math.min(10, count(graph.splits[0], code)));
  }
  expect(split.every((code, node) => code === SPLIT.none || code === graph.splits[0][node])).toBe(true);
  expect(evaluatedSplit(graph, { ...config, 'training.seed': 1 })).not.toEqual(split);
  expect(evaluatedSplit(graph, { ...config, 'evaluation.nodes': 1000 })).toEqual(graph.splits[0]);
  const run = await train({ graph, config, backend, fit: false });
  const all = await train({ graph, config: { ...config, 'evaluation.nodes': 0 }, backend, fit: false });
  // What is learned is the same; a tenth is what the accuracy of ten nodes is made of.
  expect(run.epochs.map(({ trainLoss }) => trainLoss)).toEqual(all.epochs.map(({ trainLoss }) => trainLoss));
  for (const { valAcc, testAcc } of run.epochs) {
    for (const accuracy of [valAcc, testAcc]) expect(10 * accuracy).toBeCloseTo(Math.round(10 * accuracy), 5);
  }
  expect(run.result.confusion!.flat().reduce((sum, nodes) => sum + nodes, 0)).toBe(10);
});
