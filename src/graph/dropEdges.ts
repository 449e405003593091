import type { CsrMatrix } from '../formats/matrix.ts';
import type { Block } from './block.ts';
import { entryOf, valueAt } from './csr.ts';
import { REQUEST_ROWS } from './neighborSampler.ts';
import { type Key, threefry } from './random.ts';
import type { RowRequest, Rows } from './request.ts';

/**
 * DropEdge (Rong et al., ICLR 2020, arXiv 1907.10903): in every training step each undirected edge is missing with the same
 * probability, in both directions together, as in PyTorch Geometric's dropout_edge(force_undirected=True). Whether it is
 * missing is a hash of the step's key and its two global ids, never stored: the device, a sampler and a reordered graph
 * agree about it.
 */

/** The rate as what 16 random bits are compared with; rounded to a multiple of 2^-16. */
export function edgeThreshold(rate: number): number {
  return Math.round(rate * 2 ** 16);
}

/** Whether the edge between two nodes, given by global id, is dropped; a self-loop never is. `hash` is scratch for two words. */
export function isDropped(key: Key, threshold: number, a: number, b: number, hash: Uint32Array): boolean {
  if (a === b) return false;
  threefry(key[0], key[1], Math.min(a, b), Math.max(a, b), hash);
  return (hash[0] & 0xffff) < threshold;
}

/** The graph without the edges that are dropped. `ids`: global ids of rows and columns where they are numbered otherwise. */
export function dropEdges(
  adjacency: CsrMatrix,
  key: Key,
  threshold: number,
  ids: Uint32Array | null = null,
): CsrMatrix {
  return without(adjacency, key, threshold, ids).matrix;
}

/** A sampled block without the edges that are dropped; its nodes stay. */
export function dropBlockEdges(block: Block, key: Key, threshold: number): Block {
  const { matrix, kept } = without(block.adjacency, key, threshold, block.nodes);
  const edgeIds = Uint32Array.from(kept, (e) => block.edgeIds[e]);
  const importance = block.importance && Float32Array.from(kept, (e) => block.importance![e]);
  return { ...block, adjacency: matrix, edgeIds, importance };
}

function without(
  { rows, cols, indptr, indices, values }: CsrMatrix,
  key: Key,
  threshold: number,
  ids: Uint32Array | null,
): { matrix: CsrMatrix; kept: Uint32Array } {
  const hash = new Uint32Array(2);
  const starts = new Uint32Array(rows + 1);
  const kept = new Uint32Array(indices.length);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) {
      const column = indices[e];
      const [a, b] = ids ? [ids[row], ids[column]] : [row, column];
      if (!isDropped(key, threshold, a, b, hash)) kept[count++] = e;
    }
    starts[row + 1] = count;
  }
  const list = kept.slice(0, count);
  const matrix: CsrMatrix = {
    kind: 'sparse',
    rows,
    cols,
    indptr: starts,
    indices: Uint32Array.from(list, (e) => indices[e]),
    values: values && Float32Array.from(list, (e) => values[e]),
  };
  return { matrix, kept: list };
}

/**
 * The weighted in-degree of each node, plus 1 where it has no self-loop, over the edges of the WHOLE graph that are not dropped: what
 * normalises a sampled block, so that its expectation is the full batch with the same edges dropped. Asks for every
 * neighbour of the nodes, a few thousand rows at a time.
 */
export function* keptDegrees(
  nodes: Uint32Array,
  key: Key,
  threshold: number,
): Generator<RowRequest, Float32Array, Rows> {
  const degrees = new Float32Array(nodes.length);
  const hash = new Uint32Array(2);
  for (let begin = 0; begin < nodes.length; begin += REQUEST_ROWS) {
    const rows = nodes.slice(begin, begin + REQUEST_ROWS);
    const answer = yield { table: 'neighbors', rows, orWhole: true };
    const neighbors = answer.table as CsrMatrix;
    for (let i = 0; i < rows.length; i++) {
      const row = answer.first ? i : rows[i];
      const [first, end] = [neighbors.indptr[row], neighbors.indptr[row + 1]];
      let sum = entryOf(neighbors.indices, first, end, rows[i]) < 0 ? 1 : 0;
      for (let e = first; e < end; e++) {
        if (!isDropped(key, threshold, rows[i], neighbors.indices[e], hash)) sum += valueAt(neighbors, e);
      }
      degrees[begin + i] = sum;
    }
  }
  return degrees;
}
