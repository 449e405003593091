import { existsSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import { readMat } from './mat.ts';
import { openMat } from './matFile.ts';
import type { CsrMatrix, Matrix } from './matrix.ts';
import { openFiles, readGraphFiles } from './open.ts';

/** Types of elements and classes of variables: tables 1-1 and 1-3 of the format's document. */
const T = { i1: 1, u1: 2, i2: 3, u2: 4, i4: 5, u4: 6, f4: 7, f8: 9, i8: 12, u8: 13, matrix: 14, packed: 15 } as const;
const C = { cell: 1, struct: 2, char: 4, sparse: 5, double: 6, single: 7, uint8: 9, int32: 12, object: 17 } as const;
type NumberType = Exclude<keyof typeof T, 'matrix' | 'packed'>;
const WRITE: Record<
  NumberType,
  [bytes: number, set: (view: DataView, at: number, x: number, little: boolean) => void]
> = {
  i1: [1, (v, at, x) => v.setInt8(at, x)],
  u1: [1, (v, at, x) => v.setUint8(at, x)],
  i2: [2, (v, at, x, little) => v.setInt16(at, x, little)],
  u2: [2, (v, at, x, little) => v.setUint16(at, x, little)],
  i4: [4, (v, at, x, little) => v.setInt32(at, x, little)],
  u4: [4, (v, at, x, little) => v.setUint32(at, x, little)],
  f4: [4, (v, at, x, little) => v.setFloat32(at, x, little)],
  f8: [8, (v, at, x, little) => v.setFloat64(at, x, little)],
  i8: [8, (v, at, x, little) => v.setBigInt64(at, BigInt(x), little)],
  u8: [8, (v, at, x, little) => v.setBigUint64(at, BigInt(x), little)],
};

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Writes MAT-files in either order of bytes, a small element in the short form. */
function writer(little: boolean) {
  const element = (type: number, data: Uint8Array): Uint8Array => {
    const small = data.length > 0 && data.length <= 4;
    const bytes = new Uint8Array(small ? 8 : 8 + 8 * Math.ceil(data.length / 8));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, small ? data.length * 65536 + type : type, little);
    if (!small) view.setUint32(4, data.length, little);
    bytes.set(data, small ? 4 : 8);
    return bytes;
  };
  const list = (type: NumberType, values: readonly number[]): Uint8Array => {
    const [size, set] = WRITE[type];
    const view = new DataView(new ArrayBuffer(size * values.length));
    values.forEach((value, i) => {
      set(view, i * size, value, little);
    });
    return element(T[type], new Uint8Array(view.buffer));
  };
  const matrix = (name: string, type: keyof typeof C, shape: readonly number[], parts: Uint8Array[], flags = 0) => {
    const head = [list('u4', [flags + C[type], 0]), list('i4', shape), element(T.i1, new TextEncoder().encode(name))];
    return element(T.matrix, concat([...head, ...parts]));
  };
  const sparse = (name: string, shape: number[], ir: number[], jc: number[], pr: Uint8Array, flags = 0) =>
    matrix(name, 'sparse', shape, [list('i4', ir), list('i4', jc), pr], flags);
  const packed = (variable: Uint8Array): Uint8Array => {
    const data = deflateSync(variable);
    const tag = new DataView(new ArrayBuffer(8));
    tag.setUint32(0, T.packed, little);
    tag.setUint32(4, data.length, little);
    return concat([new Uint8Array(tag.buffer), data]);
  };
  const file = (variables: readonly Uint8Array[], text = 'MATLAB 5.0 MAT-file, written by a test'): Uint8Array => {
    const header = new Uint8Array(128);
    header.set(new TextEncoder().encode(text.padEnd(116)));
    const view = new DataView(header.buffer);
    view.setUint16(124, 0x0100, little);
    view.setUint16(126, 0x4d49, little);
    return concat([header, ...variables]);
  };
  return { element, list, matrix, sparse, packed, file };
}

const { element, list, matrix, sparse, packed, file } = writer(true);
const full = (name: string, shape: number[], values: number[]) => matrix(name, 'double', shape, [list('f8', values)]);
/** 0 → 1, 1 → 2 of weight 2, 2 → 0. */
const network = sparse('network', [3, 3], [2, 0, 1], [0, 1, 2, 3], list('f8', [1, 1, 2]));

function rowsOf(found: Matrix | null): number[][] {
  if (!found) return [];
  const { rows, cols } = found;
  const out = Array.from({ length: rows }, () => new Array<number>(cols).fill(0));
  for (let r = 0; r < rows; r++) {
    if (found.kind === 'dense') out[r] = [...found.values.subarray(r * cols, (r + 1) * cols)];
    else for (let k = found.indptr[r]; k < found.indptr[r + 1]; k++) out[r][found.indices[k]] = found.values?.[k] ?? 1;
  }
  return out;
}

const edgesOf = ({ source, target, weight }: GraphData) =>
  Array.from(source, (from, e) => [from, target[e], weight?.[e] ?? 1]);

const ring = new Uint8Array(readFileSync(new URL('testdata/ring.mat', import.meta.url)));

describe('a MAT-file that SciPy wrote', () => {
  test.each([
    ['as it is', { name: 'some/folder/ring.mat', bytes: ring }],
    ['packed with gzip', { name: 'ring.mat.gz', bytes: gzipSync(ring) }],
  ])('%s', (_, given) => {
    const graph = readGraphFiles([given]);
    expect(graph).toMatchObject({ name: 'ring', nodes: 8, weight: null, splits: [], nodeIds: null });
    const expected = Array.from({ length: 8 }, (_, v) => [
      [v, Math.min((v + 7) % 8, (v + 1) % 8), 1],
      [v, Math.max((v + 7) % 8, (v + 1) % 8), 1],
    ]);
    expect(edgesOf(graph)).toEqual(expected.flat());
    expect(rowsOf(graph.features)).toEqual(
      Array.from({ length: 8 }, (_, v) => Array.from({ length: 5 }, (_, c) => (c === v % 5 ? v + 1 : 0))),
    );
    expect(graph.labels).toBeNull();
    expect(rowsOf(graph.labelSets ?? null)).toEqual(
      Array.from({ length: 8 }, (_, v) =>
        [0, 1, 2].map((c) => (v < 7 && (c === v % 3 || (v === 4 && c === 2)) ? 1 : 0)),
      ),
    );
    expect(graph.classNames).toEqual(['class 0', 'class 1', 'class 2']);
    expect(graph.notes.map((note) => note.replace('.mat.gz', '.mat'))).toEqual([
      'Not read: "title" (1 × 20 char), "made" (1 × 1 struct), "parts" (1 × 2 cell).',
    ]);
  });

  test('is recognised by its name or by its first bytes', () => {
    expect(openFiles([{ name: 'a/ring.mat', bytes: ring }]).view().what).toBe("MATLAB file 'ring.mat'");
    expect(openFiles([{ name: 'download', bytes: ring }]).view().what).toBe("MATLAB file 'download'");
  });
});

describe('a MAT-file', () => {
  test.each<[string, boolean, boolean]>([
    ['little-endian', true, false],
    ['big-endian', false, false],
    ['big-endian, compressed', false, true],
  ])('%s, with numbers stored in any type', (_, little, compressed) => {
    const w = writer(little);
    for (const type of Object.keys(WRITE) as NumberType[]) {
      // One variable per shape: the entries by columns, the last column sparse.
      const values = type.startsWith('u') ? [0, 1, 2, 0, 7, 3] : [0, 1, -2, 0, 7, 3];
      const variables = [
        w.sparse('A', [3, 3], [1, 0, 2], [0, 1, 1, 3], w.list(type, [1, 5, 2])),
        w.matrix('X', 'double', [3, 2], [w.list(type, values)]),
        w.matrix('gnd', 'double', [1, 3], [w.list(type, [2, 1, 3])]),
      ];
      const graph = readMat(w.file(compressed ? variables.map(w.packed) : variables), 'g.mat');
      expect(edgesOf(graph)).toEqual([
        [0, 2, 5],
        [1, 0, 1],
        [2, 2, 2],
      ]);
      expect(rowsOf(graph.features)).toEqual([
        [values[0], values[3]],
        [values[1], values[4]],
        [values[2], values[5]],
      ]);
      expect(graph.labels).toEqual(Int32Array.of(1, 0, 2));
      expect(graph.classNames).toEqual(['class 1', 'class 2', 'class 3']);
      expect(graph.notes).toEqual([]);
    }
  });

  test('with a full network, sparse classes, room for more entries, and nothing else', () => {
    const square = matrix('Adj', 'uint8', [2, 2], [list('u1', [0, 1, 1, 0])], 0x0200);
    const group = sparse('Y', [2, 3], [1, 0, 9, 9], [0, 0, 1, 2], list('u1', [1, 1]), 0x0200);
    const graph = readMat(file([square, group]), 'g.mat');
    expect(edgesOf(graph)).toEqual([
      [0, 1, 1],
      [1, 0, 1],
    ]);
    expect(graph).toMatchObject({ features: null, labels: Int32Array.of(2, 1), notes: [] });
    expect(readMat(file([square]), 'g.mat')).toMatchObject({ nodes: 2, labels: null, classNames: [] });
  });

  test('with classes from 0, and -1 for none', () => {
    const graph = readMat(file([network, full('Label', [3, 1], [0, -1, 2])]), 'g.mat');
    expect(graph.labels).toEqual(Int32Array.of(0, -1, 2));
    expect(graph.classNames).toEqual(['class 0', 'class 1', 'class 2']);
  });

  test('with variables named by the user', () => {
    const other = full('W', [3, 3], [0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const bytes = file([network, other, full('anomaly', [3, 1], [0, 1, 0]), full('label', [3, 1], [1, 2, 3])]);
    const graph = readGraphFiles([{ name: 'g.mat', bytes }], {
      matNames: { network: 'W', labels: 'anomaly', attributes: 'W' },
    });
    expect(edgesOf(graph)).toEqual([[0, 1, 4]]);
    expect(graph.labels).toEqual(Int32Array.of(0, 1, 0));
    expect(rowsOf(graph.features)[0]).toEqual([0, 4, 0]);
    expect(graph.notes).toEqual(['Not read: "network" (3 × 3 sparse), "label" (3 × 1 double).']);
  });

  test('is shown with its variables and what they are read as', () => {
    const label = full('label', [3, 1], [1, 2, 3]);
    const bytes = file([network, label, full('W', [3, 3], [0, 0, 0, 4, 0, 0, 0, 0, 0])]);
    const view = (choices = {}) => openFiles([{ name: 'g.mat', bytes }]).view(choices).mat;
    expect(view()).toEqual({
      variables: [
        { name: 'network', type: '3 × 3 sparse' },
        { name: 'label', type: '3 × 1 double' },
        { name: 'W', type: '3 × 3 double' },
      ],
      roles: { network: 'network', attributes: null, labels: 'label' },
    });
    const choices = { matNames: { attributes: 'W', labels: null } };
    expect(view(choices)?.roles).toEqual({ network: 'network', attributes: 'W', labels: null });
    expect(readGraphFiles([{ name: 'g.mat', bytes }], choices)).toMatchObject({ labels: null, features: { cols: 3 } });
  });

  test("steps over MATLAB's own workspace and objects", () => {
    const object = element(T.matrix, concat([list('u4', [C.object, 0]), element(T.i1, Uint8Array.of(111))]));
    const workspace = matrix('', 'uint8', [1, 3], [list('u1', [1, 2, 3])]);
    expect(readMat(file([workspace, object, network]), 'g.mat').notes).toEqual(['Not read: "o" (object).']);
  });
});

describe('a MAT-file is refused', () => {
  const x = (shape: number[], values: number[]) => file([network, full('X', shape, values)]);
  const y = (shape: number[], values: number[]) => file([network, full('Y', shape, values)]);
  const compressed = (data: Uint8Array) => {
    const tag = new DataView(new ArrayBuffer(8));
    tag.setUint32(0, T.packed, true);
    tag.setUint32(4, data.length, true);
    return concat([new Uint8Array(tag.buffer), data]);
  };
  /** Zeros that begin as a variable of `size` bytes. */
  const bomb = (size: number, zeros: number) => {
    const content = new Uint8Array(zeros);
    new DataView(content.buffer).setUint32(0, T.matrix, true);
    new DataView(content.buffer).setUint32(4, size, true);
    return file([compressed(deflateSync(content))]);
  };
  const jc = (bounds: number[]) => file([sparse('A', [3, 3], [0, 1, 2], bounds, list('f8', [1, 1, 1]))]);
  const ir = (rows: number[]) => file([sparse('A', [3, 3], rows, [0, 1, 2, 3], list('f8', [1, 1, 1]))]);

  test.each<[string, Uint8Array, string]>([
    ['of version 7.3', file([], 'MATLAB 7.3 MAT-file, Platform: x'), 'version 7.3 (HDF5); save it with -v7 instead'],
    ['that is HDF5', Uint8Array.from('\x89HDF\r\n\x1a\n', (c) => c.charCodeAt(0)), 'version 7.3 (HDF5)'],
    ['of level 4', new Uint8Array(200), 'g.mat: is no MAT-file of level 5'],
    ['of nothing', new Uint8Array(0), 'g.mat: is no MAT-file of level 5'],
    ['cut in the header', ring.slice(0, 120), 'g.mat: the header does not tell the order of bytes'],
    ['without variables', file([]), 'g.mat: holds no variables'],
    ['cut in a variable', file([network]).slice(0, -30), 'an element ends behind what holds it'],
    ['with an element that is no variable', file([list('f8', [1, 2])]), 'byte 128 begins no variable'],
    ['with a variable in a variable', file([packed(packed(network))]), 'g.mat: '],
    ['with two variables of one name', file([network, network]), 'two variables have one name'],
    ['with 1001 variables', file(new Array(1001).fill(matrix('', 'uint8', [0, 0], []))), 'more than 1000 variables'],
    ['that promises 4 GiB', bomb(0xfffffff0, 5_000_000), 'unpacks to more than 1073741824 bytes'],
    [
      'that promises more than deflate can make',
      bomb(900_000_000, 500_000),
      'a compressed variable cannot be unpacked',
    ],
    ['that unpacks to more than it promises', bomb(100, 5_000_000), 'a compressed variable cannot be unpacked'],
    ['with a class that nobody knows', file([matrix('A', 'object', [1, 1], [], 8)]), 'is of no known class and size'],
    ['with a size below 0', file([full('A', [-1, -1], [1])]), 'is of no known class and size'],
    [
      'with a size that is no number',
      file([element(T.matrix, concat([list('u4', [6, 0]), list('f8', [2, Number.NaN])]))]),
      'no known',
    ],
    [
      'without a network',
      file([full('B', [1, 2], [1, 2])]),
      'has no variable "network"; name the right one of "B" (1 × 2 double).',
    ],
    ['with two networks', file([network, full('adj', [1, 1], [1])]), 'has 2 variables that may be the network; name'],
    ['with a network that is not square', file([full('A', [1, 2], [1, 2])]), '"A": is 1 × 2 double; give a square'],
    ['with a network without nodes', file([full('A', [0, 0], [])]), '"A": is 0 × 0; give a matrix with at least one'],
    ['with a network in a cube', file([full('A', [1, 1, 2], [1, 2])]), '"A": is 1 × 1 × 2 double; give a square'],
    ['with a structure for a network', file([matrix('A', 'struct', [1, 1], [])]), '"A": is of the class struct'],
    [
      'with complex numbers',
      file([matrix('A', 'double', [1, 1], [list('f8', [1]), list('f8', [1])], 0x0800)]),
      'complex',
    ],
    [
      'with a sparse network of complex numbers',
      file([sparse('A', [1, 1], [0], [0, 1], list('f8', [1]), 0x0800)]),
      'complex',
    ],
    [
      'with fewer numbers than its size',
      file([full('A', [99, 99], [1, 2])]),
      'the entries of "A" should be 9801 plain',
    ],
    [
      'with a huge full matrix',
      file([full('A', [2 ** 30, 2 ** 30], [1])]),
      '"A": is 1073741824 × 1073741824, too many',
    ],
    ['with a huge sparse matrix', file([sparse('A', [2 ** 30, 2 ** 30], [0], [0, 1], list('f8', [1]))]), 'do not fit'],
    ['with columns that go back', jc([0, 2, 1, 3]), 'the bounds of column 1 of a CSC matrix are wrong'],
    ['with columns that begin late', jc([1, 1, 2, 3]), 'the column bounds of a CSC matrix are out of range'],
    ['with columns behind the entries', jc([0, 9, 9, 3]), 'the bounds of column 0 of a CSC matrix are wrong'],
    ['with more entries than there are', jc([0, 1, 2, 9]), 'the column bounds of a CSC matrix are out of range'],
    ['with a negative number of entries', jc([0, 1, 2, -1]), 'g.mat, "A": the '],
    ['with too few columns', jc([0, 1, 3]), 'the parts of a CSC matrix do not fit together'],
    ['with a row behind the last', ir([0, 1, 3]), 'column 2 names the row 3, but there are only 3'],
    ['with a row below 0', ir([0, -1, 2]), 'column 1 names the row -1'],
    [
      'with infinite weights',
      file([sparse('A', [1, 1], [0], [0, 1], list('f8', [Infinity]))]),
      'row 0, column 0 holds Infinity',
    ],
    ['with numbers beyond 2^53', file([matrix('A', 'double', [1, 1], [list('i8', [2 ** 53])])]), 'below 2^53'],
    [
      'with features of other nodes',
      x([2, 2], [1, 2, 3, 4]),
      '"X": is 2 × 2 double; give one row for each of the 3 nodes',
    ],
    ['with features without columns', x([3, 0], []), '"X": is 3 × 0; give a matrix with at least one row and column'],
    ['with features that are not finite', x([3, 1], [0, Number.NaN, 0]), '"X": row 1, column 0 holds NaN'],
    ['with labels of other nodes', y([2, 1], [1, 2]), '"Y": is 2 × 1 double; give one row for each of the 3 nodes'],
    ['with half a class', y([3, 1], [1, 0.5, 2]), '"Y": node 1 has the class 0.5; number classes'],
    ['with a million classes', y([3, 1], [1, 1e6, 2]), '"Y": node 1 has the class 1000000'],
    ['with an indicator of 2', y([3, 2], [1, 0, 0, 0, 2, 0]), '"Y": row 1, column 1 holds 2; mark the classes'],
  ])('%s', (_, bytes, message) => {
    expect(() => readMat(bytes, 'g.mat')).toThrow(message);
    expect(() => readMat(bytes, 'g.mat')).toThrow(InputError);
  });

  test('where the user names a variable that is not there', () => {
    const bytes = file([network, full('Y', [3, 1], [1, 2, 3])]);
    expect(() => readMat(bytes, 'g.mat', { labels: 'group' })).toThrow(
      'g.mat: has no variable "group"; name the right one of "network" (3 × 3 sparse), "Y" (3 × 1 double).',
    );
  });

  test('with a wrong type of file behind its name, or beside others', () => {
    const refuse = (name: string, bytes: Uint8Array, more: { name: string; bytes: Uint8Array }[] = []) =>
      expect(() => readGraphFiles([{ name, bytes }, ...more])).toThrow(InputError);
    refuse('a.mat', new TextEncoder().encode('0,1\n'));
    refuse('a.csv', file([], 'MATLAB 7.3 MAT-file'));
    refuse('ring.mat', ring, [{ name: 'edges.csv', bytes: new TextEncoder().encode('0,1\n') }]);
  });
});

const folder = `${process.env.EDGEWISE_DATA}/adagcn`;

describe.skipIf(!existsSync(folder))('the citation graphs (skipped unless EDGEWISE_DATA holds adagcn/)', () => {
  test.each([
    ['acmv9', 9360, 581],
    ['citationv1', 8935, 166],
  ])('%s', (id, nodes, several) => {
    const bytes = new Uint8Array(readFileSync(`${folder}/${id}.mat`));
    expect(openMat(bytes, id).map(({ name, type, shape }) => [name, type, ...shape])).toEqual([
      ['attrb', 'sparse', nodes, 6775],
      ['group', 'int32', nodes, 5],
      ['network', 'sparse', nodes, nodes],
    ]);
    const graph = readGraphFiles([{ name: `${id}.mat`, bytes }]);
    expect(graph).toMatchObject({ name: id, nodes, weight: null });
    expect(graph.features).toMatchObject({ kind: 'sparse', rows: nodes, cols: 6775 });
    expect(graph.classNames.length).toBe(5);
    const { indptr, indices } = graph.labelSets as CsrMatrix;
    const sizes = Array.from({ length: nodes }, (_, v) => indptr[v + 1] - indptr[v]);
    expect(Math.min(...sizes)).toBe(1);
    expect(sizes.filter((size) => size > 1).length).toBe(several);
    expect(Math.max(...indices)).toBe(4);
    expect(graph.notes).toEqual([]);
    // Undirected: each edge in both directions.
    const key = (a: number, b: number) => a * nodes + b;
    const there = new Set(Array.from(graph.source, (from, e) => key(from, graph.target[e])));
    expect(graph.source.every((from, e) => there.has(key(graph.target[e], from)))).toBe(true);
  });
});
