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
  /** A server that has the table in memory may give it whole, without a copy. */
  readonly orWhole?: boolean;
}

/** The requested rows, in the order of the request; or, where the request allows it, the whole table. */
export interface Rows<T extends Table = Table> {
  readonly table: T;
  /**
   * For the rows of a sparse table: the position of each row's first entry in the whole table, that is the global id of its
   * first edge. Null where the table is dense, or whole: then row v is that of node v.
   */
  readonly first: Uint32Array | null;
}
