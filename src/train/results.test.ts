import { describe, expect, test } from 'vitest';
import { SPLIT } from '../formats/graphData.ts';
import type { Graph } from '../graph/graph.ts';
import { predict, type Trained, train } from './session.ts';
import { BACKENDS } from './testing/backends.ts';
import { distance } from './testing/compare.ts';
import { configOf, ONE_BATCH, SAMPLED, testGraph } from './testing/graphs.ts';

/** What a run returns can be found again from its weights. */

function testNodes(graph: Graph): number[] {
  return [...graph.splits[0].keys()].filter((node) => graph.splits[0][node] === SPLIT.test);
}

function rowOf(probabilities: Float32Array, node: number, classes: number): Float32Array {
  return probabilities.subarray(node * classes, (node + 1) * classes);
}

function accuracy(graph: Graph, probabilities: Float32Array): number {
  const nodes = testNodes(graph);
  const right = nodes.filter((node) => {
    const row = rowOf(probabilities, node, graph.classNames.length);
    return row.indexOf(Math.max(...row)) === graph.labels[node];
  });
  return right.length / nodes.length;
}

/** The definition: the share of (positive, negative) pairs in the right order, ties half. */
function pairwiseAuc(graph: Graph, probabilities: Float32Array): number {
  const score = (node: number) => rowOf(probabilities, node, 2)[1];
  const nodes = testNodes(graph);
  const positives = nodes.filter((node) => graph.labels[node] === 1);
  const negatives = nodes.filter((node) => graph.labels[node] === 0);
  let right = 0;
  for (const a of positives) {
    for (const b of negatives) right += score(a) > score(b) ? 1 : score(a) === score(b) ? 0.5 : 0;
  }
  return right / (positives.length * negatives.length);
}

const CURVES = { 'training.epochs': 15, 'training.lr': 0.2 } as const;

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each([
    ['full batch', {}],
    ['trained in batches', { ...SAMPLED, 'evaluation.strategy': 'full' }],
    ['in batches', SAMPLED],
    ['mlp in batches', { ...SAMPLED, 'model.kind': 'mlp' }],
  ] as const)('predictions from the weights have the accuracy of the best epoch: %s', async (_, changes) => {
    const graph = testGraph({ weighted: true, features: 'sparse' });
    // Predictions ask for other nodes than the evaluation, so only all neighbours give the same figures.
    const config = configOf({ ...CURVES, ...changes, 'evaluation.fanOut': [-1] });
    const { result, weights, epochs } = await train({ graph, config, backend, fit: false });
    const { probabilities } = await predict({ graph, config, backend, fit: false, weights });
    expect(result.testAcc).toBeGreaterThan(0);
    expect(accuracy(graph, probabilities)).toBe(result.testAcc);
    expect(epochs[result.bestEpoch - 1].testAcc).toBe(result.testAcc);
    expect(probabilities).toHaveLength(graph.nodes * 4);
    for (let node = 0; node < graph.nodes; node++) {
      const row = rowOf(probabilities, node, 4);
      expect(Math.abs(row.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-6);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
    }
  });

  test.skipIf(missing)('every node is predicted, alike in one batch, in many, and in full', async () => {
    const graph = testGraph({ directed: true });
    const config = configOf();
    const { weights } = await train({ graph, config, backend, fit: false });
    const { probabilities: inFull } = await predict({ graph, config, backend, fit: false, weights });
    const many = { ...ONE_BATCH, 'evaluation.batchSize': 7 };
    for (const changes of [ONE_BATCH, many]) {
      const { probabilities: sampled } = await predict({
        graph,
        config: { ...config, ...changes },
        backend,
        fit: false,
        weights,
      });
      expect(distance(sampled, inFull)).toBeLessThan(1e-6);
    }
  });

  test.skipIf(missing).each([
    ['full batch', {}],
    ['in batches', { ...SAMPLED, 'evaluation.fanOut': [-1] }],
  ] as const)('two classes have the area under the ROC curve of the test nodes: %s', async (_, changes) => {
    const graph = testGraph({ classes: 2, nodes: 200 });
    const config = configOf({ ...CURVES, ...changes });
    const { result, weights }: Trained = await train({ graph, config, backend, fit: false });
    const { probabilities } = await predict({ graph, config, backend, fit: false, weights });
    expect(result.testRocAuc).not.toBeNull();
    expect(result.testRocAuc).toBeCloseTo(pairwiseAuc(graph, probabilities), 12);
    expect(result.testRocAuc).not.toBe(0.5);
  });

  test.skipIf(missing)('epochs count from 1, are told in order, and no time is negative', async () => {
    const told: number[] = [];
    const { epochs } = await train({
      graph: testGraph(),
      config: configOf({ 'training.epochs': 30 }),
      backend,
      fit: false,
      onEpoch: ({ epoch }) => told.push(epoch),
    });
    expect(told).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(epochs.map(({ epoch }) => epoch)).toEqual(told);
    for (const { ms, evalMs } of epochs) expect(Math.min(ms, evalMs)).toBeGreaterThanOrEqual(0);
  });
});

const [{ backend }] = BACKENDS;

test('more than two classes have no area under the ROC curve, nor have test nodes of one class', async () => {
  const many = await train({ graph: testGraph(), config: configOf(), backend, fit: false });
  expect(many.result.testRocAuc).toBeNull();
  const two = testGraph({ classes: 2 });
  const splits = two.splits.map((split) =>
    split.map((code, node) => (code === SPLIT.test && two.labels[node] === 1 ? SPLIT.none : code)),
  );
  const oneSided = await train({ graph: { ...two, splits }, config: configOf(), backend, fit: false });
  expect(oneSided.result.testRocAuc).toBeNull();
});

test('the split is the one that the configuration names', async () => {
  const graph = testGraph();
  const swapped = graph.splits[0].map((code) => [SPLIT.none, SPLIT.test, SPLIT.validation, SPLIT.train][code]);
  const two = { ...graph, splits: [graph.splits[0], swapped] };
  const config = configOf({ 'data.split': 1 });
  const second = await train({ graph: two, config, backend, fit: false });
  const alone = await train({ graph: { ...graph, splits: [swapped] }, config: configOf(), backend, fit: false });
  const first = await train({ graph: two, config: configOf(), backend, fit: false });
  expect(second.result).toEqual(alone.result);
  expect(second.result.curveHash).not.toBe(first.result.curveHash);
});
