import { accumulators } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, type Piece, rowsAt, type Step, whole } from '../op.ts';
import { overlaps, padded4, stride4 } from '../panels.ts';
import { evaluate, type Size, type Sizes, sameSize, type Value } from '../value.ts';
import type { SparseHalf, SparseMatrix } from './sparse.ts';

/**
 * Sparse times dense: out[r] = Σ over the entries e of row r of values[e] · x[indices[e]]. The aggregation of a GNN layer,
 * and X·W for sparse features. A gather over CSR forward and a gather over the transpose backward: no scatter, no atomics.
 *
 * A row with more than HEAVY entries is skipped by the first kernel, summed in segments by the second and merged by the
 * third, so that a hub costs no more time than its edges.
 */
export function spmm(g: OpGraph, matrix: SparseMatrix, x: Value, name = 'spmm'): Value {
  const { forward } = matrix;
  if (!sameSize(forward.cols, x.rows))
    throw new Error(`spmm: ${forward.name} has not as many columns as ${x.name} rows`);
  const out = activation(g, name, forward.rows, x.cols);
  const inputs = [x, forward.indptr, forward.indices, forward.segments, forward.heavy];
  addNode(g, spmmOp, forward.values ? [...inputs, forward.values] : inputs, [out], matrix);
  return out;
}

/** Rows with more entries than this are heavy. */
export const HEAVY = 256;
/** Entries in one segment of a heavy row. */
export const SEGMENT = 128;

export const spmmOp: Op<SparseMatrix> = {
  name: 'spmm',
  locality: 'aggregate',
  gradient(g, node, [upstream], wanted) {
    const { forward, backward, permutation } = node.attributes;
    const transposed = { forward: backward, backward: forward, permutation };
    const gradients: (Value | null)[] = node.inputs.map(() => null);
    if (wanted[0]) gradients[0] = spmm(g, transposed, upstream!, `${node.inputs[0].name}.grad`);
    return gradients;
  },
  lower({ inputs: [x], outputs: [out], attributes: { forward } }, { panels, scratch, capacity }) {
    const dispatches: Dispatch[] = [];
    const { stateWords } = accumulators.sum;
    const perEntry = forward.values ? 2 : 1;
    const suffix = forward.values ? 'weighted' : 'ones';
    const weights: Record<string, Piece> = forward.values ? { weights: whole(forward.values) } : {};
    const segments = whole(forward.segments);
    const heavy = whole(forward.heavy);
    const indices = whole(forward.indices);
    for (const { a: xPanel, b: outPanel, first, cols } of overlaps(panels(x), panels(out))) {
      const width4 = padded4(cols);
      const from = { xStride4: stride4(xPanel), xOffset4: (first - xPanel.first) / 4 };
      const to = { outStride4: stride4(outPanel), outOffset4: (first - outPanel.first) / 4 };
      const xPiece = { value: x, panel: xPanel.index };
      const outPiece = { value: out, panel: outPanel.index };
      dispatches.push({
        kernel: `aggregate.rows.sum.${suffix}`,
        reads: { indptr: whole(forward.indptr), indices, x: xPiece, ...weights },
        writes: { out: outPiece },
        at(step) {
          const rows = rowsAt(forward.rows, step);
          const entries = rowsAt(forward.entries, step);
          return {
            params: { rows, width4, ...from, ...to, heavy: HEAVY },
            threads: rows * width4,
            work: (rows + entries) * width4 * 4 + entries,
            flops: (entries - heavyEntries(forward, step)) * cols * perEntry,
          };
        },
      });
      const room = heavyRoom(forward, capacity);
      if (room === 0) continue;
      const partial = scratch('spmm partial rows', 'f32', room * width4 * 4 * stateWords);
      dispatches.push({
        kernel: `aggregate.segments.sum.${suffix}`,
        reads: { segments, indices, x: xPiece, ...weights },
        writes: { out: partial },
        at(step) {
          const rows = rowsAt(forward.segments.rows, step);
          return {
            params: { rows, width4, ...from, outStride4: width4, outOffset4: 0 },
            threads: rows * width4,
            work: rows * SEGMENT * width4 * 4,
            flops: heavyEntries(forward, step) * cols * perEntry,
          };
        },
      });
      dispatches.push({
        kernel: 'aggregate.merge.sum',
        reads: { heavyRows: heavy, partial },
        writes: { out: outPiece },
        at(step) {
          const rows = rowsAt(forward.heavy.rows, step);
          return {
            params: { rows, width4, ...to },
            threads: rows * width4,
            work: rowsAt(forward.segments.rows, step) * width4 * 4,
            flops: rowsAt(forward.segments.rows, step) * cols,
          };
        },
      });
    }
    return dispatches;
  },
};

/** Entries of the heavy rows, as far as sizes tell: the last segment of each row counts as half full. */
export function heavyEntries({ segments, heavy, entries }: SparseHalf, step: Step): number {
  const about = SEGMENT * rowsAt(segments.rows, step) - (SEGMENT / 2) * rowsAt(heavy.rows, step);
  return Math.min(rowsAt(entries, step), about);
}

/** Segments of heavy rows at a capacity. */
export function heavyRoom(half: SparseHalf, capacity: Sizes): number {
  const size: Size = half.segments.rows;
  return evaluate(size, capacity);
}
