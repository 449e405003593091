import type { CsrMatrix } from '../formats/matrix.ts';
import type { Block } from './block.ts';
import { valueAt } from './csr.ts';

/**
 * The matrices that layers aggregate with, for the whole graph and for a block of a sampled batch. Both come from one
 * function: with full fan-out the values, and the order in which a row is summed, are the same to the bit.
 */

/**
 * `gcn`: D^-1/2 (A + I) D^-1/2 (Kipf and Welling, ICLR 2017, section 2.2), edge weights counted.
 * `mean`: 1 over the number of neighbours. `sum`: A. `neighbours`: who the neighbours are, for a maximum.
 * `attention`: who they are, the node itself among them. These count edges, not their weights, as the layers of PyTorch
 * Geometric do that use them.
 */
export type Operator = 'gcn' | 'mean' | 'sum' | 'neighbours' | 'attention';

export interface OperatorShape {
  /** A node is its own neighbour. */
  readonly selfLoops: boolean;
  /** Whether entries have values: of the whole graph, and of a block, where what was sampled stands for what was not. */
  readonly values: { readonly full: boolean; readonly block: boolean };
  /** The operator of a symmetric graph is symmetric too. */
  readonly symmetric: boolean;
  /** Needs the degrees of the whole graph in a block. */
  readonly degrees: boolean;
}

const ALWAYS = { full: true, block: true };
const NEVER = { full: false, block: false };

export const OPERATORS: Readonly<Record<Operator, OperatorShape>> = {
  gcn: { selfLoops: true, values: ALWAYS, symmetric: true, degrees: true },
  mean: { selfLoops: false, values: ALWAYS, symmetric: false, degrees: false },
  sum: { selfLoops: false, values: { full: false, block: true }, symmetric: true, degrees: false },
  neighbours: { selfLoops: false, values: NEVER, symmetric: true, degrees: false },
  attention: { selfLoops: true, values: NEVER, symmetric: true, degrees: false },
};

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

/** nodes × nodes. Self-loops stand in their sorted place. */
export function graphOperator(operator: Operator, adjacency: CsrMatrix): CsrMatrix {
  const degree = OPERATORS[operator].degrees ? degreesOf(adjacency) : null;
  return build(operator, adjacency, degree, null, null, OPERATORS[operator].values.full);
}

/**
 * targets × sources, in local numbers. `degree[i]` is the degree of block.nodes[i] in the WHOLE graph, where the operator asks
 * for it. A sampled neighbour counts 1 / its inclusion probability, a self-loop exactly once, so a row's expected sum is the
 * full row's; a mean is the ratio of two such sums.
 */
export function blockOperator(operator: Operator, block: Block, degree: Float32Array | null): CsrMatrix {
  return build(operator, block.adjacency, degree, block.nodes, block.importance, OPERATORS[operator].values.block);
}

/** `ids` are the global ids of the columns by which a row is sorted (null: themselves); row t is the same node as column t. */
function build(
  operator: Operator,
  adjacency: CsrMatrix,
  degree: Float32Array | null,
  ids: Uint32Array | null,
  importance: Float32Array | null,
  weighted: boolean,
): CsrMatrix {
  const { rows, cols } = adjacency;
  const { selfLoops } = OPERATORS[operator];
  const indptr = new Uint32Array(rows + 1);
  const indices = new Uint32Array(adjacency.indices.length + (selfLoops ? rows : 0));
  const values = weighted ? new Float32Array(indices.length) : null;
  const weight = weightOf(operator, adjacency, degree, importance);
  let next = 0;
  const push = (row: number, column: number, entry: number | null) => {
    indices[next] = column;
    const stands = entry !== null && importance ? importance[entry] : 1;
    if (values) values[next] = weight(row, column, entry, stands);
    next++;
  };
  for (let row = 0; row < rows; row++) {
    const own = ids ? ids[row] : row;
    let looped = !selfLoops;
    for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) {
      const column = adjacency.indices[e];
      if (!looped && (ids ? ids[column] : column) > own) {
        push(row, row, null);
        looped = true;
      }
      push(row, column, e);
    }
    if (!looped) push(row, row, null);
    indptr[row + 1] = next;
  }
  return { kind: 'sparse', rows, cols, indptr, indices, values };
}

/** What an entry counts; `entry` is null for a self-loop, `stands` the number of entries that a sampled one stands for. */
type Weight = (row: number, column: number, entry: number | null, stands: number) => number;

function weightOf(
  operator: Operator,
  adjacency: CsrMatrix,
  degree: Float32Array | null,
  importance: Float32Array | null,
): Weight {
  if (operator === 'gcn') {
    // The product of two f32 is exact in float64, so (u, v) and (v, u) get the same bits.
    return (row, column, entry, stands) =>
      ((entry === null ? 1 : valueAt(adjacency, entry)) * stands) / Math.sqrt(degree![row] * degree![column]);
  }
  if (operator === 'mean') {
    const total = rowSums(adjacency, importance);
    // Where the importance of a row is the same all over, this is 1 / its length, to the bit.
    return (row, _column, _entry, stands) => stands / total[row];
  }
  return (_row, _column, _entry, stands) => stands;
}

/** How many entries of the whole row those of each row stand for. */
function rowSums({ rows, indptr }: CsrMatrix, importance: Float32Array | null): Float64Array {
  const sums = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) sums[row] += importance ? importance[e] : 1;
  }
  return sums;
}
