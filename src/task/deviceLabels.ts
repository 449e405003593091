import type { CsrMatrix } from '../formats/matrix.ts';
import { UNLABELLED } from '../tensor/ops/loss.ts';

/**
 * Labels as the device wants them: the class of each node, or nodes × classes with 1 for each class of a node, else 0. A node
 * without a class of its one must not be in a split: `arrange` has checked that.
 */
export function deviceLabels(labels: ArrayLike<number> | CsrMatrix): Uint32Array | Float32Array {
  if (!('indptr' in labels)) return Uint32Array.from(labels, (label) => (label < 0 ? UNLABELLED : label));
  const { rows, cols, indptr, indices } = labels;
  const out = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) out[row * cols + indices[e]] = 1;
  }
  return out;
}
