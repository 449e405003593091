import type { CsrMatrix, Matrix } from '../formats/matrix.ts';

/** A graph as the engine uses it: arranged, deduplicated, immutable. Built by `arrange` from a parser's GraphData. */
export interface Graph {
  readonly name: string;
  readonly nodes: number;
  /**
   * Row v lists the nodes that v receives messages from, ascending, without duplicates and without self-loops. Values are
   * edge weights (duplicates summed); null where every weight is 1.
   */
  readonly adjacency: CsrMatrix;
  /** True where adjacency equals its transpose, values included: then no second copy is ever needed. */
  readonly symmetric: boolean;
  /** Unique undirected edges without self-loops (Cora: 5,278). */
  readonly edges: number;
  /** nodes × features; a graph without features gets the identity, that is one learned vector per node. */
  readonly features: Matrix;
  /** Class of each node, -1 where unlabelled. */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** At least one vector of SPLIT codes. */
  readonly splits: readonly Uint8Array[];
  readonly nodeIds: readonly string[] | null;
  readonly positions: Float32Array | null;
  readonly notes: readonly string[];
}
