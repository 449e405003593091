import type { CsrMatrix } from '../formats/matrix.ts';

/**
 * How samplers ask for data. A sampler is a generator: it yields RowRequests and receives Rows; it does no I/O. `store`
 * answers from its cache or its chunks, tests answer from memory.
 */

/** A dense table: one row of `cols` numbers per node. */
export interface DenseTable {
  readonly kind: 'dense';
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

export type Table = CsrMatrix | DenseTable;

/**
 * The tables of a stored graph. `labels` is sparse where nodes have several; `degree` is the weighted in-degree, plus 1 where a node
 * has no self-loop, f32.
 */
export type TableName = 'neighbors' | 'features' | 'degree' | 'labels' | 'split';

export interface RowRequest {
  readonly table: TableName;
  /** Global node ids, in any order, possibly repeated. */
  readonly rows: Uint32Array;
  /**
   * Of a sparse table: only these entries of each row, counted from its first, the end exclusive. So a row that is too long to be
   * held comes in pieces.
   */
  readonly entries?: readonly [begin: number, end: number];
  /** A server that has the table in memory may give it whole, without a copy. */
  readonly orWhole?: boolean;
  /** Memory in which the rows of a dense table are wanted, if they fit: the answer is a view of its beginning. */
  readonly into?: ArrayBuffer;
}

/** The requested rows, in the order of the request; or, where the request allows it, the whole table. */
export interface Rows<T extends Table = Table> {
  readonly table: T;
  /**
   * For the rows of a sparse table: the position of each row's first entry (of those asked for) in the whole table, that is the
   * global id of its edge. Null where the table is dense, or whole: then row v is that of node v.
   */
  readonly first: Uint32Array | null;
}

/** A kind of typed arrays. */
export interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): T;
  new (memory: ArrayBuffer, at: number, length: number): T;
}

/** The array that a server answers with: in the memory that was offered, where it has the room. */
export function answerIn<T>(Type: ArrayType<T>, length: number, into?: ArrayBuffer): T {
  const fits = into !== undefined && into.byteLength >= length * Type.BYTES_PER_ELEMENT;
  return fits ? new Type(into, 0, length) : new Type(length);
}

/**
 * Memory for the dense rows of a batch: what an earlier one left, if it is large enough. New memory is a little larger than it
 * has to be, so that it fits the batches that follow, but never larger than `most` rows.
 */
export function roomFor(rowBytes: number, rows: number, most: number, left: ArrayBuffer | null): ArrayBuffer {
  if (left && left.byteLength >= rowBytes * rows) return left;
  return new ArrayBuffer(rowBytes * Math.min(most, Math.ceil(MARGIN * rows)));
}

/** Batches of one pass differ in size by a few hundredths. */
const MARGIN = 1.125;
