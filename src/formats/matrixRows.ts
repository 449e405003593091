/** Matrices of a file whose numbers are not yet trusted, checked and read row by row. */
import { InputError } from '../config/errors.ts';
import type { NumberArray, NumpyArray } from './numpyArray.ts';

/** A matrix of finite numbers, read row by row; a row may name a column twice (the values add up). */
export interface MatrixRows {
  readonly rows: number;
  readonly cols: number;
  /** Calls `add` for the entries of row `r` that are stored. */
  readonly visit: (r: number, add: (col: number, value: number) => void) => void;
}

/** A compressed matrix: the entries of row (or column) r are indptr[r] .. indptr[r+1]. */
export interface CompressedParts {
  readonly indptr: NumberArray;
  readonly indices: NumberArray;
  readonly values: NumberArray;
}

/**
 * A SciPy CSR matrix from its parts.
 * @throws InputError where they do not fit together, or an entry is not a finite 32-bit float
 */
export function csrRows(shape: ArrayLike<number>, parts: CompressedParts, where: string): MatrixRows {
  const [rows, cols] = [shape[0], shape[1]];
  checkCompressed([rows, cols], parts, ['row', 'column'], where);
  return { rows, cols, visit: visitor(parts) };
}

/**
 * A matrix by columns (CSC), as MATLAB keeps sparse ones. Allocates for every row that `shape` claims: check that first.
 * @throws InputError as csrRows
 */
export function cscRows(shape: ArrayLike<number>, parts: CompressedParts, where: string): MatrixRows {
  const [rows, cols] = [shape[0], shape[1]];
  checkCompressed([cols, rows], parts, ['column', 'row'], where);
  const indptr = new Uint32Array(rows + 1);
  const count = parts.indptr[cols];
  for (let k = 0; k < count; k++) indptr[parts.indices[k] + 1]++;
  for (let r = 0; r < rows; r++) indptr[r + 1] += indptr[r];
  const indices = new Uint32Array(count);
  const values = parts.values.slice(0, count);
  const next = indptr.slice();
  for (let c = 0; c < cols; c++) {
    for (let k = parts.indptr[c]; k < parts.indptr[c + 1]; k++) {
      const to = next[parts.indices[k]]++;
      indices[to] = c;
      values[to] = parts.values[k];
    }
  }
  return { rows, cols, visit: visitor({ indptr, indices, values }) };
}

function visitor({ indptr, indices, values }: CompressedParts): MatrixRows['visit'] {
  return (r, add) => {
    for (let k = indptr[r]; k < indptr[r + 1]; k++) add(indices[k], values[k]);
  };
}

function checkCompressed(
  [outer, inner]: readonly [number, number],
  { indptr, indices, values }: CompressedParts,
  [line, place]: readonly [string, string],
  where: string,
): void {
  const bad = (what: string) => new InputError(`${where}: ${what}; the file is damaged, get it again.`);
  const kind = line === 'row' ? 'CSR' : 'CSC';
  if (!isSize(outer) || !isSize(inner) || indptr.length !== outer + 1 || indices.length !== values.length) {
    throw bad(`the parts of a ${kind} matrix do not fit together`);
  }
  // Rising from 0 to at most the number of entries: then every row lies inside the arrays.
  if (indptr[0] !== 0 || !(indptr[outer] <= indices.length)) {
    throw bad(`the ${line} bounds of a ${kind} matrix are out of range`);
  }
  for (let r = 0; r < outer; r++) {
    if (!(Number.isInteger(indptr[r + 1]) && indptr[r + 1] >= indptr[r] && indptr[r + 1] <= indices.length)) {
      throw bad(`the bounds of ${line} ${r} of a ${kind} matrix are wrong`);
    }
    for (let k = indptr[r]; k < indptr[r + 1]; k++) {
      const at = indices[k];
      if (!(Number.isInteger(at) && at >= 0 && at < inner)) {
        throw bad(`${line} ${r} names the ${place} ${at}, but there are only ${inner}`);
      }
      if (line === 'row') checkFinite(values[k], r, at, where);
      else checkFinite(values[k], at, r, where);
    }
  }
}

/** @throws InputError where the array is no matrix, or an entry is not a finite 32-bit float */
export function denseRows({ shape, values }: NumpyArray, where: string): MatrixRows {
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
