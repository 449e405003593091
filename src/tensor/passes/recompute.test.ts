import { describe, expect, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { addNode, input, newGraph, state } from '../graph.ts';
import type { Node, Op, OpGraph } from '../op.ts';
import { relu } from '../ops/activation.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { combine } from '../ops/combine.ts';
import { dropout, dropoutOp } from '../ops/dropout.ts';
import { addBias } from '../ops/elementwise.ts';
import { maskedCrossEntropy } from '../ops/loss.ts';
import { matmul } from '../ops/matmul.ts';
import { sparseDropout, sparseHalf } from '../ops/sparse.ts';
import { spmm } from '../ops/spmm.ts';
import { DEFAULT_LIMITS, makePlan } from '../plan.ts';
import { symbol, type Value } from '../value.ts';
import { verifyPlan } from '../verify.ts';
import { type Recomputation, recompute } from './recompute.ts';

/** What runs again, and from what. That no bit of a run changes is shown in train/repeat.test.ts. */

const NODES = symbol('nodes');
const SIZES = { nodes: 1000, 'x.entries': 3000, 'xᵀ.entries': 3000 };
const HEAVY = { 'x.segments': 0, 'x.heavy': 0, 'xᵀ.segments': 0, 'xᵀ.heavy': 0 };
const WIDTH = 4;

function begin() {
  const g = newGraph();
  g.routine = 'train';
  const x = input(g, 'x', 'features', 'f32', NODES, WIDTH, 'padded');
  const weights: Value[] = [];
  const weight = (rows = WIDTH) => {
    const value = state(g, `w${weights.length}`, 'parameters', rows, WIDTH);
    weights.push(value);
    return value;
  };
  return { g, x, weights, weight };
}

function differentiate(g: OpGraph, logits: Value, weights: readonly Value[]): void {
  const labels = input(g, 'labels', 'labels', 'u32', NODES, 1);
  const mask = input(g, 'mask', 'labels', 'u32', NODES, 1);
  maskedCrossEntropy(g, logits, labels, mask, state(g, 'total', 'results', 1, 4));
  gradients(g, weights);
}

/** relu(h · W), a segment each. */
function chain(layers: number): OpGraph {
  const { g, x, weights, weight } = begin();
  let h = x;
  for (let i = 0; i < layers; i++) {
    g.segment = i;
    h = relu(g, matmul(g, h, weight()));
  }
  differentiate(g, h, weights);
  return g;
}

function planOf(graph: OpGraph) {
  const plan = makePlan(
    { graph, capacity: { ...SIZES, ...HEAVY }, results: [], readable: [] },
    { ...DEFAULT_LIMITS, maxStorageBuffersPerShaderStage: 8 },
  );
  expect(verifyPlan(plan)).toEqual([]);
  return plan;
}

/** The nodes that the pass added. */
function added(before: OpGraph, after: OpGraph): Node[] {
  const names = new Set(before.values.map(({ id }) => id));
  return after.nodes.filter(({ outputs }) => outputs.some(({ id }) => !names.has(id)));
}

const opsOf = (nodes: readonly Node[]) => nodes.map(({ op }) => op.name);
/** Values as large as the activations, that live at once at most. */
function mostAlive(graph: OpGraph): number {
  const { placements } = planOf(graph);
  const large = placements.filter(({ resident, bytes }) => !resident && bytes === 4 * WIDTH * SIZES.nodes);
  const at = (time: number) => large.filter(({ from, to }) => from <= time && time <= to).length;
  return Math.max(...large.map(({ from }) => at(from)));
}

const HOWS: readonly Recomputation[] = ['segments', 'tree'];

describe('recomputation', () => {
  test.each(HOWS)('leaves the graph that it was given as it is, and other routines alone: %s', (how) => {
    const g = chain(4);
    g.routine = 'evaluate';
    g.backward = false;
    relu(g, g.values[0]);
    const [nodes, values] = [[...g.nodes], [...g.values]];
    const after = recompute(g, 'train', how);
    expect(g.nodes).toEqual(nodes);
    expect(g.values).toEqual(values);
    expect(after.nodes.at(-1)).toBe(nodes.at(-1));
    expect(after.values.map(({ id }) => id)).toEqual(after.values.map((_, i) => i));
    expect(recompute(g, 'evaluate', how).nodes).toEqual(nodes);
  });

  test('segments: each group but the last runs once more, just before it is differentiated', () => {
    const g = chain(9);
    const after = recompute(g, 'train', 'segments');
    const again = added(g, after);
    // Three groups of three. What a group ends with was kept for the next one, so its last layer need not run.
    expect(opsOf(again)).toEqual(Array.from({ length: 4 }, () => ['matmul', 'activate']).flat());
    const weightsOf = (nodes: readonly Node[]) =>
      nodes.flatMap(({ inputs }) => inputs.slice(1).map(({ name }) => name));
    expect(weightsOf(again)).toEqual(['w3', 'w4', 'w0', 'w1']);
    const first = after.nodes.indexOf(again[0]);
    const gradientOf = (name: string) =>
      after.nodes.findIndex(({ outputs }) => outputs.some((value) => value.name === `${name}.grad`));
    expect(first).toBeGreaterThan(gradientOf('w6'));
    expect(first).toBeLessThan(gradientOf('w5'));
  });

  test('tree: about log₂ of the layers live at once, where all of them did before', () => {
    const of = (layers: number) => {
      const g = chain(layers);
      return [g, recompute(g, 'train', 'segments'), recompute(g, 'train', 'tree')].map(mostAlive);
    };
    expect(of(16)).toEqual([18, 9, 7]);
    expect(of(64)).toEqual([66, 17, 9]);
    const count = (layers: number) => {
      const g = chain(layers);
      return added(g, recompute(g, 'train', 'tree')).length;
    };
    // Two nodes a layer, each at most log₂ L times.
    expect(count(16)).toBeLessThanOrEqual(2 * 16 * 4);
    expect(count(64)).toBeLessThanOrEqual(2 * 64 * 6);
  });

  test.each(HOWS)('what all layers use, too, is kept once: %s', (how) => {
    const { g, x, weights, weight } = begin();
    const first = relu(g, matmul(g, x, weight()));
    let h = first;
    for (let i = 1; i <= 16; i++) {
      g.segment = i;
      h = relu(g, combine(g, 0.9, matmul(g, h, weight()), 0.1, first));
    }
    differentiate(g, h, weights);
    const after = recompute(g, 'train', how);
    expect(added(g, after).flatMap(({ outputs }) => outputs.map(({ name }) => name))).not.toContain(
      `again: ${first.name}`,
    );
    expect(mostAlive(after)).toBeLessThan(mostAlive(g) - 5);
  });

  test.each(HOWS)('dropout runs again with its own random numbers: %s', (how) => {
    const { g, x, weights, weight } = begin();
    let h = x;
    for (let i = 0; i < 4; i++) {
      g.segment = i;
      h = relu(g, matmul(g, dropout(g, h, null), weight(), 'nn', `h${i}`));
    }
    differentiate(g, h, weights);
    const again = added(g, recompute(g, 'train', how)).filter(({ op }) => op === dropoutOp);
    expect(again.length).toBeGreaterThan(1);
    for (const node of again) {
      const original = node.outputs[0].name.replace('again: ', '');
      expect(g.nodes.find(({ outputs }) => outputs[0]?.name === original)!.attributes).toBe(node.attributes);
    }
  });

  test.each(HOWS)('statistics of batch norm are kept, and the running ones move once: %s', (how) => {
    const { g, x, weights, weight } = begin();
    const running = {
      mean: state(g, 'mean', 'parameters', 1, WIDTH),
      variance: state(g, 'var', 'parameters', 1, WIDTH),
    };
    let h = x;
    for (let i = 0; i < 4; i++) {
      g.segment = i;
      h = relu(g, batchNorm(g, matmul(g, h, weight()), weight(1), weight(1), running, true));
    }
    differentiate(g, h, weights);
    const ops = opsOf(added(g, recompute(g, 'train', how)));
    expect(ops).toContain('batchNorm');
    expect(ops).not.toContain('columnMoments');
    expect(ops).not.toContain('updateRunning');
  });

  test.each(HOWS)(
    'entries of a sparse matrix that were dropped move inside attributes; what the backward pass reads is a copy: %s',
    (how) => {
      const { g, x, weights, weight } = begin();
      const matrix = {
        forward: sparseHalf(g, 'x', 'features', NODES, WIDTH, true),
        backward: sparseHalf(g, 'xᵀ', 'features', WIDTH, NODES, true),
        positions: input(g, 'positions', 'features', 'u32', symbol('x.entries'), 1),
      };
      let h = addBias(g, spmm(g, sparseDropout(g, matrix, null), weight()), weight(1));
      for (let i = 1; i < 4; i++) {
        g.segment = i;
        h = relu(g, matmul(g, h, weight()));
      }
      differentiate(g, h, weights);
      expect(x).toBe(g.values[0]);
      const after = recompute(g, 'train', how);
      planOf(after);
      const of = (name: string) => after.nodes.filter(({ op }) => op.name === name);
      // In a tree the first segment runs on the way to the second, too.
      expect(of('sparseDropout')).toHaveLength(how === 'tree' ? 3 : 2);
      // The gradient of the weight: its matrix, transposed, holds the copy.
      const gradient = of('spmm').at(-1)!;
      expect(gradient.backward).toBe(true);
      expect(gradient.attributes).toMatchObject({ forward: { values: of('sparseDropout').at(-1)!.outputs[1] } });
      expect(gradient.inputs).toContain(of('sparseDropout').at(-1)!.outputs[1]);
    },
  );

  test.each(HOWS)('what depends on a value that the routine changes is kept: %s', (how) => {
    const { g, x, weights, weight } = begin();
    const bias = state(g, 'bias', 'parameters', 1, WIDTH);
    const change: Op<null> = { name: 'change', locality: 'parameter', lower: () => [] };
    let h = x;
    for (let i = 0; i < 4; i++) {
      g.segment = i;
      h = relu(g, addBias(g, matmul(g, h, weight()), bias));
      addNode(g, change, [], [], null, [bias]);
    }
    differentiate(g, h, weights);
    const ops = opsOf(added(g, recompute(g, 'train', how)));
    expect(ops).not.toContain('addBias');
    expect(ops).not.toContain('change');
  });

  test('refuses a backward pass that is out of order', () => {
    const g = chain(4);
    g.segment = 3;
    relu(g, g.values[0]);
    expect(() => recompute(g, 'train', 'tree')).toThrow("'activate' is not differentiated in reverse order");
  });
});
