/**
 * NumPy's .npy: a header that is a Python dictionary, then raw numbers or text.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * An array of objects is a pickle and is never read.
 */
import { InputError } from '../config/errors.ts';
import { bytesOf } from './matrix.ts';
import type { NumpyArray } from './numpyArray.ts';
import { readElements, rowMajor } from './numpyArray.ts';

interface Header {
  /** Type without byte order: `f4`, `b1`, `U12`, `O`; empty for a structure. */
  readonly code: string;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * The numbers of a .npy file. 64-bit integers must be below 2^53 in magnitude.
 * @throws InputError where it is damaged, or holds anything but plain numbers
 */
export function readNpy(bytes: Uint8Array, where: string): NumpyArray {
  const { code, bigEndian, fortran, shape, data } = readHeader(bytes, where);
  if (code.startsWith('O')) {
    throw new InputError(`${where}: holds Python objects (a pickle), which are not read; save it as numbers.`);
  }
  const values = readElements(code, data, countOf(shape), bigEndian);
  if (!values) {
    throw new InputError(
      `${where}: ${data.length} bytes of type '${code || 'structure'}' are no ${shape.join(' × ') || 'single'} plain ` +
        'numbers below 2^53; save it again as numbers.',
    );
  }
  return fortran ? rowMajor(shape, values, where) : { shape, values };
}

/**
 * The texts of a .npy file of fixed-width Unicode (`U12`) or bytes (`S12`), without the zeros that pad them; null where it
 * holds something else.
 * @throws InputError where it is damaged
 */
export function readNpyText(bytes: Uint8Array, where: string): string[] | null {
  const { code, bigEndian, shape, data } = readHeader(bytes, where);
  const [, kind, width] = /^([US])(\d+)$/.exec(code) ?? [];
  const count = countOf(shape);
  const unit = kind === 'U' ? 4 : 1;
  if (!kind || shape.length !== 1 || data.length !== count * unit * Number(width)) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: count }, (_, i) => {
    let text = '';
    for (let c = i * Number(width); c < (i + 1) * Number(width); c++) {
      const point = unit === 4 ? view.getUint32(4 * c, !bigEndian) : view.getUint8(c);
      if (point > 0x10ffff) throw new InputError(`${where}: entry ${i} is no text; the file is damaged, get it again.`);
      if (point > 0) text += String.fromCodePoint(point);
    }
    return text;
  });
}

function readHeader(bytes: Uint8Array, where: string): Header {
  const damaged = (what: string) => new InputError(`${where}: ${what}; the file is damaged, get it again.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    throw damaged('does not begin as a .npy file');
  }
  const version = bytes[6];
  if (version < 1 || version > 3) throw damaged(`has the .npy version ${version}`);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (begin + length > bytes.length) throw damaged('ends inside its header');
  const text = new TextDecoder('latin1').decode(bytes.subarray(begin, begin + length));
  const descr = /'descr':\s*(?:'([<>|=]?)([A-Za-z]\d*)'|\[)/.exec(text);
  const fortran = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text);
  if (!descr || !fortran || !shape) throw damaged('has a header that says neither type nor shape');
  const code = descr[2] ?? '';
  return {
    code,
    bigEndian: descr[1] === '>',
    fortran: fortran[1] === 'True',
    shape: shape[1].split(',').flatMap((size) => (size.trim() === '' ? [] : [Number.parseInt(size, 10)])),
    data: bytes.subarray(begin + length),
  };
}

/**
 * A .npy file of version 1.0 in row-major order; `descr` is NumPy's name of the type, `data` its little-endian bytes.
 * @throws RangeError where shape and data disagree
 */
export function writeNpy(descr: '<f4' | '<i4' | '|b1', shape: readonly number[], data: ArrayBufferView): Uint8Array {
  if (data.byteLength !== countOf(shape) * Number(descr.at(-1))) {
    throw new RangeError(`${data.byteLength} bytes are not ${shape.join(' × ')} of ${descr}`);
  }
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // The data begin at a multiple of 64 bytes, as NumPy writes them, behind a line feed.
  const begin = Math.ceil((10 + header.length + 1) / 64) * 64;
  const out = new Uint8Array(begin + data.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(out.buffer).setUint16(8, begin - 10, true);
  out.set(new TextEncoder().encode(`${header.padEnd(begin - 11)}\n`), 10);
  out.set(bytesOf(data), begin);
  return out;
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
