import type { CsrMatrix } from '../formats/matrix.ts';
import type { Block } from './block.ts';
import { valueAt } from './csr.ts';

/**
 * The operator of a graph convolution, D^-1/2 (A + I) D^-1/2 (Kipf and Welling, ICLR 2017, section 2.2), for the whole graph
 * and for a block of a sampled batch. Both come from one function: with full fan-out the values, and the order in which a
 * row is summed, are the same to the bit.
 */

/** Weighted in-degree plus 1 for the self-loop; summed in float64, stored as f32. */
export function degreesOf(adjacency: CsrMatrix): Float32Array {
  const degree = new Float32Array(adjacency.rows);
  for (let row = 0; row < adjacency.rows; row++) {
    let sum = 1;
    for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) sum += valueAt(adjacency, e);
    degree[row] = sum;
  }
  return degree;
}

/** nodes × nodes; `degree` as from `degreesOf`. Self-loops stand in their sorted place. */
export function gcnOperator(adjacency: CsrMatrix, degree: Float32Array): CsrMatrix {
  return normalize(adjacency, degree, null, null);
}

/**
 * targets × sources, in local numbers. `degreeOfSources[i]` is the degree of block.nodes[i] in the WHOLE graph. A sampled
 * neighbour counts 1 / its inclusion probability, the self-loop exactly once, so a row's expected sum is the full row's.
 */
export function gcnBlock(block: Block, degreeOfSources: Float32Array): CsrMatrix {
  return normalize(block.adjacency, degreeOfSources, block.nodes, block.importance);
}

/** `ids` are the global ids of the columns by which a row is sorted (null: themselves); row t is the same node as column t. */
function normalize(
  adjacency: CsrMatrix,
  degree: Float32Array,
  ids: Uint32Array | null,
  importance: Float32Array | null,
): CsrMatrix {
  const { rows, cols } = adjacency;
  const indptr = new Uint32Array(rows + 1);
  const indices = new Uint32Array(adjacency.indices.length + rows);
  const values = new Float32Array(indices.length);
  let next = 0;
  // The product of two f32 is exact in float64, so (u, v) and (v, u) get the same bits.
  const push = (row: number, column: number, weight: number) => {
    indices[next] = column;
    values[next++] = weight / Math.sqrt(degree[row] * degree[column]);
  };
  for (let row = 0; row < rows; row++) {
    const own = ids ? ids[row] : row;
    let looped = false;
    for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) {
      const column = adjacency.indices[e];
      if (!looped && (ids ? ids[column] : column) > own) {
        push(row, row, 1);
        looped = true;
      }
      push(row, column, importance ? valueAt(adjacency, e) * importance[e] : valueAt(adjacency, e));
    }
    if (!looped) push(row, row, 1);
    indptr[row + 1] = next;
  }
  return { kind: 'sparse', rows, cols, indptr, indices, values };
}
