/**
 * NumPy arrays of plain numbers, however they arrive (in a pickle, in a .npy file).
 * Type codes: https://numpy.org/doc/stable/reference/arrays.interface.html
 */
import { InputError } from '../config/errors.ts';

export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Numbers in row-major order. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: NumberArray;
}

interface Element {
  readonly bytes: number;
  readonly make: (length: number) => NumberArray;
  readonly read: (view: DataView, at: number, little: boolean) => number;
}

const element = (bytes: number, make: Element['make'], read: Element['read']): Element => ({ bytes, make, read });
const float64 = (length: number) => new Float64Array(length);

/** One element of each type that holds plain numbers; b1 is NumPy's bool. */
const ELEMENTS = new Map<string, Element>([
  [
    'b1',
    element(
      1,
      (n) => new Uint8Array(n),
      (v, at) => v.getUint8(at),
    ),
  ],
  [
    'i1',
    element(
      1,
      (n) => new Int8Array(n),
      (v, at) => v.getInt8(at),
    ),
  ],
  [
    'u1',
    element(
      1,
      (n) => new Uint8Array(n),
      (v, at) => v.getUint8(at),
    ),
  ],
  [
    'i2',
    element(
      2,
      (n) => new Int16Array(n),
      (v, at, little) => v.getInt16(at, little),
    ),
  ],
  [
    'u2',
    element(
      2,
      (n) => new Uint16Array(n),
      (v, at, little) => v.getUint16(at, little),
    ),
  ],
  [
    'i4',
    element(
      4,
      (n) => new Int32Array(n),
      (v, at, little) => v.getInt32(at, little),
    ),
  ],
  [
    'u4',
    element(
      4,
      (n) => new Uint32Array(n),
      (v, at, little) => v.getUint32(at, little),
    ),
  ],
  ['i8', element(8, float64, (v, at, little) => Number(v.getBigInt64(at, little)))],
  ['u8', element(8, float64, (v, at, little) => Number(v.getBigUint64(at, little)))],
  [
    'f2',
    element(
      2,
      (n) => new Float32Array(n),
      (v, at, little) => half(v.getUint16(at, little)),
    ),
  ],
  [
    'f4',
    element(
      4,
      (n) => new Float32Array(n),
      (v, at, little) => v.getFloat32(at, little),
    ),
  ],
  ['f8', element(8, float64, (v, at, little) => v.getFloat64(at, little))],
]);

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The `count` numbers in `data`, of a type such as `i8`; null where the type is no plain number, the bytes are not as many,
 * or a 64-bit integer is beyond 2^53, where it would be rounded.
 */
export function readElements(code: string, data: Uint8Array, count: number, bigEndian: boolean): NumberArray | null {
  const found = ELEMENTS.get(code);
  if (!found || data.length !== count * found.bytes) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = found.make(count);
  for (let i = 0; i < count; i++) values[i] = found.read(view, i * found.bytes, !bigEndian);
  return /^[iu]8$/.test(code) && !values.every(Number.isSafeInteger) ? null : values;
}

/**
 * Numbers in Fortran's order, first index fastest, put in row-major order.
 * @throws InputError for more than two dimensions
 */
export function rowMajor(shape: readonly number[], values: NumberArray, where: string): NumpyArray {
  if (shape.length < 2) return { shape, values };
  if (shape.length > 2) throw new InputError(`${where}: an array of ${shape.length} dimensions; give a matrix.`);
  const [rows, cols] = shape;
  return { shape, values: values.map((_, i) => values[(i % cols) * rows + Math.floor(i / cols)]) };
}
