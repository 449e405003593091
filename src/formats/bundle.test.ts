import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readBundle, writeBundle } from './bundle.ts';
import type { GraphData } from './graphData.ts';
import type { Tensor } from './safetensors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/** A triangle, a self-loop and two isolated nodes. */
const GRAPH: GraphData = {
  name: 'toy',
  nodes: 6,
  source: Uint32Array.of(0, 0, 1, 3),
  target: Uint32Array.of(1, 2, 2, 3),
  weight: null,
  features: {
    kind: 'sparse',
    rows: 6,
    cols: 300,
    indptr: Uint32Array.of(0, 2, 2, 3, 6, 6, 7),
    indices: Uint32Array.of(0, 299, 150, 1, 2, 3, 128),
    values: null,
  },
  featureNames: Array.from({ length: 300 }, (_, i) => `word${i}`),
  labelSets: null,
  labels: Int32Array.of(0, 1, -1, 1, 0, 1),
  classNames: ['a', 'caf\u00e9'],
  splits: [Uint8Array.of(1, 2, 0, 3, 3, 1), Uint8Array.of(0, 0, 0, 0, 0, 1)],
  nodeIds: ['n0', 'n1', 'n2', '', 'n4', 'n5'],
  positions: Float32Array.of(0, 0, 1, 1, 0.5, 0.25, 0, 1, 1, 0, 0.5, 0.5),
  notes: [],
};

/** The same file with some tensors or metadata replaced, or left out where the new value is null. */
function tampered(tensors: Record<string, Tensor | null>, metadata: Record<string, string | null> = {}): Uint8Array {
  const file = readSafetensors(writeBundle(GRAPH), 'toy');
  for (const [key, tensor] of Object.entries(tensors)) {
    if (tensor) file.tensors.set(key, tensor);
    else file.tensors.delete(key);
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null) file.metadata.delete(key);
    else file.metadata.set(key, value);
  }
  return writeSafetensors(file.tensors, file.metadata);
}

const u8 = (...values: number[]): Tensor => ({ dtype: 'U8', shape: [values.length], data: Uint8Array.from(values) });
const f32 = (shape: number[], ...values: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});
const i32 = (...values: number[]): Tensor => ({ dtype: 'I32', shape: [values.length], data: Int32Array.from(values) });

describe('bundle', () => {
  test('what is written is read back', () => {
    const bytes = writeBundle(GRAPH, new Map([['licence', 'none']]));
    expect(readBundle(bytes, 'x')).toEqual(GRAPH);
    expect(readSafetensors(bytes, 'x').metadata.get('licence')).toBe('none');
  });

  test('a graph with nothing but edges, weights and dense features', () => {
    const bare: GraphData = {
      ...GRAPH,
      weight: Float32Array.of(1, 2, 3, 4),
      features: { kind: 'dense', rows: 6, cols: 2, values: Float32Array.from({ length: 12 }, (_, i) => i / 8) },
      featureNames: null,
      labels: null,
      labelSets: null,
      classNames: [],
      splits: [],
      nodeIds: null,
      positions: null,
    };
    expect(readBundle(writeBundle(bare), 'x')).toEqual(bare);
    expect(readBundle(writeBundle({ ...bare, features: null, weight: null }), 'x').features).toBeNull();
  });

  test('several labels per node', () => {
    const rows = { indptr: Uint32Array.of(0, 2, 2, 3, 3, 3, 3), indices: Uint32Array.of(0, 1, 1) };
    const labelSets = { kind: 'sparse', rows: 6, cols: 2, ...rows, values: null } as const;
    const several: GraphData = { ...GRAPH, labels: null, labelSets, classNames: ['a', 'b'] };
    expect(readBundle(writeBundle(several), 'x')).toEqual(several);
    const fewer = writeBundle({ ...several, classNames: ['a'] });
    expect(() => readBundle(fewer, 'x')).toThrow(InputError);
    expect(() => readBundle(fewer, 'x')).toThrow("the tensor 'labels'");
  });

  test('features with values keep them', () => {
    const features = { ...GRAPH.features, values: Float32Array.of(1, 2, 3, 4, 5, 6, 7) } as GraphData['features'];
    expect(readBundle(writeBundle({ ...GRAPH, features }), 'x').features).toEqual(features);
  });

  test('both directions and duplicates become one edge, whatever their order', () => {
    const source = Uint32Array.of(2, 0, 1, 2, 3, 0);
    const target = Uint32Array.of(1, 2, 0, 0, 3, 1);
    expect(writeBundle({ ...GRAPH, source, target })).toEqual(writeBundle(GRAPH));
    const twice = { ...GRAPH, source, target, weight: Float32Array.of(1, 2, 3, 9, 1, 3) };
    expect(() => writeBundle(twice)).toThrow('toy: the edge 0 - 2 has two weights, 2 and 9; make it symmetric.');
  });

  test('a line break in a name is refused before it shifts all others', () => {
    expect(() => writeBundle({ ...GRAPH, classNames: ['a', 'b\nc'] })).toThrow(InputError);
  });

  const bad: [string, Uint8Array, RegExp][] = [
    ['another safetensors file', tampered({}, { format: null }), /not a graph/],
    ['a later version', tampered({}, { version: '2' }), /bundle version '2'/],
    ['no count of nodes', tampered({}, { nodes: null }), /no 'nodes'/],
    ['a count that is no number', tampered({}, { nodes: '1e3' }), /impossible 'nodes' 1e3/],
    ['more nodes than memory', tampered({}, { nodes: '268435457' }), /impossible 'nodes'/],
    ['more nodes than bytes', tampered({}, { nodes: '200000000' }), /'edges' has 10 bytes, too few for 200000000 rows/],
    ['no nodes', tampered({}, { nodes: '0' }), /no nodes/],
    ['no edges', tampered({ edges: null }), /no tensor 'edges'/],
    ['edges of another dtype', tampered({ edges: i32(1) }), /'edges' as I32 \[1\] instead of U8 \[any\]/],
    ['edges cut off', tampered({ edges: u8(2, 1, 0, 0) }), /'edges' has 4 bytes/],
    ['edges that end in a row', tampered({ edges: u8(0, 0, 0, 0, 0, 0x80) }), /'edges' ends before row 5/],
    ['a node that is not there', tampered({ edges: u8(1, 6, 0, 0, 0, 0, 0) }), /'edges' has the id 6 in row 0/],
    ['an id past 2^32', tampered({ edges: u8(1, 255, 255, 255, 255, 127, 0, 0, 0, 0, 0) }), /the id 34359738367/],
    [
      'a number without end',
      tampered({ edges: u8(1, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0) }),
      /more than 5 bytes/,
    ],
    ['a count too large', tampered({ edges: u8(100, 0, 0, 0, 0, 0, 0) }), /claims 100 ids in row 0/],
    ['bytes after the last row', tampered({ edges: u8(0, 0, 0, 0, 0, 0, 0) }), /has 1 bytes after its last row/],
    ['a feature that is not there', tampered({}, { features: '299' }), /'features' has the id 299/],
    ['features promised but missing', tampered({ features: null }), /no tensor 'features'/],
    ['too few values', tampered({ 'features.values': f32([2], 1, 2) }), /'features.values' as F32 \[2\] instead of/],
    [
      'NaN in values',
      tampered({ 'features.values': f32([7], 1, 2, 3, NaN, 5, 6, 7) }),
      /NaN in .*'features.values' at entry 3/,
    ],
    ['an infinite weight', tampered({ 'edges.weight': f32([4], 1, 2, 3, Infinity) }), /Infinity in .*'edges.weight'/],
    ['too few names of features', tampered({ feature_names: u8(65, 10, 66) }), /names 2 features but has 300/],
    ['a label without a class', tampered({ labels: i32(0, 0, 2, 0, 0, 0) }), /gives node 2 the class 2 of 2/],
    ['a label below -1', tampered({ labels: i32(0, -2, 0, 0, 0, 0) }), /gives node 1 the class -2/],
    ['labels of other nodes', tampered({ labels: i32(0, 0) }), /'labels' as I32 \[2\] instead of I32 \[6\]/],
    [
      'an unknown split code',
      tampered({ splits: { dtype: 'U8', shape: [1, 6], data: Uint8Array.of(0, 1, 4, 0, 0, 0) } }),
      /gives node 2 the split code 4/,
    ],
    ['too few names', tampered({ node_ids: u8(65, 10, 66) }), /names 2 nodes but has 6/],
    ['names that are not UTF-8', tampered({ node_ids: u8(0xff) }), /'node_ids', which is not UTF-8/],
    [
      'a position outside',
      tampered({ positions: f32([6, 2], ...new Array(11).fill(0), 1.5) }),
      /has 1.5 in .*'positions'/,
    ],
  ];
  test.each(bad)('refuses %s in one sentence that names the file', (_, bytes, message) => {
    const read = () => readBundle(bytes, 'toy.safetensors');
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^toy\.safetensors: /);
  });
});
