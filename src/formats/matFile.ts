/**
 * MATLAB's level 5 MAT-files, which `save -v7`, `save -v6` and SciPy's savemat write: a header of 128 bytes, then one
 * element per variable, as it is or compressed with zlib. An element is a type, a number of bytes, and these bytes.
 * https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf (the numbers in the comments are its tables).
 *
 * Only matrices of real numbers are read. Cells, structures, text and objects are listed and stepped over as a whole.
 */
import { InputError } from '../config/errors.ts';
import { quote } from '../config/parse.ts';
import { unzlib } from './inflate.ts';
import type { MatrixRows } from './matrixRows.ts';
import { cscRows, denseRows } from './matrixRows.ts';
import { readElements, rowMajor } from './numpyArray.ts';

const HEADER_BYTES = 128;
const MAX_UNPACKED = 2 ** 30;
/** Far more than a graph has; it bounds how often unpacking begins. */
const MOST_ELEMENTS = 1000;
const MOST_DIMENSIONS = 32;
/** A dense matrix of bytes packs a million to one, but every entry may become an edge of 12 bytes. */
const MOST_ENTRIES = 2 ** 27;

/** Table 1-1. */
const [MATRIX, COMPRESSED] = [14, 15];
/** Table 1-1: the numbers, by their codes in numpyArray.ts. */
const NUMBERS = '- i1 u1 i2 u2 i4 u4 f4 - f8 - - i8 u8'.split(' ');
/** Table 1-3; the last two are not in the document, but in files. */
const CLASSES =
  '- cell struct object char sparse double single int8 uint8 int16 uint16 int32 uint32 int64 uint64 function object'.split(
    ' ',
  );
const [SPARSE, FIRST_NUMERIC, LAST_NUMERIC, OPAQUE] = [5, 6, 15, 17];
const [LOGICAL, COMPLEX] = [0x0200, 0x0800];

export interface MatVariable {
  readonly name: string;
  /** MATLAB's word for it: `sparse`, `double`, `struct`. */
  readonly type: string;
  /** As the file claims: nothing is allocated yet. Empty for objects, which do not say. */
  readonly shape: readonly number[];
  /**
   * Its rows. Allocates for every row of `shape`: check that first. Throws InputError, which begins with `where`, where it
   * is no matrix of finite real numbers or the bytes are not those of its shape.
   */
  readonly read: (where: string) => MatrixRows;
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
  /** Where the next one begins. */
  readonly next: number;
}

interface Encoding {
  readonly bigEndian: boolean;
  readonly damaged: (what: string) => InputError;
}

/** Whether the bytes begin like a level 5 MAT-file. */
export function isMat(bytes: Uint8Array): boolean {
  return headerText(bytes).startsWith('MATLAB 5.0 MAT-file');
}

/**
 * The variables of a MAT-file in its order; `where` is the file's name.
 * @throws InputError where it is damaged, not of level 5, or unpacks to more than 1 GiB
 */
export function openMat(bytes: Uint8Array, where: string): MatVariable[] {
  const encoding = checkHeader(bytes, where);
  const { damaged } = encoding;
  let budget = MAX_UNPACKED;
  const unpack = (data: Uint8Array): Element => {
    const promised = (head: Uint8Array) => {
      const size = 8 + new DataView(head.buffer, head.byteOffset).getUint32(4, !encoding.bigEndian);
      budget -= size;
      if (budget >= 0) return size;
      throw new InputError(`${where}: unpacks to more than ${MAX_UNPACKED} bytes; save the graph's matrices sparse.`);
    };
    return elementAt(
      unzlib(data, promised, () => damaged('a compressed variable cannot be unpacked')),
      0,
      encoding,
    );
  };
  const variables = new Map<string, MatVariable>();
  let elements = 0;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    if (++elements > MOST_ELEMENTS) {
      throw new InputError(`${where}: holds more than ${MOST_ELEMENTS} variables; save the graph's alone.`);
    }
    const outer = elementAt(bytes, at, encoding);
    const { type, data } = outer.type === COMPRESSED ? unpack(outer.data) : outer;
    if (type !== MATRIX) throw damaged(`byte ${at} begins no variable`);
    const variable = readVariable(data, encoding);
    if (variables.has(variable.name)) throw damaged('two variables have one name');
    // MATLAB keeps what functions and objects refer to in a variable without a name.
    if (variable.name !== '') variables.set(variable.name, variable);
    at = outer.next;
  }
  return [...variables.values()];
}

function headerText(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes.subarray(0, 116));
}

function checkHeader(bytes: Uint8Array, where: string): Encoding {
  const text = headerText(bytes);
  if (text.startsWith('MATLAB 7.3') || text.startsWith('\x89HDF\r\n')) {
    throw new InputError(`${where}: is a MAT-file of version 7.3 (HDF5); save it with -v7 instead of -v7.3.`);
  }
  if (!isMat(bytes)) {
    throw new InputError(`${where}: is no MAT-file of level 5; save it in MATLAB with -v7, or with SciPy's savemat.`);
  }
  const damaged = (what: string) =>
    new InputError(`${where}: ${what}; the MAT-file is damaged or cut off, get it again.`);
  // The writer's 16-bit "MI", in its own order.
  const order = String.fromCharCode(...bytes.subarray(126, HEADER_BYTES));
  if (order !== 'IM' && order !== 'MI') throw damaged('the header does not tell the order of bytes');
  return { bigEndian: order === 'MI', damaged };
}

/** The element at a byte. One of at most 4 bytes may have its size, type and data in 8 bytes (its upper half the size). */
function elementAt(bytes: Uint8Array, at: number, { bigEndian, damaged }: Encoding): Element {
  if (at + 8 > bytes.length) throw damaged('an element is missing');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  const word = view.getUint32(0, !bigEndian);
  const small = word >>> 16;
  const size = small || view.getUint32(4, !bigEndian);
  const begin = at + (small ? 4 : 8);
  if (small > 4 || begin + size > bytes.length) throw damaged('an element ends behind what holds it');
  const type = small ? word & 0xffff : word;
  // All but compressed ones are filled up to a multiple of 8 bytes.
  const next = type === COMPRESSED ? begin + size : at + (small ? 8 : 8 + 8 * Math.ceil(size / 8));
  return { type, data: bytes.subarray(begin, begin + size), next };
}

/** The numbers of an element; `count` where it is known how many there must be. */
function numbersOf({ type, data }: Element, what: string, { bigEndian, damaged }: Encoding, count?: number) {
  const code = NUMBERS[type] ?? '-';
  const held = count ?? Math.floor(data.length / Number(code[1]));
  const values = readElements(code, data, held, bigEndian);
  if (values) return values;
  throw damaged(`${what} should be ${count ?? 'a list of'} plain numbers below 2^53`);
}

/** The elements from a byte on, one per call. */
function elementsFrom(bytes: Uint8Array, begin: number, encoding: Encoding): () => Element {
  let at = begin;
  return () => {
    const element = elementAt(bytes, at, encoding);
    at = element.next;
    return element;
  };
}

/** What is inside a matrix (tables 1-2 and 1-3, figure 1-2): flags, dimensions, name; the rest is left to `read`. */
function readVariable(data: Uint8Array, encoding: Encoding): MatVariable {
  const take = elementsFrom(data, 0, encoding);
  const [flags] = numbersOf(take(), "a variable's class", encoding, 2);
  const kind = flags & 0xff;
  const shape = kind === OPAQUE ? [] : Array.from(numbersOf(take(), "a variable's size", encoding));
  if (
    kind === 0 ||
    kind >= CLASSES.length ||
    shape.length > MOST_DIMENSIONS ||
    !shape.every((n) => Number.isInteger(n) && n >= 0)
  ) {
    throw encoding.damaged('a variable is of no known class and size');
  }
  const title = take();
  const name = new TextDecoder().decode(title.data);
  const type = flags & LOGICAL && kind !== SPARSE ? 'logical' : CLASSES[kind];
  const read = (where: string): MatrixRows => {
    const sparse = kind === SPARSE;
    if (!sparse && (kind < FIRST_NUMERIC || kind > LAST_NUMERIC)) {
      throw new InputError(`${where}: is of the class ${type}; save it as a matrix of numbers.`);
    }
    if (flags & COMPLEX) throw new InputError(`${where}: holds complex numbers; save their real part.`);
    const [rows, cols] = shape;
    if (shape.length !== 2 || rows * cols === 0) {
      throw new InputError(`${where}: is ${shape.join(' × ')}; give a matrix with at least one row and column.`);
    }
    const parts = elementsFrom(data, title.next, encoding);
    const part = (what: string, count?: number) => numbersOf(parts(), `${what} of ${quote(name)}`, encoding, count);
    if (sparse) {
      const [ir, jc, pr] = ['the row indices', 'the column bounds', 'the entries'].map((what) => part(what));
      // Room for nzmax entries may have been saved: what counts is where the last column ends.
      const count = jc[jc.length - 1];
      return cscRows(shape, { indptr: jc, indices: ir.subarray(0, count), values: pr.subarray(0, count) }, where);
    }
    if (rows * cols > MOST_ENTRIES) {
      throw new InputError(`${where}: is ${rows} × ${cols}, too many entries for a full matrix; save it sparse.`);
    }
    return denseRows(rowMajor(shape, part('the entries', rows * cols), where), where);
  };
  return { name, type, shape, read };
}
