/**
 * The names that pickles of plain Python containers, NumPy arrays and SciPy CSR matrices need, and what those pickles
 * mean. Old and new releases keep the same classes in modules of different names, Python 2 and 3 too.
 *
 * State of an array: https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c (array_setstate),
 * of a dtype: https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/descriptor.c (arraydescr_setstate).
 */
import { InputError } from '../config/errors.ts';
import type { MatrixRows } from './matrixRows.ts';
import { csrRows, denseRows } from './matrixRows.ts';
import type { NumpyArray } from './numpyArray.ts';
import { readElements, rowMajor } from './numpyArray.ts';
import type { PickleRegistry } from './pickle.ts';
import type { PickleFunction, PickleKey, PickleValue } from './pickleValues.ts';
import { isPickleGlobal, isPickleObject, pickleText } from './pickleValues.ts';

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

/** The `count` numbers in `data`, null where dtype or size do not fit. */
function numbers(dtype: PickleValue | undefined, data: PickleValue | undefined, count: number) {
  if (!isPickleObject(dtype) || dtype.type !== 'dtype' || !(data instanceof Uint8Array)) return null;
  const big = Array.isArray(dtype.state) && pickleText(dtype.state[1]) === '>';
  return readElements(pickleText(dtype.args[0]) ?? '', data, count, big);
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
  const values = Array.isArray(shape) && sizes.length === shape.length ? numbers(dtype, data, count) : null;
  if (!values) {
    throw new InputError(
      `${where}: a NumPy array's data do not fit its shape (${sizes.join(' × ')}) or are not plain numbers; ` +
        'save it again as numbers.',
    );
  }
  return fortran ? rowMajor(sizes, values, where) : { shape: sizes, values };
}

/**
 * A pickled SciPy CSR matrix or two-dimensional NumPy array.
 * @throws InputError where it is neither, its parts do not fit together, or an entry is not a finite 32-bit float
 */
export function numpyMatrix(value: PickleValue | undefined, where: string): MatrixRows {
  const csr = isPickleObject(value) && value.type === 'csr' && value.state instanceof Map ? value.state : null;
  if (!csr) return denseRows(numpyArray(value, where), where);
  const shape = csr.get('_shape') ?? csr.get('shape');
  const part = (key: string) => numpyArray(csr.get(key), where).values;
  const parts = { indptr: part('indptr'), indices: part('indices'), values: part('data') };
  return csrRows(Array.isArray(shape) ? shape.map(Number) : [], parts, where);
}
