import { expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import type { CsrMatrix, Matrix } from './matrix.ts';
import { readNpz } from './npz.ts';
import { type NpzGraph, writeNpz } from './npzWriter.ts';

/** 0 ← 1, 0 ← 2, 2 ← 0: directed, so that neither end can be taken for the other. */
const adjacency = (values: Float32Array | null): CsrMatrix => ({
  kind: 'sparse',
  rows: 3,
  cols: 3,
  indptr: Uint32Array.of(0, 2, 2, 3),
  indices: Uint32Array.of(1, 2, 0),
  values,
});
const dense: Matrix = { kind: 'dense', rows: 3, cols: 2, values: Float32Array.of(0.5, -1, 0, 2, 3, 0) };
const sparse: Matrix = {
  kind: 'sparse',
  rows: 3,
  cols: 4,
  indptr: Uint32Array.of(0, 2, 2, 3),
  indices: Uint32Array.of(0, 3, 1),
  values: Float32Array.of(0.25, 2, -1),
};
const graph = (changes: Partial<NpzGraph> = {}): NpzGraph => ({
  name: 'three',
  nodes: 3,
  adjacency: adjacency(null),
  features: dense,
  labels: Int32Array.of(1, -1, 0),
  labelSets: null,
  splits: [Uint8Array.of(1, 0, 3), Uint8Array.of(2, 0, 1)],
  ...changes,
});
const back = (changes?: Partial<NpzGraph>): GraphData => readNpz(writeNpz(graph(changes)), 'three.npz');

test('what is written is read back: edges with their direction, features, labels, every split', () => {
  expect(back()).toMatchObject({
    name: 'three',
    nodes: 3,
    source: Uint32Array.of(1, 2, 0),
    target: Uint32Array.of(0, 0, 2),
    weight: null,
    features: dense,
    labels: Int32Array.of(1, -1, 0),
    splits: [Uint8Array.of(1, 0, 3), Uint8Array.of(2, 0, 1)],
    notes: [],
  });
});

test('so are weights and sparse features, also those whose entries are all 1', () => {
  const weights = Float32Array.of(0.5, 2, 3);
  expect(back({ adjacency: adjacency(weights), features: sparse })).toMatchObject({
    weight: weights,
    features: sparse,
  });
  const ones = back({ features: { ...sparse, values: null } }).features as CsrMatrix;
  expect(ones.indices).toEqual(sparse.indices);
  expect(ones.values ?? Float32Array.of(1, 1, 1)).toEqual(Float32Array.of(1, 1, 1));
});

test('so are several labels of a node', () => {
  const sets = { indptr: Uint32Array.of(0, 2, 2, 3), indices: Uint32Array.of(0, 2, 1) };
  const labelSets: CsrMatrix = { kind: 'sparse', rows: 3, cols: 3, ...sets, values: null };
  expect(back({ labelSets })).toMatchObject({ labels: null, labelSets });
});

test('the same graph gives the same bytes', () => {
  expect(writeNpz(graph())).toEqual(writeNpz(graph()));
});

test('what is too large for one file is said before anything is written', () => {
  const indices = { length: 2 ** 30 } as Uint32Array;
  expect(() => writeNpz(graph({ adjacency: { ...adjacency(null), indices } }))).toThrow(InputError);
});
