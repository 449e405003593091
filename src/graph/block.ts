import type { CsrMatrix } from '../formats/matrix.ts';

/**
 * One hop of a sampled batch: a bipartite graph from source nodes to target nodes, in local numbers, with everything that
 * keeps a mini-batch equal to the full batch: global ids, edge ids, importance weights.
 */
export interface Block {
  /** Global ids of the source nodes. The first `targets` of them are the target nodes, in the same order. */
  readonly nodes: Uint32Array;
  readonly targets: number;
  /** targets × nodes.length; row t lists the sampled neighbours of target t as local source numbers, ascending by GLOBAL id. Values: edge weights, or null. */
  readonly adjacency: CsrMatrix;
  /** Global id of each entry of `adjacency`: its position in the whole graph's CSR. */
  readonly edgeIds: Uint32Array;
  /** 1 / inclusion probability of each entry, so that a weighted sum over the sample is unbiased; null where all are 1. */
  readonly importance: Float32Array | null;
  /**
   * What the self-loop of each target weighs in the whole graph, drawn or not: 1 where it has none. Null where no edge has
   * a weight, and so each weighs 1.
   */
  readonly loops: Float32Array | null;
}

/** The blocks of one batch, outermost hop first: blocks[0].nodes are the input nodes, the last block's targets the seed nodes. */
export interface SampledBatch {
  readonly seeds: Uint32Array;
  readonly blocks: readonly Block[];
}

/** Host bytes of its arrays. */
export function blockBytes({ nodes, adjacency, edgeIds, importance, loops }: Block): number {
  const { indptr, indices, values } = adjacency;
  return [nodes, indptr, indices, edgeIds, values, importance, loops].reduce(
    (sum, array) => sum + (array?.byteLength ?? 0),
    0,
  );
}
