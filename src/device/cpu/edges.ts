import { isDropped } from '../../graph/dropEdges.ts';
import type { Key } from '../../graph/random.ts';
import type { CpuKernel, Operands, Params } from './kernel.ts';

/** Entries that change from step to step; see shaders/dropEdges.wgsl, normalizeEdges.wgsl, entrySums.wgsl. */

/** Calls `visit` for each part of a row that one invocation has: all rows but the heavy ones, or the segments of these. */
type Visit = (row: number, begin: number, end: number, index: number) => void;

function eachRow({ words: { indptr } }: Operands, { rows, heavy }: Params, visit: Visit): void {
  for (let row = 0; row < rows; row++) {
    if (indptr[row + 1] - indptr[row] <= heavy) visit(row, indptr[row], indptr[row + 1], row);
  }
}

function eachSegment({ words: { segments } }: Operands, { rows }: Params, visit: Visit): void {
  for (let s = 0; s < rows; s++) visit(segments[4 * s], segments[4 * s + 1], segments[4 * s + 2], s);
}

type Each = typeof eachRow;

const dropEdges =
  (each: Each): CpuKernel =>
  (operands, p) => {
    const { out, weights } = operands.floats;
    const { indices, ids } = operands.words;
    const hash = new Uint32Array(2);
    // Keys above 2^31 would make V8 hash in doubles, at half the speed.
    const key: Key = [p.key0 | 0, p.key1 | 0];
    each(operands, p, (row, begin, end) => {
      const id = ids ? ids[row] : row;
      for (let e = begin; e < end; e++) {
        const other = ids ? ids[indices[e]] : indices[e];
        out[e] = isDropped(key, p.threshold, id, other, hash) ? 0 : weights ? weights[e] : 1;
      }
    });
  };

const normalize =
  (each: Each, norm: (sums: ArrayLike<number>, row: number, column: number, p: Params) => number): CpuKernel =>
  (operands, p) => {
    const { out, weights, sums } = operands.floats;
    const { indices } = operands.words;
    each(operands, p, (row, begin, end) => {
      for (let e = begin; e < end; e++) {
        const by = norm(sums, row, indices[e], p);
        out[e] = by > 0 ? weights[e] / by : 0;
      }
    });
  };

const symmetric = (sums: ArrayLike<number>, row: number, column: number) => Math.sqrt(sums[row] * sums[column]);
const mean = (sums: ArrayLike<number>, row: number, column: number, p: Params) => sums[p.byColumn ? column : row];

const entrySums =
  (each: Each): CpuKernel =>
  (operands, p) => {
    const { out, weights } = operands.floats;
    each(operands, p, (_row, begin, end, index) => {
      let sum = 0;
      for (let e = begin; e < end; e++) sum += weights[e];
      out[index] = sum;
    });
  };

const merge: CpuKernel = ({ floats: { partial, out }, words: { heavyRows } }, p) => {
  for (let h = 0; h < p.rows; h++) {
    const [row, first, count] = heavyRows.subarray(4 * h, 4 * h + 3);
    let sum = 0;
    for (let s = first; s < first + count; s++) sum += partial[s];
    out[row] = sum;
  }
};

export const edgeKernels: Record<string, CpuKernel> = {
  ...Object.fromEntries(
    ['weighted.local', 'weighted.global', 'ones.local', 'ones.global'].flatMap((variant) => [
      [`sparse.dropEdges.${variant}.rows`, dropEdges(eachRow)],
      [`sparse.dropEdges.${variant}.segments`, dropEdges(eachSegment)],
    ]),
  ),
  'sparse.normalize.symmetric.rows': normalize(eachRow, symmetric),
  'sparse.normalize.symmetric.segments': normalize(eachSegment, symmetric),
  'sparse.normalize.mean.rows': normalize(eachRow, mean),
  'sparse.normalize.mean.segments': normalize(eachSegment, mean),
  'sparse.sums.rows': entrySums(eachRow),
  'sparse.sums.segments': entrySums(eachSegment),
  'sparse.sums.merge': merge,
};
