/** Which rows are nearest to which: exact, by comparing with all of them. */

export const METRICS = ['cosine', 'euclidean'] as const;
export type Metric = (typeof METRICS)[number];

/** Rows made ready for a metric. */
export interface MetricRows {
  readonly metric: Metric;
  /** rows × cols; of length 1 for the cosine, and of zeros where a row has no direction. */
  readonly values: Float32Array;
  readonly cols: number;
  /** Squared length of each row. */
  readonly squares: Float64Array;
}

export function metricRows(values: Float32Array, cols: number, metric: Metric): MetricRows {
  const squares = new Float64Array(values.length / cols);
  for (let i = 0; i < values.length; i++) squares[Math.floor(i / cols)] += values[i] * values[i];
  if (metric === 'euclidean') return { metric, values, cols, squares };
  const unit = values.map((value, i) => {
    const square = squares[Math.floor(i / cols)];
    return square > 0 ? value / Math.sqrt(square) : 0;
  });
  return { metric, values: unit, cols, squares: squares.map((square) => (square > 0 ? 1 : 0)) };
}

/** Bytes of all arrays that this makes. */
export const metricBytes = (rows: number, cols: number, metric: Metric): number =>
  metric === 'euclidean' ? 8 * rows : 4 * rows * cols + 2 * 8 * rows;

/** What differs by so little of the squared lengths is the same row, rounded. */
const ROUNDING = 1e-6;

/**
 * 1 − cos, or the Euclidean distance; 0 for rows that differ by rounding alone. A row of zeros, as ReLU leaves behind, has no
 * direction: its cosine to a row that has one is taken for 0, and it is the same as another row of zeros.
 */
function distance({ metric, values, cols, squares }: MetricRows, a: number, b: number): number {
  let dot = 0;
  const [i, j] = [a * cols, b * cols];
  for (let c = 0; c < cols; c++) dot += values[i + c] * values[j + c];
  const lengths = squares[a] + squares[b];
  if (metric === 'cosine') {
    if (lengths < 2) return lengths;
    return 1 - dot > ROUNDING ? 1 - dot : 0;
  }
  const square = lengths - 2 * dot;
  return square > ROUNDING * lengths ? Math.sqrt(square) : 0;
}

export interface Near {
  readonly node: number;
  readonly distance: number;
}

/** The nearest other rows, the nearest first; of equally near ones those of lower number. */
export function nearestTo(rows: MetricRows, node: number, count: number): Near[] {
  const near = newTable(1, Math.min(count, rows.squares.length - 1));
  for (let other = 0; other < rows.squares.length; other++) {
    if (other !== node) offer(near, 0, other, distance(rows, node, other));
  }
  return Array.from(near.nodes, (other, i) => ({ node: other, distance: near.distances[i] }));
}

/** The nearest others of every row: `count` each, the nearest first. */
export interface NearTable {
  readonly count: number;
  readonly nodes: Uint32Array;
  readonly distances: Float32Array;
}

/** Yields the share that is done, now and then. Every pair is compared once. */
export function* nearTable(rows: MetricRows, count: number): Generator<number, NearTable> {
  const total = rows.squares.length;
  const near = newTable(total, Math.min(count, total - 1));
  const pairs = (total * (total - 1)) / 2;
  let [compared, told] = [0, 0];
  for (let a = 0; a < total; a++) {
    for (let b = a + 1; b < total; b++) {
      const apart = distance(rows, a, b);
      offer(near, a, b, apart);
      offer(near, b, a, apart);
    }
    compared += total - 1 - a;
    if ((compared - told) * rows.cols < 2 ** 20) continue;
    told = compared;
    yield compared / pairs;
  }
  return near;
}

/** Bytes of a table of the nearest `count`. */
export const nearTableBytes = (rows: number, count: number): number => (4 + 4) * rows * count;

function newTable(rows: number, count: number): NearTable {
  const nodes = new Uint32Array(rows * count);
  return { count, nodes, distances: new Float32Array(rows * count).fill(Infinity) };
}

/** Others come in ascending order, so of equally near ones the first stays. */
function offer({ count, nodes, distances }: NearTable, row: number, other: number, apart: number): void {
  const begin = row * count;
  let at = begin + count - 1;
  if (count === 0 || !(apart < distances[at])) return;
  for (; at > begin && distances[at - 1] > apart; at--) {
    distances[at] = distances[at - 1];
    nodes[at] = nodes[at - 1];
  }
  distances[at] = apart;
  nodes[at] = other;
}
