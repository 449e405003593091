import type { CsrMatrix } from '../formats/matrix.ts';

/** Compressed sparse rows: building, transposing, adding, slicing. Everything is linear in entries plus rows and columns. */

/**
 * The matrix with one entry per (row[i], column[i]); columns ascend within a row and duplicates stay side by side, in the
 * order of the list. Two stable counting sorts, by column and then by row. Every id must be in range: `arrange` checks.
 */
export function sortedCsr(
  row: Uint32Array,
  column: Uint32Array,
  values: Float32Array | null,
  rows: number,
  cols: number,
): CsrMatrix {
  const byColumn = countingSort(column, null, cols).order;
  const { order, starts } = countingSort(row, byColumn, rows);
  const indices = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) indices[i] = column[order[i]];
  return { kind: 'sparse', rows, cols, indptr: starts, indices, values: values && pick(values, order) };
}

/** As `sortedCsr`, with duplicates merged: their weights are summed; an unweighted list stays unweighted. */
export function csrFromEdges(
  row: Uint32Array,
  column: Uint32Array,
  weight: Float32Array | null,
  rows: number,
  cols: number,
): CsrMatrix {
  return mergeDuplicates(sortedCsr(row, column, weight, rows, cols));
}

/** Merges equal neighbouring columns of each row; values are summed in float64 in the order of the row. */
function mergeDuplicates(csr: CsrMatrix): CsrMatrix {
  const indptr = new Uint32Array(csr.rows + 1);
  const indices = new Uint32Array(csr.indices.length);
  const values = csr.values && new Float32Array(csr.indices.length);
  let count = 0;
  for (let row = 0; row < csr.rows; row++) {
    const end = csr.indptr[row + 1];
    for (let e = csr.indptr[row]; e < end; count++) {
      const column = csr.indices[e];
      let sum = 0;
      for (; e < end && csr.indices[e] === column; e++) sum += valueAt(csr, e);
      indices[count] = column;
      if (values) values[count] = sum;
    }
    indptr[row + 1] = count;
  }
  if (count === csr.indices.length) return { ...csr, values };
  return { ...csr, indptr, indices: indices.slice(0, count), values: values ? values.slice(0, count) : null };
}

/**
 * The transpose, and where its entries come from: matrix.values[e] = csr.values[permutation[e]]. Entries of a transposed
 * row ascend by the row they came from, whatever the order inside csr's rows, so it takes the operator of a block too.
 */
export function transpose(csr: CsrMatrix): { matrix: CsrMatrix; permutation: Uint32Array } {
  const { order: permutation, starts } = countingSort(csr.indices, null, csr.cols);
  const rowOf = new Uint32Array(csr.indices.length);
  for (let row = 0; row < csr.rows; row++) rowOf.fill(row, csr.indptr[row], csr.indptr[row + 1]);
  const indices = new Uint32Array(permutation.length);
  for (let e = 0; e < permutation.length; e++) indices[e] = rowOf[permutation[e]];
  const values = csr.values && pick(csr.values, permutation);
  return { matrix: { kind: 'sparse', rows: csr.cols, cols: csr.rows, indptr: starts, indices, values }, permutation };
}

/**
 * True where csr equals its transpose, values included; columns must ascend strictly. Walking row v in order, entry (v, u)
 * must meet its mirror (u, v) at row u's cursor; as every step moves one cursor, the cursors end together.
 */
export function isSymmetric(csr: CsrMatrix): boolean {
  const { rows, indptr, indices, values } = csr;
  if (rows !== csr.cols) return false;
  const cursor = indptr.slice(0, rows);
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) {
      const mirror = cursor[indices[e]]++;
      if (mirror >= indptr[indices[e] + 1] || indices[mirror] !== row) return false;
      if (values && values[mirror] !== values[e]) return false;
    }
  }
  return true;
}

/**
 * a + b of equal shape, columns ascending strictly in both; `both` joins the values where both have an entry. Two unweighted
 * matrices give their unweighted union.
 */
export function addCsr(
  a: CsrMatrix,
  b: CsrMatrix,
  both: (x: number, y: number) => number = (x, y) => x + y,
): CsrMatrix {
  const indptr = new Uint32Array(a.rows + 1);
  const indices = new Uint32Array(a.indices.length + b.indices.length);
  const values = a.values || b.values ? new Float32Array(indices.length) : null;
  let count = 0;
  for (let row = 0; row < a.rows; row++) {
    const [endA, endB] = [a.indptr[row + 1], b.indptr[row + 1]];
    let [i, j] = [a.indptr[row], b.indptr[row]];
    for (; i < endA || j < endB; count++) {
      const column = Math.min(i < endA ? a.indices[i] : Infinity, j < endB ? b.indices[j] : Infinity);
      const inA = i < endA && a.indices[i] === column ? valueAt(a, i++) : null;
      const inB = j < endB && b.indices[j] === column ? valueAt(b, j++) : null;
      indices[count] = column;
      if (values) values[count] = inA !== null && inB !== null ? both(inA, inB) : (inA ?? inB)!;
    }
    indptr[row + 1] = count;
  }
  return { ...a, indptr, indices: indices.slice(0, count), values: values ? values.slice(0, count) : null };
}

/** Rows begin to end (exclusive) as a matrix of their own; indices and values are views, not copies. */
export function rowSlice(csr: CsrMatrix, begin: number, end: number): CsrMatrix {
  const [from, to] = [csr.indptr[begin], csr.indptr[end]];
  const indptr = csr.indptr.slice(begin, end + 1);
  for (let i = 0; i < indptr.length; i++) indptr[i] -= from;
  const values = csr.values ? csr.values.subarray(from, to) : null;
  return { kind: 'sparse', rows: end - begin, cols: csr.cols, indptr, indices: csr.indices.subarray(from, to), values };
}

/** Order of positions by ascending key (stable over `visit`, or over 0, 1, 2, …), and where each key's run starts. */
export function countingSort(keys: Uint32Array, visit: Uint32Array | null, bound: number) {
  const starts = new Uint32Array(bound + 1);
  for (let i = 0; i < keys.length; i++) starts[keys[i] + 1]++;
  for (let key = 0; key < bound; key++) starts[key + 1] += starts[key];
  const next = starts.slice(0, bound);
  const order = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const position = visit ? visit[i] : i;
    order[next[keys[position]]++] = position;
  }
  return { order, starts };
}

/** Where `column` stands among the entries begin to end (exclusive) of a row, which ascend; -1 where it does not. */
export function entryOf(indices: Uint32Array, begin: number, end: number, column: number): number {
  let [low, high] = [begin, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indices[middle] < column) low = middle + 1;
    else high = middle;
  }
  return low < end && indices[low] === column ? low : -1;
}

/** Nodes that have an edge to themselves. */
export function countLoops({ rows, indptr, indices }: CsrMatrix): number {
  let count = 0;
  for (let v = 0; v < rows; v++) if (entryOf(indices, indptr[v], indptr[v + 1], v) >= 0) count++;
  return count;
}

/** The value of entry e. */
export function valueAt(csr: CsrMatrix, e: number): number {
  return csr.values ? csr.values[e] : 1;
}

function pick(values: Float32Array, order: Uint32Array): Float32Array {
  const out = new Float32Array(order.length);
  for (let i = 0; i < order.length; i++) out[i] = values[order[i]];
  return out;
}
