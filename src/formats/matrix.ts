/**
 * The two matrices that everything above passes around. Row-major, zero-based, plain typed arrays.
 */

/** Compressed sparse rows: the columns of row r are indices[indptr[r] .. indptr[r+1]), ascending. */
export interface CsrMatrix {
  readonly kind: 'sparse';
  readonly rows: number;
  readonly cols: number;
  /** Length rows + 1, first 0, last the number of stored entries. */
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  /** One per entry; null where every entry is 1. */
  readonly values: Float32Array | null;
}

/** Row-major dense matrix, rows × cols, no padding. */
export interface DenseMatrix {
  readonly kind: 'dense';
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
}

export type Matrix = CsrMatrix | DenseMatrix;

/** The bytes of an array as they lie in memory: little-endian, as on every platform that has WebGPU. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
