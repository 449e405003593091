/**
 * Builds a matrix row by row where nobody knows beforehand how full it is: kept sparse, and handed over dense when more
 * than a quarter of it is not zero. (A sparse entry takes 8 bytes instead of 4 and a gather instead of a stream; bags of
 * words fill about 1 %, measured columns nearly 100 %.)
 */
import { growingFloats, growingIds } from './growing.ts';
import type { Matrix } from './matrix.ts';

const DENSE_FROM = 0.25;

export interface MatrixBuilder {
  /** An entry of the current row, in any order of columns; a column named twice adds up. `value` must be finite. */
  readonly add: (col: number, value: number) => void;
  readonly endRow: () => void;
  readonly finish: () => Matrix;
}

/** The same choice for a matrix that is there already, row-major and finite. */
export function matrixOf(rows: number, cols: number, values: Float32Array): Matrix {
  let stored = 0;
  for (const value of values) if (value !== 0) stored++;
  if (stored > DENSE_FROM * values.length) return { kind: 'dense', rows, cols, values };
  const builder = matrixBuilder(cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) builder.add(c, values[r * cols + c]);
    builder.endRow();
  }
  return builder.finish();
}

/** An empty matrix of `cols` columns; every `col` given to it must be below that. */
export function matrixBuilder(cols: number): MatrixBuilder {
  const indptr = growingIds();
  const indices = growingIds();
  const values = growingFloats();
  let start = 0;
  let ascending = true;
  indptr.push(0);

  const sortRow = (): void => {
    const row = new Map<number, number>();
    for (let k = start; k < indices.length; k++)
      row.set(indices.get(k), (row.get(indices.get(k)) ?? 0) + values.get(k));
    indices.length = start;
    values.length = start;
    for (const [col, value] of [...row].sort((a, b) => a[0] - b[0])) {
      indices.push(col);
      values.push(value);
    }
  };

  return {
    add(col, value) {
      if (value === 0) return;
      if (indices.length > start && indices.get(indices.length - 1) >= col) ascending = false;
      indices.push(col);
      values.push(value);
    },
    endRow() {
      if (!ascending) sortRow();
      indptr.push(indices.length);
      start = indices.length;
      ascending = true;
    },
    finish() {
      const rows = indptr.length - 1;
      if (indices.length <= DENSE_FROM * rows * cols) {
        const stored = values.finish();
        const ones = stored.every((value) => value === 1);
        const parts = { indptr: indptr.finish(), indices: indices.finish(), values: ones ? null : stored };
        return { kind: 'sparse', rows, cols, ...parts };
      }
      const dense = new Float32Array(rows * cols);
      for (let r = 0; r < rows; r++) {
        for (let k = indptr.get(r); k < indptr.get(r + 1); k++) dense[r * cols + indices.get(k)] = values.get(k);
      }
      return { kind: 'dense', rows, cols, values: dense };
    },
  };
}
