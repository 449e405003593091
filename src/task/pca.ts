/** Principal components: the directions in which rows vary most, and where each row lies along the first two. */

export interface Components {
  /** x and y of each row, from the mean of all. */
  readonly positions: Float32Array;
  /** Share of the total variance along each of the two, 0 to 1. */
  readonly explained: readonly [number, number];
}

/** The covariance of so many columns is diagonalised in a few seconds. */
export const MOST_COLUMNS = 512;

/**
 * Exact: the covariance in doubles, diagonalised by Jacobi's rotations. A direction is turned so that its coefficient of largest
 * magnitude is positive, as scikit-learn does (`svd_flip` in sklearn/utils/extmath.py), so that a repetition is no mirror image.
 *
 * @param values rows × cols, at most MOST_COLUMNS wide
 */
export function principalComponents(values: Float32Array, cols: number): Components {
  const rows = values.length / cols;
  const { mean, covariance } = covarianceOf(values, cols);
  const trace = covariance.reduce((sum, value, i) => (i % (cols + 1) === 0 ? sum + value : sum), 0);
  const { variances, directions } = diagonalised(covariance, cols);
  const largest = Array.from(variances.keys()).sort((a, b) => variances[b] - variances[a] || a - b);
  const positions = new Float32Array(2 * rows);
  const explained: [number, number] = [0, 0];
  for (const [axis, column] of largest.slice(0, 2).entries()) {
    const direction = turned(Float64Array.from({ length: cols }, (_, i) => directions[i * cols + column]));
    // Where nothing varies the smallest variances are rounding, and may be below zero.
    explained[axis] = trace > 0 ? Math.max(0, variances[column]) / trace : 0;
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += (values[row * cols + c] - mean[c]) * direction[c];
      positions[2 * row + axis] = sum;
    }
  }
  return { positions, explained };
}

/** Bytes of all arrays that this makes, at the most: positions, two square matrices, and some of the length of a row. */
export const componentsBytes = (rows: number, cols: number): number => 8 * rows + 2 * 8 * cols * cols + 7 * 8 * cols;

function covarianceOf(values: Float32Array, cols: number) {
  const rows = values.length / cols;
  const mean = new Float64Array(cols);
  for (let i = 0; i < values.length; i += cols) for (let c = 0; c < cols; c++) mean[c] += values[i + c];
  for (let c = 0; c < cols; c++) mean[c] /= Math.max(1, rows);
  const covariance = new Float64Array(cols * cols);
  const row = new Float64Array(cols);
  for (let i = 0; i < values.length; i += cols) {
    for (let c = 0; c < cols; c++) row[c] = values[i + c] - mean[c];
    for (let a = 0; a < cols; a++) for (let b = a; b < cols; b++) covariance[a * cols + b] += row[a] * row[b];
  }
  for (let a = 0; a < cols; a++) {
    for (let b = a; b < cols; b++) {
      covariance[a * cols + b] /= Math.max(1, rows - 1);
      covariance[b * cols + a] = covariance[a * cols + b];
    }
  }
  return { mean, covariance };
}

/** Sweeps over all pairs; each about squares what is left beside the diagonal, so a dozen is plenty. */
const MOST_SWEEPS = 50;

/**
 * Eigenvalues and, as columns, eigenvectors of a symmetric matrix, which is overwritten: cyclic Jacobi (Golub and Van Loan, Matrix
 * Computations, section 8.5).
 */
function diagonalised(a: Float64Array, n: number) {
  const directions = new Float64Array(n * n);
  for (let i = 0; i < n; i++) directions[i * (n + 1)] = 1;
  const scale = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let beside = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) beside += a[p * n + q] ** 2;
    if (beside <= 1e-28 * scale) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, directions, n, p, q);
  }
  return { variances: Float64Array.from({ length: n }, (_, i) => a[i * (n + 1)]), directions };
}

/** Makes a[p, q] zero. */
function rotate(a: Float64Array, directions: Float64Array, n: number, p: number, q: number): void {
  const between = a[p * n + q];
  if (between === 0) return;
  const tau = (a[q * n + q] - a[p * n + p]) / (2 * between);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
    const [v, w] = [directions[k * n + p], directions[k * n + q]];
    directions[k * n + p] = c * v - s * w;
    directions[k * n + q] = s * v + c * w;
  }
}

function turned(direction: Float64Array): Float64Array {
  const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? direction.map((value) => -value) : direction;
}
