import type { CsrMatrix } from '../formats/matrix.ts';
import type { Block } from './block.ts';
import { entryOf, valueAt } from './csr.ts';

/**
 * The matrices that layers aggregate with, for the whole graph and for a block of a sampled batch. Both come from one
 * function: with full fan-out the values, and the order in which a row is summed, are the same to the bit.
 */

/**
 * `gcn`: D^-1/2 (A + I) D^-1/2 (Kipf and Welling, ICLR 2017, section 2.2), edge weights counted; a node that has a
 * self-loop keeps it, with its weight, in place of that of I (PyTorch Geometric's add_remaining_self_loops).
 * `mean`: 1 over the number of neighbours. `sum`: A. `neighbours`: who the neighbours are, for a maximum.
 * `attention`: who they are, the node itself among them. These count edges, not their weights, as the layers of PyTorch
 * Geometric do that use them. Where the node itself is not asked for, its self-loop is a neighbour like any other.
 */
export type Operator = 'gcn' | 'mean' | 'sum' | 'neighbours' | 'attention';

export interface OperatorShape {
  /** A node is its own neighbour, once, whether the graph has its self-loop or not. */
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

/** Weighted in-degree, plus 1 where the node has no self-loop; summed in float64, stored as f32. */
export function degreesOf(adjacency: CsrMatrix): Float32Array {
  const { rows, indptr, indices } = adjacency;
  const degree = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = entryOf(indices, indptr[row], indptr[row + 1], row) < 0 ? 1 : 0;
    for (let e = indptr[row]; e < indptr[row + 1]; e++) sum += valueAt(adjacency, e);
    degree[row] = sum;
  }
  return degree;
}

/** What the self-loop of each node weighs, 1 where it has none; null where all weights are 1. */
function loopWeights({ rows, indptr, indices, values }: CsrMatrix): Float32Array | null {
  if (!values) return null;
  return Float32Array.from({ length: rows }, (_, row) => {
    const entry = entryOf(indices, indptr[row], indptr[row + 1], row);
    return entry < 0 ? 1 : values[entry];
  });
}

/** nodes × nodes. Self-loops stand in their sorted place. */
export function graphOperator(operator: Operator, adjacency: CsrMatrix): CsrMatrix {
  const degree = OPERATORS[operator].degrees ? degreesOf(adjacency) : null;
  const loops = OPERATORS[operator].degrees ? loopWeights(adjacency) : null;
  return build({ operator, adjacency, degree, loops, ids: null, importance: null }, OPERATORS[operator].values.full);
}

/**
 * targets × sources, in local numbers. `degree[i]` is the degree of block.nodes[i] in the WHOLE graph, where the operator asks
 * for it. A sampled neighbour counts 1 / its inclusion probability, a self-loop exactly once, so a row's expected sum is the
 * full row's; a mean is the ratio of two such sums.
 */
export function blockOperator(operator: Operator, block: Block, degree: Float32Array | null): CsrMatrix {
  const { adjacency, nodes: ids, importance, loops } = block;
  return build({ operator, adjacency, degree, loops, ids, importance }, OPERATORS[operator].values.block);
}

/** What an operator is made of. Row t is the same node as column t. */
interface Parts {
  readonly operator: Operator;
  readonly adjacency: CsrMatrix;
  readonly degree: Float32Array | null;
  /** What the self-loop of each row weighs; null where all weigh 1. */
  readonly loops: Float32Array | null;
  /** Global ids of the columns, by which a row is sorted; null where they are the columns. */
  readonly ids: Uint32Array | null;
  readonly importance: Float32Array | null;
}

function build(parts: Parts, weighted: boolean): CsrMatrix {
  const { operator, adjacency, ids, importance } = parts;
  const { rows, cols } = adjacency;
  const weight = weightOf(parts);
  if (!OPERATORS[operator].selfLoops) {
    const values = weighted ? new Float32Array(adjacency.indices.length) : null;
    for (let row = 0; values && row < rows; row++) {
      for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) {
        values[e] = weight(row, adjacency.indices[e], e, importance ? importance[e] : 1);
      }
    }
    return { ...adjacency, values };
  }
  const indptr = new Uint32Array(rows + 1);
  const indices = new Uint32Array(adjacency.indices.length + rows);
  const values = weighted ? new Float32Array(indices.length) : null;
  let next = 0;
  const push = (row: number, column: number, entry: number | null) => {
    indices[next] = column;
    const stands = entry !== null && importance ? importance[entry] : 1;
    if (values) values[next] = weight(row, column, entry, stands);
    next++;
  };
  for (let row = 0; row < rows; row++) {
    const own = ids ? ids[row] : row;
    let looped = false;
    for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) {
      const column = adjacency.indices[e];
      // It counts once where the operator asks for it, sampled or not.
      if (column === row) continue;
      if (!looped && (ids ? ids[column] : column) > own) {
        push(row, row, null);
        looped = true;
      }
      push(row, column, e);
    }
    if (!looped) push(row, row, null);
    indptr[row + 1] = next;
  }
  // Shorter than there was room for where the graph has self-loops of its own.
  return { kind: 'sparse', rows, cols, indptr, indices: shortened(indices, next), values: shortened(values, next) };
}

function shortened<T extends Uint32Array | Float32Array | null>(array: T, length: number): T {
  return array && array.length > length ? (array.slice(0, length) as T) : array;
}

/** What an entry counts; `entry` is null for a self-loop, `stands` the number of entries that a sampled one stands for. */
type Weight = (row: number, column: number, entry: number | null, stands: number) => number;

function weightOf({ operator, adjacency, degree, loops, importance }: Parts): Weight {
  if (operator === 'gcn') {
    return (row, column, entry, stands) => {
      const weight = entry === null ? (loops?.[row] ?? 1) : valueAt(adjacency, entry);
      // The product of two f32 is exact in float64, so (u, v) and (v, u) get the same bits.
      const product = degree![row] * degree![column];
      // Only where all edges of a node, its self-loop among them, weigh 0.
      return product === 0 ? 0 : (weight * stands) / Math.sqrt(product);
    };
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
