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

/**
 * A SciPy CSR matrix from its parts.
 * @throws InputError where they do not fit together, or an entry is not a finite 32-bit float
 */
export function csrRows(
  shape: ArrayLike<number>,
  { indptr, indices, values }: { indptr: NumberArray; indices: NumberArray; values: NumberArray },
  where: string,
): MatrixRows {
  const [rows, cols] = [shape[0], shape[1]];
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
