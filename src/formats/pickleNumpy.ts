/**
 * The names that pickles of plain Python containers, NumPy arrays and SciPy CSR matrices need, and what those pickles
 * mean. Old and new releases keep the same classes in modules of different names, Python 2 and 3 too.
 *
 * State of an array: https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c (array_setstate),
 * of a dtype: https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/descriptor.c (arraydescr_setstate).
 */
import { InputError } from '../config/errors.ts';
import type { PickleRegistry } from './pickle.ts';
import type { PickleFunction, PickleKey, PickleValue } from './pickleValues.ts';
import { isPickleGlobal, isPickleObject, pickleText } from './pickleValues.ts';

/** Numbers of any dtype in row-major order. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** A matrix of finite numbers, read row by row; a row may name a column twice (the values add up). */
export interface MatrixRows {
  readonly rows: number;
  readonly cols: number;
  /** Calls `add` for the entries of row `r` that are stored. */
  readonly visit: (r: number, add: (col: number, value: number) => void) => void;
}

const emptyList: PickleFunction = (args) => (args.length === 0 ? [] : undefined);
const emptyMap: PickleFunction = (args) => (args.every(isPickleGlobal) ? new Map() : undefined); // defaultdict(list)
const object = (type: string): PickleFunction => {
  return (args) => ({ kind: 'object', type, args, state: null });
};
/** `_reconstruct(ndarray, (0,), b'b')` and `_reconstructor(csr_matrix, object, None)`: an empty one, filled by BUILD. */
const emptyInstance: PickleFunction = ([type]) => (isPickleGlobal(type) ? type.call([]) : undefined);

const orderedDict: PickleFunction = (args) => {
  const pairs = args.length === 0 ? [] : args[0];
  if (args.length > 1 || !Array.isArray(pairs)) return undefined;
  const map = new Map<PickleKey, PickleValue>();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const key = pickleText(pair[0]) ?? pair[0];
    if (key !== null && typeof key === 'object') return undefined;
    map.set(key, pair[1]);
  }
  return map;
};

/** Python 3 writes bytes into protocols 0 to 2 as `encode(text, 'latin1')`, and empty ones as `bytes()`. */
const encode: PickleFunction = ([text, codec]) => {
  if (typeof text !== 'string' || !/^(latin-?1|iso-?8859-?1)$/i.test(pickleText(codec) ?? '')) return undefined;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 255) return undefined;
    bytes[i] = text.charCodeAt(i);
  }
  return bytes;
};
const emptyBytes: PickleFunction = (args) => (args.length === 0 ? new Uint8Array(0) : undefined);

/** `scalar(dtype, bytes)`: one number, as node ids made by NumPy are. */
const scalar: PickleFunction = (args) => numbers(args[0], args[1], 1)?.[0];

const table: [modules: string[], name: string, make: PickleFunction][] = [
  [['__builtin__', 'builtins'], 'list', emptyList],
  [['__builtin__', 'builtins'], 'dict', emptyMap],
  [['__builtin__', 'builtins'], 'object', object('object')],
  [['__builtin__', 'builtins'], 'bytes', emptyBytes],
  [['collections'], 'defaultdict', emptyMap],
  [['collections'], 'OrderedDict', orderedDict],
  [['copy_reg', 'copyreg'], '_reconstructor', emptyInstance],
  [['_codecs'], 'encode', encode],
  [['numpy'], 'ndarray', object('ndarray')],
  [['numpy'], 'dtype', object('dtype')],
  [['numpy.core.multiarray', 'numpy._core.multiarray'], '_reconstruct', emptyInstance],
  [['numpy.core.multiarray', 'numpy._core.multiarray'], 'scalar', scalar],
  [['numpy.core.numeric', 'numpy._core.numeric'], '_frombuffer', object('frombuffer')],
  [['scipy.sparse.csr', 'scipy.sparse._csr'], 'csr_matrix', object('csr')],
  [['scipy.sparse._csr'], 'csr_array', object('csr')],
];

/** Containers, NumPy arrays and SciPy CSR matrices: nothing that could act. */
export const NUMPY_REGISTRY: PickleRegistry = new Map(
  table.flatMap(([modules, name, make]) => modules.map((module) => [`${module} ${name}`, make] as const)),
);

/** One element of each dtype that holds plain numbers; b1 is NumPy's bool. */
const ELEMENTS = new Map<string, [bytes: number, read: (view: DataView, at: number, little: boolean) => number]>([
  ['b1', [1, (v, at) => v.getUint8(at)]],
  ['i1', [1, (v, at) => v.getInt8(at)]],
  ['u1', [1, (v, at) => v.getUint8(at)]],
  ['i2', [2, (v, at, little) => v.getInt16(at, little)]],
  ['u2', [2, (v, at, little) => v.getUint16(at, little)]],
  ['i4', [4, (v, at, little) => v.getInt32(at, little)]],
  ['u4', [4, (v, at, little) => v.getUint32(at, little)]],
  ['i8', [8, (v, at, little) => Number(v.getBigInt64(at, little))]],
  ['u8', [8, (v, at, little) => Number(v.getBigUint64(at, little))]],
  ['f4', [4, (v, at, little) => v.getFloat32(at, little)]],
  ['f8', [8, (v, at, little) => v.getFloat64(at, little)]],
]);

/** The `count` numbers in `data`, undefined where dtype or size do not fit. */
function numbers(dtype: PickleValue | undefined, data: PickleValue | undefined, count: number) {
  if (!isPickleObject(dtype) || dtype.type !== 'dtype' || !(data instanceof Uint8Array)) return undefined;
  const element = ELEMENTS.get(pickleText(dtype.args[0]) ?? '');
  if (!element || data.length !== count * element[0]) return undefined;
  const big = Array.isArray(dtype.state) && pickleText(dtype.state[1]) === '>';
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [size, read] = element;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * size, !big);
  return values;
}

/**
 * The numbers of a pickled array.
 * @throws InputError where it is no array of plain numbers, or its data are not as many as its shape says
 */
export function numpyArray(value: PickleValue | undefined, where: string): NumpyArray {
  if (!isPickleObject(value) || (value.type !== 'ndarray' && value.type !== 'frombuffer')) {
    throw new InputError(`${where}: a NumPy array is expected here; check that this is the right file.`);
  }
  // ndarray: (version, shape, dtype, Fortran order, data); _frombuffer: (data, dtype, shape, 'C' or 'F').
  const state = Array.isArray(value.state) ? value.state : [];
  const [shape, dtype, fortran, data] =
    value.type === 'ndarray'
      ? [state[1], state[2], state[3] === true || state[3] === 1, state[4]]
      : [value.args[2], value.args[1], value.args[3] === 'F', value.args[0]];
  const sizes = Array.isArray(shape) ? shape.filter((n) => Number.isInteger(n) && Number(n) >= 0).map(Number) : [];
  const count = sizes.reduce((product, n) => product * n, 1);
  const values = Array.isArray(shape) && sizes.length === shape.length ? numbers(dtype, data, count) : undefined;
  if (!values) {
    throw new InputError(
      `${where}: a NumPy array's data do not fit its shape (${sizes.join(' × ')}) or are not plain numbers; ` +
        'save it again as numbers.',
    );
  }
  if (!fortran || sizes.length < 2) return { shape: sizes, values };
  if (sizes.length > 2) throw new InputError(`${where}: an array of ${sizes.length} dimensions; give a matrix.`);
  const [rows, cols] = sizes;
  return { shape: sizes, values: values.map((_, i) => values[(i % cols) * rows + Math.floor(i / cols)]) };
}

/**
 * A pickled SciPy CSR matrix or two-dimensional NumPy array.
 * @throws InputError where it is neither, its parts do not fit together, or an entry is not a finite 32-bit float
 */
export function numpyMatrix(value: PickleValue | undefined, where: string): MatrixRows {
  const csr = isPickleObject(value) && value.type === 'csr' && value.state instanceof Map ? value.state : null;
  return csr ? csrRows(csr, where) : denseRows(numpyArray(value, where), where);
}

function csrRows(state: ReadonlyMap<PickleKey, PickleValue>, where: string): MatrixRows {
  const shape = state.get('_shape') ?? state.get('shape');
  const [rows, cols] = Array.isArray(shape) ? shape.map(Number) : [];
  const indptr = numpyArray(state.get('indptr'), where).values;
  const indices = numpyArray(state.get('indices'), where).values;
  const values = numpyArray(state.get('data'), where).values;
  const bad = (what: string) => new InputError(`${where}: ${what}; the file is damaged, get it again.`);
  if (!isSize(rows) || !isSize(cols) || indptr.length !== rows + 1 || indices.length !== values.length) {
    throw bad('the parts of a CSR matrix do not fit together');
  }
  // Rising from 0 to at most the number of entries: then every row lies inside the arrays.
  if (indptr[0] !== 0 || indptr[rows] > indices.length) throw bad('the row bounds of a CSR matrix are out of range');
  for (let r = 0; r < rows; r++) {
    if (!(indptr[r + 1] >= indptr[r])) throw bad(`row ${r} of a CSR matrix ends before it begins`);
    for (let k = indptr[r]; k < indptr[r + 1]; k++) {
      if (!(indices[k] >= 0 && indices[k] < cols)) {
        throw bad(`row ${r} names the column ${indices[k]}, but there are only ${cols}`);
      }
      checkFinite(values[k], r, indices[k], where);
    }
  }
  const visit: MatrixRows['visit'] = (r, add) => {
    for (let k = indptr[r]; k < indptr[r + 1]; k++) add(indices[k], values[k]);
  };
  return { rows, cols, visit };
}

function denseRows({ shape, values }: NumpyArray, where: string): MatrixRows {
  const [rows, cols] = shape;
  if (shape.length !== 2 || !isSize(rows) || !isSize(cols)) {
    throw new InputError(`${where}: a matrix is expected, this is ${shape.join(' × ') || 'a single number'}.`);
  }
  for (let i = 0; i < values.length; i++) checkFinite(values[i], Math.floor(i / cols), i % cols, where);
  const visit: MatrixRows['visit'] = (r, add) => {
    for (let c = 0; c < cols; c++) if (values[r * cols + c] !== 0) add(c, values[r * cols + c]);
  };
  return { rows, cols, visit };
}

function isSize(n: number | undefined): n is number {
  return Number.isInteger(n) && Number(n) > 0 && Number(n) < 2 ** 31;
}

function checkFinite(value: number, row: number, col: number, where: string): void {
  if (Number.isFinite(Math.fround(value))) return;
  throw new InputError(`${where}: row ${row}, column ${col} holds ${value}; replace it by a finite number.`);
}
