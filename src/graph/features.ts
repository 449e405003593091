import type { CsrMatrix, Matrix } from '../formats/matrix.ts';

/** The nodes × nodes identity: features of a graph that has none, that is one learned vector per node. */
export function identity(nodes: number): CsrMatrix {
  const indptr = Uint32Array.from({ length: nodes + 1 }, (_, i) => i);
  return { kind: 'sparse', rows: nodes, cols: nodes, indptr, indices: indptr.slice(0, nodes), values: null };
}

/** Whether features are those of a graph that has none; the same ones from a file are as good as none. */
export function isIdentity(features: Matrix): boolean {
  if (features.kind !== 'sparse' || features.values || features.rows !== features.cols) return false;
  const { rows, indptr, indices } = features;
  return indices.length === rows && indices.every((column, row) => column === row && indptr[row] === row);
}

/** Size of the largest feature; entries without values are ones. */
export function largestFeature({ values }: Pick<Matrix, 'values'>): number {
  let largest = 0;
  for (const x of values ?? [1]) largest = Math.max(largest, Math.abs(x));
  return largest;
}

/**
 * Divides each row by the sum of its absolute values; rows of zeros stay. On non-negative features, such as bags of words,
 * this is "row-normalised" as in the GCN paper's code and PyTorch Geometric's NormalizeFeatures; on signed ones a plain sum
 * could be close to 0 and blow the row up.
 */
export function rowNormalize(features: Matrix): Matrix {
  const { rows, cols } = features;
  const { start, values } =
    features.kind === 'sparse'
      ? { start: (row: number) => features.indptr[row], values: explicitValues(features).slice() }
      : { start: (row: number) => row * cols, values: features.values.slice() };
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = start(row); i < start(row + 1); i++) sum += Math.abs(values[i]);
    if (sum > 0) for (let i = start(row); i < start(row + 1); i++) values[i] /= sum;
  }
  return { ...features, values };
}

/** Sparse with explicit values and without stored zeros: the one form that every way of storing the same numbers has. */
export function canonicalSparse(features: Matrix): CsrMatrix & { readonly values: Float32Array } {
  const { rows, cols } = features;
  const sparse = features.kind === 'sparse' ? features : null;
  const source = sparse ? explicitValues(sparse) : features.values!;
  let count = 0;
  for (let i = 0; i < source.length; i++) if (source[i] !== 0) count++;
  const indptr = new Uint32Array(rows + 1);
  const indices = new Uint32Array(count);
  const values = new Float32Array(count);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    const [begin, end] = sparse ? [sparse.indptr[row], sparse.indptr[row + 1]] : [row * cols, (row + 1) * cols];
    for (let i = begin; i < end; i++) {
      if (source[i] === 0) continue;
      indices[next] = sparse ? sparse.indices[i] : i - begin;
      values[next++] = source[i];
    }
    indptr[row + 1] = next;
  }
  return { kind: 'sparse', rows, cols, indptr, indices, values };
}

function explicitValues(csr: CsrMatrix): Float32Array {
  return csr.values ?? new Float32Array(csr.indices.length).fill(1);
}
