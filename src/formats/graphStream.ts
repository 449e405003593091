import type { GraphData, SelfLoops } from './graphData.ts';
import type { Matrix } from './matrix.ts';

/**
 * A graph that arrives in pieces: what GraphData says, where edges and features are too many to be held. Vectors with an
 * entry per node are.
 */
export interface GraphStream
  extends Pick<
    GraphData,
    | 'name'
    | 'nodes'
    | 'classNames'
    | 'labels'
    | 'labelSets'
    | 'splits'
    | 'nodeIds'
    | 'featureNames'
    | 'positions'
    | 'notes'
  > {
  /** Keep each edge's direction; otherwise every edge stands for both. */
  readonly directed: boolean;
  /** Default: drop. */
  readonly selfLoops?: SelfLoops;
  /** Exactly as many edges are listed in all blocks together. */
  readonly edges: number;
  readonly weighted: boolean;
  readonly edgeBlocks: () => Iterable<EdgeBlock> | AsyncIterable<EdgeBlock>;
  /** Null where the source has none. */
  readonly features: FeatureRows | null;
  /** Bytes that the source keeps while it is read, at the most: its tables, and the block under way. */
  readonly hostBytes: number;
}

/** A piece of an edge list, in its order. Whoever iterates is done with a block before asking for the next one. */
export interface EdgeBlock {
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  /** Null in every block of an unweighted list. */
  readonly weight: Float32Array | null;
}

/** Features of any range of nodes; null weights of sparse rows stand for ones. */
export interface FeatureRows {
  readonly kind: Matrix['kind'];
  readonly cols: number;
  /** Whether the rows have values of their own; always, where they are dense. */
  readonly valued: boolean;
  /** Stored entries of a row at the most. */
  readonly rowEntries: number;
  /** Rows begin to end (exclusive) as a matrix of their own. */
  readonly rows: (begin: number, end: number) => Matrix;
}
