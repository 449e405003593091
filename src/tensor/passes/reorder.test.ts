import { describe, expect, test } from 'vitest';
import { input, newGraph, state } from '../graph.ts';
import { dropout } from '../ops/dropout.ts';
import { addBias } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import { sparseHalf } from '../ops/sparse.ts';
import { spmm } from '../ops/spmm.ts';
import { symbol } from '../value.ts';
import { gatherFirst, reorder } from './reorder.ts';

/** Which product comes first. That losses agree is shown in train/compiled.test.ts. */

const NODES = symbol('nodes');
const CAPACITY = { nodes: 1000, 'graph.entries': 20_000, 'graph.segments': 0, 'graph.heavy': 0 };
const sizes = { sources: 1000, targets: 1000, entries: 20_000 };

describe('gatherFirst', () => {
  test('gathers the narrower rows', () => {
    expect(gatherFirst({ ...sizes, from: 16, to: 64 }, true)).toBe(true);
    expect(gatherFirst({ ...sizes, from: 64, to: 16 }, true)).toBe(false);
    expect(gatherFirst({ ...sizes, from: 64, to: 64 }, true)).toBe(false);
  });

  test('gathers features up to twice as wide first, which have no gradient to gather', () => {
    expect(gatherFirst({ ...sizes, from: 100, to: 64 }, false)).toBe(true);
    expect(gatherFirst({ ...sizes, from: 130, to: 64 }, false)).toBe(false);
  });

  test('transforms few targets rather than many sources', () => {
    const block = { ...sizes, targets: 100, entries: 1000 };
    expect(gatherFirst({ ...block, from: 64, to: 64 }, true)).toBe(true);
  });
});

function layer() {
  const g = newGraph();
  g.routine = 'train';
  const x = dropout(g, input(g, 'x', 'features', 'f32', NODES, 8, 'padded'), null);
  const weight = state(g, 'w', 'parameters', 8, 64);
  const half = sparseHalf(g, 'graph', 'graph', NODES, NODES, true);
  const h = matmul(g, x, weight);
  const z = spmm(g, { forward: half, backward: half, positions: null }, h);
  addBias(g, z, state(g, 'b', 'parameters', 1, 64));
  return { g, x, z };
}

test('the gathered value is the input of the layer, and what comes after it stays', () => {
  const { g, x, z } = layer();
  const before = [...g.nodes];
  const after = reorder(g, 'train', CAPACITY);
  expect(g.nodes).toEqual(before);
  expect(after.nodes.map(({ op }) => op.name)).toEqual(['dropout', 'spmm', 'matmul', 'addBias']);
  const [, gather, product, bias] = after.nodes;
  expect(gather.inputs[0]).toBe(x);
  expect(gather.outputs[0].cols).toBe(8);
  expect(product.inputs[0]).toBe(gather.outputs[0]);
  expect(product.outputs).toEqual([z]);
  expect(bias.inputs[0]).toBe(z);
});

test('other routines, and products that something else reads too, stay as they are', () => {
  const { g } = layer();
  expect(reorder(g, 'evaluate', CAPACITY).nodes).toEqual(g.nodes);
  const shared = layer();
  addBias(shared.g, shared.g.nodes[1].outputs[0], state(shared.g, 'c', 'parameters', 1, 64));
  expect(reorder(shared.g, 'train', CAPACITY).nodes).toEqual(shared.g.nodes);
});
