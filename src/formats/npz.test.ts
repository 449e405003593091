import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { SPLIT } from './graphData.ts';
import { readNpy, readNpyText } from './npy.ts';
import { readNpz } from './npz.ts';
import { openFiles, readGraphFiles } from './open.ts';

/** A .npy file; `write` puts element i at a byte. */
function npy(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
  { fortran = false, version = 1, header = '' } = {},
): Uint8Array {
  const order = fortran ? 'True' : 'False';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = header || `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': (${tuple}), }`;
  const begin = version === 1 ? 10 : 12;
  const length = Math.ceil((begin + text.length + 1) / 64) * 64 - begin;
  const bytes = new Uint8Array(begin + length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), begin);
  bytes.set(data, begin + length);
  return bytes;
}

function packed<T>(size: number, values: readonly T[], write: (view: DataView, at: number, value: T) => void) {
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, i) => {
    write(view, i * size, value);
  });
  return new Uint8Array(view.buffer);
}

const int64 = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  npy(
    "'<i8'",
    shape,
    packed(8, values, (view, at, value) => view.setBigInt64(at, BigInt(value), true)),
  );
const float32 = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  npy(
    "'<f4'",
    shape,
    packed(4, values, (view, at, value) => view.setFloat32(at, value, true)),
  );
const bool = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  npy("'|b1'", shape, Uint8Array.from(values));
const npz = (arrays: Record<string, Uint8Array>) =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])));

describe('.npy', () => {
  test.each<[string, number, number[], (view: DataView, at: number, value: number) => void]>([
    ["'|b1'", 1, [1, 0], (v, at, x) => v.setUint8(at, x)],
    ["'|i1'", 1, [-128, 127], (v, at, x) => v.setInt8(at, x)],
    ["'|u1'", 1, [0, 255], (v, at, x) => v.setUint8(at, x)],
    ["'<i2'", 2, [-32768, 3], (v, at, x) => v.setInt16(at, x, true)],
    ["'>u2'", 2, [65535, 258], (v, at, x) => v.setUint16(at, x)],
    ["'>i4'", 4, [-(2 ** 31), 5], (v, at, x) => v.setInt32(at, x)],
    ["'=u4'", 4, [2 ** 32 - 1, 5], (v, at, x) => v.setUint32(at, x, true)],
    ["'<i8'", 8, [-(2 ** 53) + 1, 7], (v, at, x) => v.setBigInt64(at, BigInt(x), true)],
    ["'>u8'", 8, [2 ** 53 - 1, 7], (v, at, x) => v.setBigUint64(at, BigInt(x))],
    ["'>f4'", 4, [0.5, -3e38], (v, at, x) => v.setFloat32(at, Math.fround(x))],
    ["'<f8'", 8, [0.1, -1e300], (v, at, x) => v.setFloat64(at, x, true)],
  ])('of %s', (descr, size, values, write) => {
    const read = readNpy(npy(descr, [values.length], packed(size, values, write)), 'a');
    const expected = descr === "'>f4'" ? values.map(Math.fround) : values;
    expect(read.shape).toEqual([values.length]);
    expect(Array.from(read.values)).toEqual(expected);
  });

  test('of half-precision numbers', () => {
    const bits = [0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x3555, 0xfc00];
    const bytes = packed(2, bits, (view, at, value) => view.setUint16(at, value, true));
    const values = [0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, 1365 * 2 ** -12, -Infinity];
    expect(Array.from(readNpy(npy("'<f2'", [8], bytes), 'a').values)).toEqual(values);
  });

  test("in Fortran's order, of either version of the header, and a scalar", () => {
    const data = Uint8Array.of(0, 3, 1, 4, 2, 5);
    const rows = { shape: [2, 3], values: Uint8Array.of(0, 1, 2, 3, 4, 5) };
    expect(readNpy(npy("'|u1'", [2, 3], data, { fortran: true }), 'a')).toEqual(rows);
    expect(readNpy(npy("'|u1'", [2, 3], Uint8Array.of(0, 1, 2, 3, 4, 5), { version: 2 }), 'a')).toEqual(rows);
    expect(readNpy(npy("'|u1'", [], Uint8Array.of(9)), 'a')).toEqual({ shape: [], values: Uint8Array.of(9) });
  });

  test('of text', () => {
    const points = [...'añ\0\0😀'].map((c) => c.codePointAt(0) as number);
    const bytes = packed(4, [...points, 0], (view, at, value) => view.setUint32(at, value, true));
    expect(readNpyText(npy("'<U3'", [2], bytes), 'a')).toEqual(['añ', '😀']);
    expect(readNpyText(npy("'|S2'", [2], Uint8Array.of(97, 98, 99, 0)), 'a')).toEqual(['ab', 'c']);
    expect(readNpyText(int64([1]), 'a')).toBe(null);
  });

  test.each<[string, Uint8Array, string]>([
    [
      'objects',
      npy("'|O'", [1], Uint8Array.of(0x80, 2, 0x2e)),
      'a: holds Python objects (a pickle), which are not read',
    ],
    ['structures', npy("[('x', '<f4')]", [1], new Uint8Array(4)), "a: 4 bytes of type 'structure' are no 1 plain"],
    ['complex numbers', npy("'<c8'", [1], new Uint8Array(8)), "a: 8 bytes of type 'c8'"],
    ['too few bytes', npy("'<f4'", [2, 3], new Uint8Array(20)), "a: 20 bytes of type 'f4' are no 2 × 3 plain numbers"],
    ['a shape of 2^60', npy("'<f4'", [2 ** 30, 2 ** 30], new Uint8Array(4)), 'a: 4 bytes'],
    [
      'numbers beyond 2^53',
      npy("'<i8'", [1], Uint8Array.of(1, 0, 0, 0, 0, 0, 32, 0)),
      'plain numbers below 2^53; save it again as numbers.',
    ],
    ['another version', npy("'<f4'", [1], new Uint8Array(4), { version: 9 }), 'a: has the .npy version 9'],
    ['no header', npy('', [], new Uint8Array(4), { header: 'import os' }), 'a: has a header that says neither'],
    ['other bytes', new Uint8Array(100), 'a: does not begin as a .npy file'],
  ])('that holds %s is refused', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'a')).toThrow(message);
    expect(() => readNpy(bytes, 'a')).toThrow(InputError);
  });
});

/** A path 0 - 1 - 2 - 3 with a loop and a duplicate. */
const benchmark = {
  node_features: float32([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]),
  node_labels: int64([0, 1, -1, 2]),
  edges: int64([0, 1, 1, 2, 2, 3, 3, 3, 1, 0], [5, 2]),
  train_masks: bool([1, 0, 0, 0, 0, 1, 0, 0], [2, 4]),
  val_masks: bool([0, 1, 0, 0, 1, 0, 0, 0], [2, 4]),
  test_masks: bool([0, 0, 0, 1, 0, 0, 0, 1], [2, 4]),
};
const geometric = {
  x: float32([0, 0, 0, 1, 0, 0, 0, 0], [4, 2]),
  y: int64([0, 1, 1, 0], [4, 1]),
  edge_index: int64([0, 1, 2, 1, 2, 3], [2, 3]),
  train_mask: bool([1, 0, 0, 1]),
  test_mask: bool([0, 1, 0, 0]),
};
const matrices = {
  adj_data: float32([1, 1, 0, 1]),
  adj_indices: int64([1, 2, 0, 2]),
  adj_indptr: int64([0, 2, 4, 4]),
  adj_shape: int64([3, 3]),
  attr_data: float32([2, 3]),
  attr_indices: int64([4, 0]),
  attr_indptr: int64([0, 1, 1, 2]),
  attr_shape: int64([3, 5]),
  labels: int64([1, 0, 1]),
  class_names: npy("'|S1'", [2], Uint8Array.of(97, 98)),
  node_names: npy("'|O'", [3], Uint8Array.of(0x80, 2, 0x2e)),
};

describe('.npz', () => {
  test('in the layout of the heterophilous benchmark', () => {
    const file = { name: 'data/path.npz', bytes: npz(benchmark) };
    expect(openFiles([file]).view().what).toBe("NumPy archive 'path.npz'");
    const graph = readGraphFiles([file]);
    expect(graph).toMatchObject({
      name: 'path',
      nodes: 4,
      weight: null,
      classNames: ['class 0', 'class 1', 'class 2'],
    });
    expect(graph.source).toEqual(Uint32Array.of(0, 1, 2, 3, 1));
    expect(graph.target).toEqual(Uint32Array.of(1, 2, 3, 3, 0));
    expect(graph.labels).toEqual(Int32Array.of(0, 1, -1, 2));
    expect(graph.features).toMatchObject({ kind: 'dense', values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const { none, train, validation, test: tested } = SPLIT;
    expect(graph.splits).toEqual([
      Uint8Array.of(train, validation, none, tested),
      Uint8Array.of(validation, train, none, tested),
    ]);
  });

  test("in the layout of PyTorch Geometric's Data, masks of one split or more", () => {
    const graph = readNpz(npz(geometric), 'g.npz');
    expect(graph).toMatchObject({ name: 'g', nodes: 4, classNames: ['class 0', 'class 1'] });
    expect([graph.source, graph.target]).toEqual([Uint32Array.of(0, 1, 2), Uint32Array.of(1, 2, 3)]);
    expect(graph.features).toMatchObject({ kind: 'sparse', indices: Uint32Array.of(1), values: null });
    expect(graph.splits).toEqual([Uint8Array.of(SPLIT.train, SPLIT.test, SPLIT.none, SPLIT.train)]);
    const two = { ...geometric, train_mask: bool([1, 0, 0, 1, 0, 0, 0, 0], [4, 2]) };
    const one = { ...two, test_mask: bool([0, 0, 0, 0, 1, 0, 0, 1], [4, 2]) };
    expect(readNpz(npz(one), 'g').splits).toEqual([
      Uint8Array.of(SPLIT.train, SPLIT.none, SPLIT.test, SPLIT.none),
      Uint8Array.of(SPLIT.none, SPLIT.train, SPLIT.none, SPLIT.test),
    ]);
  });

  test('of edges alone, also transposed', () => {
    const graph = readNpz(npz({ edge_index: int64([0, 1, 5, 2, 2, 3], [3, 2]) }), 'g');
    expect(graph).toMatchObject({ nodes: 6, features: null, labels: null, splits: [] });
    expect([graph.source, graph.target]).toEqual([Uint32Array.of(0, 5, 2), Uint32Array.of(1, 2, 3)]);
  });

  test("of SciPy's matrices, without the names that are pickles", () => {
    const graph = readNpz(npz(matrices), 'm.npz');
    expect(graph.notes).toEqual(['Not read: m.npz, node_names, which holds no text of fixed width.']);
    expect(graph).toMatchObject({ nodes: 3, weight: null, classNames: ['a', 'b'], nodeIds: null });
    expect([graph.source, graph.target]).toEqual([Uint32Array.of(0, 0, 1), Uint32Array.of(1, 2, 2)]);
    expect(graph.labels).toEqual(Int32Array.of(1, 0, 1));
    expect(graph.features).toMatchObject({
      kind: 'sparse',
      indptr: Uint32Array.of(0, 1, 1, 2),
      indices: Uint32Array.of(4, 0),
      values: Float32Array.of(2, 3),
    });
    const weighted = readNpz(npz({ ...matrices, adj_data: float32([1, 2, 0, 1]) }), 'm');
    expect(weighted.weight).toEqual(Float32Array.of(1, 2, 1));
    const pickled = { ...matrices, labels: npy("'|O'", [3], Uint8Array.of(0x80, 2, 0x2e)) };
    expect(() => readNpz(npz(pickled), 'm.npz')).toThrow('m.npz, labels: holds Python objects (a pickle)');
  });

  test('of several labels per node, dense or sparse; of one each in both forms', () => {
    const rows = { indptr: Uint32Array.of(0, 2, 3, 3, 4), indices: Uint32Array.of(0, 2, 1, 2) };
    const sets = { kind: 'sparse', rows: 4, cols: 3, ...rows, values: null };
    const y = float32([1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1], [4, 3]);
    const dense = readNpz(npz({ ...geometric, y }), 'g');
    expect(dense).toMatchObject({ labels: null, classNames: ['class 0', 'class 1', 'class 2'] });
    expect(dense.labelSets).toEqual(sets);
    // Columns in any order, a stored zero.
    const parts = { data: [1, 1, 1, 0, 1], indices: [2, 0, 1, 0, 2], indptr: [0, 2, 3, 4, 5], shape: [4, 3] };
    const csr = Object.fromEntries(Object.entries(parts).map(([part, values]) => [`y_${part}`, int64(values)]));
    const { y: _, ...rest } = geometric;
    expect(readNpz(npz({ ...rest, ...csr }), 'g').labelSets).toEqual(sets);
    const oneHot = readNpz(npz({ ...geometric, y: int64([0, 1, 1, 0, 0, 0, 0, 1], [4, 2]) }), 'g');
    expect(oneHot.labels).toEqual(Int32Array.of(1, 0, -1, 1));
    expect(oneHot.labelSets).toBeNull();
  });

  test.each<[string, Record<string, Uint8Array>, string]>([
    [
      'marks that are no 1',
      { ...geometric, y: int64([0, 1, 1, 0, 0, 2, 0, 1], [4, 2]) },
      'g.npz, y: row 2, column 1 holds 2; mark the classes of a node by 1, else 0.',
    ],
    [
      'marks of other nodes',
      { ...geometric, y: int64([0, 1, 1, 0], [2, 2]) },
      'g.npz, y: has 2 rows; give one per node',
    ],
    ['too few weights', { ...geometric, edge_weight: float32([1, 2]) }, 'give one weight per edge, of 3 edges'],
    ['nothing known', { a: int64([1]) }, 'g.npz: holds no edges under a name known here'],
    ['a node that is not there', { ...benchmark, edges: int64([0, 4], [1, 2]) }, 'g.npz, edges: an edge names node 4'],
    ['a negative node', { edge_index: int64([0, -1], [2, 1]) }, 'g.npz, edge_index: an edge names node -1'],
    [
      'a node far beyond its two',
      { edge_index: int64([0, 60_000_000], [2, 1]) },
      'an edge names node 60000000; number',
    ],
    ['a node beyond all memory', { edge_index: int64([0, 2 ** 40], [2, 1]) }, 'names node 1099511627776; number'],
    [
      'edges of three',
      { edge_index: int64([0, 1, 2], [3, 1]) },
      'g.npz, edge_index: has the shape 3 × 1; give one pair',
    ],
    ['too few labels', { ...geometric, y: int64([0, 1]) }, 'g.npz, y: has the shape 2; give one class per node'],
    ['labels that are no classes', { ...geometric, y: float32([0, 1, 0.5, 1]) }, 'g.npz, y: node 2 has the class 0.5'],
    ['a class beyond all sense', { ...geometric, y: int64([0, 1, 2 ** 31, 1]) }, 'node 2 has the class 2147483648'],
    ['features that are not finite', { ...geometric, x: float32([0, NaN, 0, 0], [4, 1]) }, 'g.npz, x: row 1, column 0'],
    [
      'a node in two parts',
      { ...geometric, test_mask: bool([1, 0, 0, 0]) },
      'test_mask: node 0 is in two parts of split 0',
    ],
    ['a mask of other numbers', { ...geometric, test_mask: bool([0, 7, 0, 0]) }, 'test_mask: node 1 has the entry 7'],
    ['masks of other lengths', { ...geometric, test_mask: bool([0, 1]) }, 'test_mask: has the shape 2; give one entry'],
    [
      'fewer splits',
      { ...benchmark, test_masks: bool([0, 0, 0, 1], [1, 4]) },
      'test_masks: has 1 splits, but train_masks',
    ],
    ['half a matrix', { ...matrices, adj_data: float32([1]) }, 'the parts of a CSR matrix do not fit together'],
    ['a matrix without its shape', { adj_indptr: int64([0]) }, 'g.npz, adj_indices: is missing'],
    [
      'features of other nodes',
      { ...matrices, attr_shape: int64([2, 5]), attr_indptr: int64([0, 1, 2]) },
      'features of 2 nodes',
    ],
  ])('with %s is refused', (_, arrays, message) => {
    expect(() => readNpz(npz(arrays), 'g.npz')).toThrow(message);
    expect(() => readNpz(npz(arrays), 'g.npz')).toThrow(InputError);
  });
});
