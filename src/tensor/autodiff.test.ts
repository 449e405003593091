import { describe, expect, test } from 'vitest';
import { gradients } from './autodiff.ts';
import { activation, addNode, input, newGraph, state } from './graph.ts';
import type { Node, Op, OpGraph } from './op.ts';
import { relu } from './ops/activation.ts';
import { batchNorm } from './ops/batchNorm.ts';
import { add, addBias } from './ops/elementwise.ts';
import { maskedCrossEntropy } from './ops/loss.ts';
import { matmul } from './ops/matmul.ts';
import { sparseHalf } from './ops/sparse.ts';
import { spmm } from './ops/spmm.ts';
import { symbol, type Value } from './value.ts';

const NODES = symbol('nodes');

const features = (g: OpGraph, cols: number) => input(g, 'x', 'features', 'f32', NODES, cols, 'padded');
const weight = (g: OpGraph, rows: number, cols: number, name = 'w') => state(g, name, 'parameters', rows, cols);

function loss(g: OpGraph, logits: Value): void {
  const labels = input(g, 'labels', 'labels', 'u32', NODES, 1);
  const mask = input(g, 'mask', 'labels', 'u32', NODES, 1);
  maskedCrossEntropy(g, logits, labels, mask, state(g, 'total', 'results', 1, 4));
}

/** The nodes that differentiation appends, as op(inputs) → outputs. */
function appended(g: OpGraph, parameters: readonly Value[], upstream?: Map<Value, Value>) {
  const before = g.nodes.length;
  const found = gradients(g, parameters, upstream);
  return { found, nodes: g.nodes.slice(before) };
}

const opsOf = (nodes: readonly Node[]) => nodes.map(({ op }) => op.name);
const producer = (nodes: readonly Node[], value: Value) => nodes.find(({ outputs }) => outputs.includes(value));

describe('differentiation', () => {
  test('of one layer: the loss, then the weight; nothing for the features', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    const logits = matmul(g, x, w);
    loss(g, logits);
    const { found, nodes } = appended(g, [w]);
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'matmul']);
    expect(nodes[1]).toMatchObject({ attributes: 'tn', inputs: [x, nodes[0].outputs[0]] });
    expect([...found]).toEqual([[w, nodes[1].outputs[0]]]);
    expect(found.get(w)).toMatchObject({ rows: 8, cols: 3 });
  });

  test('of two layers: the gradient passes through the second weight and the activation, not below the first', () => {
    const g = newGraph();
    const [x, w1, w2] = [features(g, 8), weight(g, 8, 5, 'w1'), weight(g, 5, 3, 'w2')];
    const hidden = relu(g, matmul(g, x, w1));
    loss(g, matmul(g, hidden, w2));
    const { found, nodes } = appended(g, [w1, w2]);
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'matmul', 'matmul', 'activateGrad', 'matmul']);
    const products = nodes.filter(({ op }) => op.name === 'matmul');
    expect(products.map(({ attributes }) => attributes)).toEqual(['nt', 'tn', 'tn']);
    expect(found.get(w1)).toMatchObject({ rows: 8, cols: 5 });
    expect(found.get(w2)).toMatchObject({ rows: 5, cols: 3 });
  });

  test('of the last layer alone stops there', () => {
    const g = newGraph();
    const [x, w1, w2] = [features(g, 8), weight(g, 8, 5, 'w1'), weight(g, 5, 3, 'w2')];
    loss(g, matmul(g, relu(g, matmul(g, x, w1)), w2));
    expect(opsOf(appended(g, [w2]).nodes)).toEqual(['crossEntropyGrad', 'matmul']);
  });

  test('goes the way of the parameter alone, where a frozen branch meets it', () => {
    const g = newGraph();
    const [x, w, frozen] = [features(g, 8), weight(g, 8, 3), weight(g, 8, 3, 'frozen')];
    loss(g, add(g, matmul(g, x, w), relu(g, matmul(g, x, frozen))));
    const { found, nodes } = appended(g, [w]);
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'matmul']);
    expect([...found.keys()]).toEqual([w]);
  });

  test('leaves out what uses a parameter but does not reach the loss', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    const logits = matmul(g, x, w);
    relu(g, logits);
    loss(g, logits);
    expect(opsOf(appended(g, [w]).nodes)).toEqual(['crossEntropyGrad', 'matmul']);
  });

  test('of an aggregation gathers over the transpose', () => {
    const g = newGraph();
    const forward = sparseHalf(g, 'A', 'graph', NODES, 8, true);
    const backward = sparseHalf(g, 'At', 'graph', 8, NODES, true);
    const w = weight(g, 8, 3);
    loss(g, spmm(g, { forward, backward, positions: null }, w));
    const { found, nodes } = appended(g, [w]);
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'spmm']);
    expect(nodes[1].attributes).toMatchObject({ forward: backward, backward: forward });
    expect(found.get(w)).toMatchObject({ rows: 8, cols: 3 });
  });

  test('keeps to the current routine', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    loss(g, matmul(g, x, w));
    g.routine = 'train';
    loss(g, matmul(g, x, w));
    const { nodes } = appended(g, [w]);
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'matmul']);
    expect(nodes.map(({ routine }) => routine)).toEqual(['train', 'train']);
  });
});

describe('a value used twice', () => {
  test('by two nodes: the gradients are added', () => {
    const g = newGraph();
    const [x, w, b] = [features(g, 8), weight(g, 8, 3), weight(g, 1, 3, 'b')];
    const h = matmul(g, x, w);
    loss(g, add(g, relu(g, h), addBias(g, h, b)));
    const { found, nodes } = appended(g, [w, b]);
    expect(opsOf(nodes).sort()).toEqual(['activateGrad', 'add', 'crossEntropyGrad', 'matmul', 'sumRows']);
    const sum = nodes.find(({ op }) => op.name === 'add')!;
    const [fromLoss, fromRelu] = ['crossEntropyGrad', 'activateGrad'].map(
      (name) => nodes.find(({ op }) => op.name === name)!.outputs[0],
    );
    expect(new Set(sum.inputs)).toEqual(new Set([fromLoss, fromRelu]));
    // The weight gets the sum, not one of its halves.
    expect(producer(nodes, found.get(w)!)).toMatchObject({ inputs: [x, sum.outputs[0]] });
  });

  test('by one node as both operands: x + x has gradient g + g', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    const h = matmul(g, x, w);
    loss(g, add(g, h, h));
    const { nodes } = appended(g, [w]);
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'add', 'matmul']);
    expect(nodes[1].inputs).toEqual([nodes[0].outputs[0], nodes[0].outputs[0]]);
    expect(nodes[2].inputs).toEqual([x, nodes[1].outputs[0]]);
  });

  test('a weight of two layers: both contributions, three uses: two additions', () => {
    const g = newGraph();
    const [x, w] = [features(g, 5), weight(g, 5, 5)];
    let h = x;
    for (let layer = 0; layer < 3; layer++) h = matmul(g, h, w);
    loss(g, h);
    const { found, nodes } = appended(g, [w]);
    expect(opsOf(nodes).filter((name) => name === 'add')).toHaveLength(2);
    expect(nodes.filter(({ attributes }) => attributes === 'tn')).toHaveLength(3);
    expect(nodes.filter(({ attributes }) => attributes === 'nt')).toHaveLength(2);
    expect(producer(nodes, found.get(w)!)?.op.name).toBe('add');
  });

  test('with a gradient from elsewhere: that one is added too', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    const logits = matmul(g, x, w);
    loss(g, logits);
    const elsewhere = activation(g, 'elsewhere', NODES, 3);
    const { nodes } = appended(g, [w], new Map([[logits, elsewhere]]));
    expect(opsOf(nodes)).toEqual(['crossEntropyGrad', 'add', 'matmul']);
    expect(nodes[1].inputs).toEqual([elsewhere, nodes[0].outputs[0]]);
  });
});

test('a gradient from elsewhere starts differentiation without a loss, and the map that was passed is not changed', () => {
  const g = newGraph();
  const [x, w] = [features(g, 8), weight(g, 8, 3)];
  const out = matmul(g, x, w);
  const upstream = new Map([[out, activation(g, 'upstream', NODES, 3)]]);
  expect(opsOf(appended(g, [w], upstream).nodes)).toEqual(['matmul']);
  expect([...upstream.keys()]).toEqual([out]);
});

describe('a bias before a batch norm, which takes its mean away again', () => {
  function normed(training: boolean) {
    const g = newGraph();
    const row = (name: string) => weight(g, 1, 3, name);
    const [w, b] = [weight(g, 8, 3), row('b')];
    const running = { mean: row('mean'), variance: row('variance') };
    const biased = add(g, addBias(g, matmul(g, features(g, 8), w), b), features(g, 3));
    loss(g, batchNorm(g, biased, row('scale'), row('shift'), running, training));
    const { found, nodes } = appended(g, [w, b]);
    return { gradient: found.get(b)!, writer: producer(nodes, found.get(b)!) };
  }

  test('has no gradient: a matrix of zeros that nothing writes, not the rounding of a sum', () => {
    const { gradient, writer } = normed(true);
    expect(writer).toBeUndefined();
    expect(gradient).toMatchObject({ rows: 1, cols: 3, lifetime: 'persistent' });
  });

  test('has one where the mean is another than its own', () => {
    expect(normed(false).writer?.op.name).toBe('sumRows');
  });
});

describe('programming errors', () => {
  test('a parameter that does not reach the loss is named', () => {
    const g = newGraph();
    const [x, w, idle] = [features(g, 8), weight(g, 8, 3), weight(g, 8, 3, 'idle')];
    const logits = matmul(g, x, w);
    matmul(g, x, idle);
    loss(g, logits);
    expect(() => gradients(g, [w, idle])).toThrow("parameter 'idle' does not reach the loss");
  });

  test('without a loss no parameter reaches one', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    matmul(g, x, w);
    expect(() => gradients(g, [w])).toThrow("parameter 'w' does not reach the loss");
  });

  const opaque: Op<null> = { name: 'opaque', locality: 'row', lower: () => [] };
  function through(g: OpGraph, x: Value): Value {
    const out = activation(g, 'out', x.rows, x.cols);
    addNode(g, opaque, [x], [out], null);
    return out;
  }

  test('an op without gradient is named where it lies on the way', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    loss(g, through(g, matmul(g, x, w)));
    expect(() => gradients(g, [w])).toThrow("op 'opaque' has no gradient");
  });

  test('an op without gradient does no harm off the way: below the first parameter, or beside the loss', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    const logits = matmul(g, through(g, x), w);
    through(g, logits);
    loss(g, logits);
    expect(opsOf(appended(g, [w]).nodes)).toEqual(['crossEntropyGrad', 'matmul']);
  });

  test('nor where a gradient from elsewhere arrives at it', () => {
    const g = newGraph();
    const [x, w] = [features(g, 8), weight(g, 8, 3)];
    const hidden = through(g, x);
    loss(g, matmul(g, hidden, w));
    const upstream = new Map([[hidden, activation(g, 'elsewhere', NODES, 8)]]);
    expect(opsOf(appended(g, [w], upstream).nodes)).toEqual(['crossEntropyGrad', 'matmul']);
  });
});
