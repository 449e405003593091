import type { CsrMatrix, Matrix } from '../formats/matrix.ts';

/** An array that may lie elsewhere: how large it is, is known. */
export interface Extent {
  readonly length: number;
  readonly byteLength: number;
}

/** A sparse matrix whose entries may lie elsewhere; where its rows begin is known. */
export interface SparseOutline extends Omit<CsrMatrix, 'indices' | 'values'> {
  readonly indices: Extent;
  readonly values: Extent | null;
}

export interface DenseOutline {
  readonly kind: 'dense';
  readonly rows: number;
  readonly cols: number;
  readonly values: Extent;
}

/**
 * What is held in memory of every graph, however large it is: all but the entries of its matrices. Planning needs no more,
 * and sampled training asks for the rows of a batch.
 */
export interface GraphOutline {
  readonly name: string;
  readonly nodes: number;
  /**
   * Row v lists the nodes that v receives messages from, ascending, without duplicates; v itself where it has a self-loop
   * that was kept. Values are edge weights (duplicates summed); null where every weight is 1.
   */
  readonly adjacency: SparseOutline;
  /** True where adjacency equals its transpose, values included: then no second copy is ever needed. */
  readonly symmetric: boolean;
  /** Unique undirected edges, a self-loop that was kept among them (Cora: 5,278). */
  readonly edges: number;
  /** nodes × features; a graph without features gets the identity, that is one learned vector per node. */
  readonly features: SparseOutline | DenseOutline;
  /** The name of each feature; null where they go by their numbers. */
  readonly featureNames: readonly string[] | null;
  /** Class of each node, -1 where unlabelled; of several classes the first. */
  readonly labels: Int32Array;
  /** Where some nodes have several classes, of all of them: nodes × classes, an entry without a value for each; else null. */
  readonly labelSets: CsrMatrix | null;
  readonly classNames: readonly string[];
  /** At least one vector of SPLIT codes. */
  readonly splits: readonly Uint8Array[];
  readonly nodeIds: readonly string[] | null;
  readonly positions: Float32Array | null;
  readonly notes: readonly string[];
}

/** A graph in memory as the engine uses it: arranged, deduplicated, immutable. Built by `arrange` from a parser's GraphData. */
export interface Graph extends GraphOutline {
  readonly adjacency: CsrMatrix;
  readonly features: Matrix;
}
