import { describe, expect, test } from 'vitest';
import { activation, input, newGraph, state } from './graph.ts';
import { prelu, relu } from './ops/activation.ts';
import { batchNorm } from './ops/batchNorm.ts';
import { maskedBinaryCrossEntropy } from './ops/binaryLoss.ts';
import { concatColumns, meanHeads } from './ops/columns.ts';
import { combine, scale, scaledSum } from './ops/combine.ts';
import { dropout } from './ops/dropout.ts';
import { add, addBias } from './ops/elementwise.ts';
import { layerNorm } from './ops/layerNorm.ts';
import { maskedCrossEntropy } from './ops/loss.ts';
import { matmul, type Orientation } from './ops/matmul.ts';
import { maxOf } from './ops/maximum.ts';
import { countClasses, countLabels } from './ops/metrics.ts';
import { type SparseMatrix, sparseDropout, sparseHalf } from './ops/sparse.ts';
import { spmax } from './ops/spmax.ts';
import { spmm } from './ops/spmm.ts';
import { sumRows } from './ops/sumRows.ts';
import { type Size, symbol } from './value.ts';

const NODES = symbol('nodes');
const EDGES = symbol('edges');

function matrices(...shapes: [string, Size, number][]) {
  const g = newGraph();
  return { g, values: shapes.map(([name, rows, cols]) => activation(g, name, rows, cols)) };
}

describe('matmul', () => {
  test.each<[Orientation, [Size, number], [Size, number], [Size, number]]>([
    ['nn', [NODES, 8], [8, 3], [NODES, 3]],
    ['nt', [NODES, 3], [8, 3], [NODES, 8]],
    ['tn', [NODES, 8], [NODES, 3], [8, 3]],
  ])('%s', (orientation, a, b, shape) => {
    const { g, values } = matrices(['a', ...a], ['b', ...b]);
    const out = matmul(g, values[0], values[1], orientation);
    expect([out.rows, out.cols]).toEqual(shape);
    expect(g.nodes).toHaveLength(1);
  });

  test.each<[Orientation, [Size, number], [Size, number]]>([
    ['nn', [NODES, 8], [7, 3]],
    ['nn', [NODES, 8], [3, 8]],
    ['nn', [NODES, 8], [NODES, 3]],
    ['nt', [NODES, 3], [3, 8]],
    ['nt', [NODES, 3], [8, 4]],
    ['tn', [NODES, 8], [EDGES, 8]],
    ['tn', [NODES, 8], [symbol('nodes', 1), 8]],
    ['tn', [5, 8], [6, 8]],
  ])('%s: %j and %j do not fit, and leave no node behind', (orientation, a, b) => {
    const { g, values } = matrices(['left', ...a], ['right', ...b]);
    expect(() => matmul(g, values[0], values[1], orientation)).toThrow(
      `matmul ${orientation}: left and right differ in their inner dimension`,
    );
    expect(g.nodes).toHaveLength(0);
  });

  test('nt: rows of varying number cannot become columns', () => {
    const { g, values } = matrices(['left', NODES, 8], ['right', EDGES, 8]);
    expect(() => matmul(g, values[0], values[1], 'nt')).toThrow('the rows of right become columns and must be fixed');
  });
});

describe('elementwise', () => {
  test('a bias has one row and as many columns', () => {
    const { g, values } = matrices(['x', NODES, 5], ['b', 1, 5], ['narrow', 1, 4], ['tall', 2, 5], ['nodes', NODES, 5]);
    const [x, b, ...wrong] = values;
    expect(addBias(g, x, b)).toMatchObject({ rows: NODES, cols: 5 });
    for (const value of wrong) expect(() => addBias(g, x, value)).toThrow(`addBias: ${value.name} must be 1 × 5`);
    expect(g.nodes).toHaveLength(1);
  });

  test('a sum has two operands of one shape', () => {
    const { g, values } = matrices(['x', NODES, 5], ['y', NODES, 5], ['narrow', NODES, 4], ['other', EDGES, 5]);
    const [x, y, ...wrong] = values;
    expect(add(g, x, y)).toMatchObject({ rows: NODES, cols: 5 });
    for (const value of wrong) expect(() => add(g, x, value)).toThrow(`add: x and ${value.name} differ in shape`);
    expect(g.nodes).toHaveLength(1);
  });

  test('relu keeps the shape, the sum of the rows keeps the columns', () => {
    const { g, values } = matrices(['x', NODES, 5]);
    expect(relu(g, values[0])).toMatchObject({ rows: NODES, cols: 5 });
    expect(sumRows(g, values[0], 'sum')).toMatchObject({ rows: 1, cols: 5 });
  });
});

describe('between aggregations', () => {
  function declared() {
    const { g, values } = matrices(
      ['x', NODES, 6],
      ['narrow', NODES, 5],
      ['other', EDGES, 6],
      ['row', 1, 6],
      ['one', 1, 1],
    );
    const [x, narrow, other, row, one] = values;
    return { g, x, narrow, other, row, one };
  }

  test('one number is 1 × 1', () => {
    const { g, x, row, one } = declared();
    expect(() => prelu(g, x, row)).toThrow('prelu: row must be 1 × 1');
    expect(() => scaledSum(g, x, row, x)).toThrow('scaledSum: row must be 1 × 1');
    expect(prelu(g, x, one)).toMatchObject({ rows: NODES, cols: 6 });
    expect(scaledSum(g, x, one, x)).toMatchObject({ rows: NODES, cols: 6 });
  });

  test('sums and maxima have operands of one shape', () => {
    const { g, x, narrow, other, one } = declared();
    for (const wrong of [narrow, other]) {
      expect(() => combine(g, 1, x, 1, wrong)).toThrow(`combine: x and ${wrong.name} differ in shape`);
      expect(() => scaledSum(g, x, one, wrong)).toThrow(`scaledSum: x and ${wrong.name} differ in shape`);
      expect(() => maxOf(g, [x, wrong])).toThrow(`maxOf: x and ${wrong.name} differ in shape`);
    }
    expect(g.nodes).toHaveLength(0);
    expect(maxOf(g, [x])).toBe(x);
    expect(scale(g, x, 1)).toBe(x);
    expect(g.nodes).toHaveLength(0);
  });

  test('parts side by side have as many rows, heads as many columns', () => {
    const { g, x, narrow, other } = declared();
    expect(() => concatColumns(g, [x, narrow, other])).toThrow('concatColumns: other and x differ in their rows');
    expect(() => meanHeads(g, x, 4)).toThrow('meanHeads: the 6 columns of x are not 4 equal heads');
    expect(g.nodes).toHaveLength(0);
    expect(concatColumns(g, [x])).toBe(x);
    expect(meanHeads(g, x, 1)).toBe(x);
    expect(concatColumns(g, [x, narrow, x])).toMatchObject({ rows: NODES, cols: 17 });
    expect(meanHeads(g, x, 3)).toMatchObject({ rows: NODES, cols: 2 });
  });

  test('norms have a weight and a bias for each column', () => {
    const { g, x, row, one, narrow } = declared();
    const running = { mean: row, variance: row };
    for (const wrong of [one, narrow]) {
      expect(() => layerNorm(g, x, wrong, row)).toThrow(`layerNorm: ${wrong.name} must be 1 × 6`);
      expect(() => layerNorm(g, x, row, wrong)).toThrow(`layerNorm: ${wrong.name} must be 1 × 6`);
      expect(() => batchNorm(g, x, row, wrong, running, true)).toThrow(`batchNorm: ${wrong.name} must be 1 × 6`);
      expect(() => batchNorm(g, x, row, row, { mean: row, variance: wrong }, false)).toThrow(
        `batchNorm: ${wrong.name} must be 1 × 6`,
      );
    }
    expect(g.nodes).toHaveLength(0);
  });

  test('running moments are updated in training alone', () => {
    const { g, x, row } = declared();
    const running = { mean: row, variance: row };
    batchNorm(g, x, row, row, running, false);
    expect(g.nodes.flatMap(({ updates }) => updates)).toEqual([]);
    batchNorm(g, x, row, row, running, true);
    expect(g.nodes.flatMap(({ updates }) => updates)).toEqual([row, row]);
  });
});

describe('sparse', () => {
  test('a product needs as many rows as the matrix has columns', () => {
    const { g, values } = matrices(['x', 8, 3], ['short', 7, 3], ['nodes', NODES, 3]);
    const half = sparseHalf(g, 'A', 'graph', NODES, 8, false);
    const matrix: SparseMatrix = { forward: half, backward: half, positions: null };
    expect(spmm(g, matrix, values[0])).toMatchObject({ rows: NODES, cols: 3 });
    for (const value of values.slice(1)) {
      expect(() => spmm(g, matrix, value)).toThrow(`spmm: A has not as many columns as ${value.name} rows`);
    }
    expect(g.nodes).toHaveLength(1);
  });

  test('a maximum over neighbours needs as many rows as the matrix has columns', () => {
    const { g, values } = matrices(['x', 8, 3], ['short', 7, 3]);
    const half = sparseHalf(g, 'A', 'graph', NODES, 8, false);
    const matrix: SparseMatrix = { forward: half, backward: half, positions: null };
    expect(() => spmax(g, matrix, values[1])).toThrow('spmax: A has not as many columns as short rows');
    expect(spmax(g, matrix, values[0])).toMatchObject({ rows: NODES, cols: 3 });
  });

  test('row pointers are one longer than the rows, fixed or not', () => {
    const g = newGraph();
    expect(sparseHalf(g, 'A', 'graph', symbol('nodes', 2), 8, true).indptr.rows).toEqual(symbol('nodes', 3));
    expect(sparseHalf(g, 'B', 'graph', 34, 8, true).indptr.rows).toBe(35);
  });

  test('dropout needs positions and two halves', () => {
    const g = newGraph();
    const [forward, backward] = ['A', 'At'].map((name) => sparseHalf(g, name, 'graph', 8, 8, true));
    const positions = input(g, 'positions', 'graph', 'u32', backward.entries, 1);
    expect(() => sparseDropout(g, { forward, backward, positions: null }, null)).toThrow('A: dropout on a sparse');
    expect(() => sparseDropout(g, { forward, backward: forward, positions }, null)).toThrow('A: dropout breaks');
    const dropped = sparseDropout(g, { forward, backward, positions }, null);
    expect(dropped.forward.values).toMatchObject({ rows: forward.entries, cols: 1, layout: 'packed' });
    expect(dropped.backward.values).toMatchObject({ rows: backward.entries, cols: 1, layout: 'packed' });
  });
});

describe('targets', () => {
  function declared() {
    const g = newGraph();
    const list = (name: string, rows: Size) => input(g, name, 'labels', 'u32', rows, 1);
    const logits = activation(g, 'logits', NODES, 7);
    return { g, logits, labels: list('labels', NODES), mask: list('mask', NODES), wrong: list('wrong', EDGES) };
  }

  test('of a loss: one per row of the logits, and a total of each split', () => {
    const { g, logits, labels, mask, wrong } = declared();
    const total = state(g, 'total', 'results', 1, 4);
    const message = (a: string, b: string) => `${a} and ${b} must have as many rows as logits`;
    expect(() => maskedCrossEntropy(g, logits, wrong, mask, total)).toThrow(message('wrong', 'mask'));
    expect(() => maskedCrossEntropy(g, logits, labels, wrong, total)).toThrow(message('labels', 'wrong'));
    for (const [rows, cols] of [
      [1, 3],
      [4, 4],
    ]) {
      const bad = state(g, 'bad', 'results', rows, cols);
      expect(() => maskedCrossEntropy(g, logits, labels, mask, bad)).toThrow('bad must be 1 × 4');
    }
    for (const [rows, cols] of [
      [1, 6],
      [7, 1],
    ]) {
      const weights = input(g, 'weights', 'labels', 'f32', rows, cols);
      expect(() => maskedCrossEntropy(g, logits, labels, mask, total, weights)).toThrow('weights must be 1 × 7');
    }
    expect(g.nodes).toHaveLength(0);
    maskedCrossEntropy(g, logits, labels, mask, total);
    expect(g.nodes).toHaveLength(3);
  });

  test('of several labels: the shape of the logits', () => {
    const { g, logits, mask, wrong } = declared();
    const total = state(g, 'total', 'results', 1, 4);
    const counts = input(g, 'counts', 'results', 'u32', 9, 7);
    const padded = (rows: Size, cols: number) => input(g, 'targets', 'labels', 'f32', rows, cols, 'padded');
    const alike = padded(NODES, 7);
    const message = 'targets must have the shape of logits';
    for (const bad of [padded(EDGES, 7), padded(NODES, 6), input(g, 'targets', 'labels', 'f32', NODES, 7)]) {
      expect(() => maskedBinaryCrossEntropy(g, logits, bad, mask, total)).toThrow(message);
      expect(() => countLabels(g, logits, bad, mask, counts)).toThrow(message);
    }
    expect(() => maskedBinaryCrossEntropy(g, logits, alike, wrong, total)).toThrow('wrong must have as many rows');
    expect(() => maskedBinaryCrossEntropy(g, logits, alike, mask, logits)).toThrow('logits must be 1 × 4');
    expect(() => countLabels(g, logits, alike, mask, total)).toThrow('total must be 9 × classes');
    expect(g.nodes).toHaveLength(0);
  });

  test('of counts: one per row of the logits', () => {
    const { g, logits, labels, mask, wrong } = declared();
    const counts = input(g, 'counts', 'results', 'u32', 9, 7);
    expect(() => countClasses(g, logits, wrong, mask, counts)).toThrow('wrong and mask must have as many rows');
    expect(() => countClasses(g, logits, labels, wrong, counts)).toThrow('labels and wrong must have as many rows');
    expect(g.nodes).toHaveLength(0);
  });

  test('of dropout: one id per row', () => {
    const { g, logits, labels, wrong } = declared();
    expect(() => dropout(g, logits, wrong)).toThrow('dropout: wrong must have as many rows as logits');
    expect(dropout(g, logits, labels)).toMatchObject({ rows: NODES, cols: 7 });
  });
});

test('the table of counts has nine rows of as many columns as there are classes', () => {
  const g = newGraph();
  const logits = activation(g, 'logits', NODES, 7);
  const list = (name: string, rows: Size, cols = 1) => input(g, name, 'labels', 'u32', rows, cols);
  const [labels, mask] = [list('labels', NODES), list('mask', NODES)];
  for (const [rows, cols] of [
    [9, 6],
    [3, 7],
    [7, 9],
  ]) {
    expect(() => countClasses(g, logits, labels, mask, list('counts', rows, cols))).toThrow(
      'countClasses: counts must be 9 × classes',
    );
  }
  const square = list('confusion', 7, 6);
  expect(() => countClasses(g, logits, labels, mask, list('counts', 9, 7), square)).toThrow(
    'must be classes × classes',
  );
  expect(g.nodes).toHaveLength(0);
  countClasses(g, logits, labels, mask, list('counts', 9, 7));
  expect(g.nodes).toHaveLength(1);
});
