import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { SPLIT } from '../formats/graphData.ts';
import { arrange } from '../graph/arrange.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesOf } from '../graph/split.ts';
import { fileStore } from '../store/file.ts';
import { ingest } from '../store/ingest.ts';
import { openStored } from '../store/storedGraph.ts';
import { predict, train } from './session.ts';
import { BACKENDS, CPU } from './testing/backends.ts';
import { curveDistance, expectSameBits } from './testing/compare.ts';
import { configOf, graphData, SAMPLED, testGraph } from './testing/graphs.ts';

/** Several labels per node, from the labels to the figures. */

const CLASSES = 4;
const drawn = testGraph({ severalLabels: true, nodes: 150 });
/** With nodes in the split that have none of the labels. */
const graph = arrange({
  ...graphData({ severalLabels: true, nodes: 150 }),
  splits: [drawn.splits[0].map((code, node) => (code === SPLIT.none ? 1 + (node % 3) : code))],
});

/** One number per class, of a node: what it has, or what its row says. */
function labelled({ labelSets }: Graph, node: number): number[] {
  const { indptr, indices } = labelSets!;
  const set = indices.subarray(indptr[node], indptr[node + 1]);
  return Array.from({ length: CLASSES }, (_, c) => Number(set.includes(c)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, x) => total + x, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / numbers.length;

/** The figures by their definitions, from what each node has and the probabilities that it was given. */
function figures(truth: readonly number[][], probabilities: readonly number[][]) {
  const ofClass = (rows: readonly number[][], c: number) => rows.map((row) => row[c]);
  const counts = Array.from({ length: CLASSES }, (_, c) => {
    const has = ofClass(truth, c);
    const given = ofClass(probabilities, c).map((p) => Number(p > 0.5));
    return { both: sum(has.map((y, i) => y * given[i])), either: sum(has) + sum(given), has: sum(has) };
  });
  const f1 = counts.map(({ both, either }) => (either === 0 ? 0 : (2 * both) / either));
  const areas = Array.from({ length: CLASSES }, (_, c) => {
    const pairs: number[] = [];
    for (const [i, a] of truth.entries()) {
      for (const [j, b] of truth.entries()) {
        const lead = probabilities[i][c] - probabilities[j][c];
        if (a[c] === 1 && b[c] === 0) pairs.push(lead > 0 ? 1 : lead === 0 ? 0.5 : 0);
      }
    }
    return mean(pairs);
  });
  const losses = truth.flatMap((row, i) => row.map((y, c) => -Math.log(Math.abs(1 - y - probabilities[i][c]))));
  return {
    loss: mean(losses),
    microF1: (2 * sum(counts.map(({ both }) => both))) / sum(counts.map(({ either }) => either)),
    macroF1: mean(f1),
    weightedF1: sum(f1.map((x, c) => x * counts[c].has)) / sum(counts.map(({ has }) => has)),
    rocAuc: mean(areas),
  };
}

const CURVES = { 'training.epochs': 20, 'training.lr': 0.1, 'task.metric': 'rocAuc' } as const;

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each([
    ['full batch', {}],
    ['in batches', SAMPLED],
    ['a perceptron', { 'model.kind': 'mlp' }],
  ] as const)('loss and figures follow from what the nodes have: %s', async (_, changes) => {
    // Predictions ask for other nodes than the evaluation, so only all neighbours give the same figures.
    const config = configOf({ ...CURVES, ...changes, 'evaluation.fanOut': [-1] });
    const { result, weights, epochs } = await train({ graph, config, backend, fit: false });
    const { probabilities } = await predict({ graph, config, backend, fit: false, weights });
    const of = (code: number) => {
      const nodes = [...nodesOf(graph.splits[0], code)];
      const rows = nodes.map((node) => [...probabilities.subarray(node * CLASSES, (node + 1) * CLASSES)]);
      const truth = nodes.map((node) => labelled(graph, node));
      return figures(truth, rows);
    };
    const [onValidation, onTest] = [of(SPLIT.validation), of(SPLIT.test)];
    const best = epochs[result.bestEpoch - 1];
    expect(best.valLoss).toBeCloseTo(onValidation.loss, 5);
    expect(best.valAcc).toBeCloseTo(onValidation.microF1, 6);
    expect(best.valMetric).toBeCloseTo(onValidation.rocAuc, 6);
    expect(result.testAcc).toBe(result.testMicroF1);
    expect(result.testMicroF1).toBeCloseTo(onTest.microF1, 6);
    expect(result.testMacroF1).toBeCloseTo(onTest.macroF1, 6);
    expect(result.testWeightedF1).toBeCloseTo(onTest.weightedF1, 6);
    expect(result.testRocAuc).toBeCloseTo(onTest.rocAuc, 6);
    expect(result).toMatchObject({ metric: 'rocAuc', confusion: null });
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(epochs[0].trainLoss);
  });

  test.skipIf(missing)('in half precision the losses are near', async () => {
    const config = configOf({ 'training.epochs': 8 });
    const full = await train({ graph, config, backend, fit: false });
    const half = await train({ graph, config: { ...config, 'compute.precision': 'f16' }, backend, fit: false });
    expect(curveDistance(half.epochs, full.epochs)).toBeLessThan(0.01);
    expect(curveDistance(half.epochs, full.epochs)).toBeGreaterThan(0);
  });
});

test('is judged by the micro-F1 where nothing else is asked for, and then reads no scores back', async () => {
  const { result } = await train({ graph, config: configOf(), backend: CPU.backend, fit: false });
  expect(result).toMatchObject({ metric: 'microF1', testRocAuc: null });
});

test('from a store the curve is the same, bit for bit, and inside the forecast', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-labels-'));
  const store = await fileStore(folder);
  const config = configOf({ ...SAMPLED, 'task.metric': 'rocAuc' });
  const { backend } = CPU;
  const inMemory = await train({ graph, config, backend, fit: false });
  const fromFile = { ...config, 'memory.store': 'file', 'memory.chunkBytes': 4096, 'memory.cacheBytes': 8192 } as const;
  const copied = await train({ graph, config: fromFile, backend, fit: false, store });
  await ingest(graph, store, { id: 'kept', chunkBytes: 256 });
  const outline = await openStored(store, 'kept');
  const stored = await train({ graph: outline, config: fromFile, backend, fit: false, store });
  for (const run of [copied, stored]) {
    expectSameBits(run, inMemory);
    expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
  }
  await rm(folder, { recursive: true });
});

test('weights of classes are refused, because a node is of several', async () => {
  const config = configOf({ 'task.classWeights': 'balanced' });
  const run = train({ graph, config, backend: CPU.backend, fit: false });
  await expect(run).rejects.toThrow(InputError);
  await expect(run).rejects.toThrow(/task\.classWeights cannot be balanced: nodes of nasty-150-3 have several labels/);
});
