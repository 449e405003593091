import { type Accumulator, accumulators } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import {
  type Dispatch,
  type LowerContext,
  type Op,
  type OpGraph,
  type Piece,
  rowsAt,
  type Step,
  whole,
} from '../op.ts';
import { overlaps, padded4, stride4 } from '../panels.ts';
import { AGGREGATE_TILES, type Tile } from '../tiles.ts';
import { evaluate, type Size, type Sizes, sameSize, type Value } from '../value.ts';
import { pointerWords, type SparseHalf, type SparseMatrix } from './sparse.ts';

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
    const { forward, backward, positions } = node.attributes;
    const transposed = { forward: backward, backward: forward, positions };
    const gradients: (Value | null)[] = node.inputs.map(() => null);
    if (wanted[0]) gradients[0] = spmm(g, transposed, upstream!, `${node.inputs[0].name}.grad`);
    return gradients;
  },
  lower({ inputs: [x], outputs: [out], attributes: { forward } }, context) {
    const suffix = forward.values ? 'weighted' : 'ones';
    const gather: Gather = {
      half: forward,
      accumulator: accumulators.sum,
      rows: `aggregate.rows.sum.${suffix}`,
      segments: `aggregate.segments.sum.${suffix}`,
      gathered: { x },
      lists: forward.values ? { weights: forward.values } : {},
      flopsPerEntry: forward.values ? 2 : 1,
      tiles: AGGREGATE_TILES,
    };
    return gatherRows(gather, x, out, context);
  },
};

/** An aggregation over the entries of each row, of matrices that are gathered by the entry's column. */
export interface Gather {
  readonly half: SparseHalf;
  readonly accumulator: Accumulator;
  /** Kernels of the ordinary rows, and of the segments of heavy ones; `aggregate.merge.ACCUMULATOR` merges these. */
  readonly rows: string;
  readonly segments: string;
  /** Of one shape. */
  readonly gathered: Readonly<Record<string, Value>>;
  /** A matrix of the shape of the output, read at the row itself. */
  readonly own?: Value;
  readonly lists: Readonly<Record<string, Value>>;
  /** The sums are numbers of entries: half precision ends at 65,504. */
  readonly counts?: boolean;
  /** Of each entry and column. */
  readonly flopsPerEntry: number;
  /** Of both kernels. */
  readonly tiles?: readonly Tile[];
}

/** The dispatches of an aggregation. @param x any of the gathered matrices: the shape of all of them */
export function gatherRows(
  {
    half,
    accumulator,
    rows: rowsKernel,
    segments: segmentsKernel,
    gathered,
    own,
    lists,
    counts,
    flopsPerEntry,
    tiles,
  }: Gather,
  x: Value,
  out: Value,
  { panels, scratch, capacity }: LowerContext,
): Dispatch[] {
  const dispatches: Dispatch[] = [];
  const segments = whole(half.segments);
  for (const { a: xPanel, b: outPanel, first, cols } of overlaps(panels(x), panels(out))) {
    const width4 = padded4(cols);
    const from = { xStride4: stride4(xPanel), xOffset4: (first - xPanel.first) / 4 };
    const to = { outStride4: stride4(outPanel), outOffset4: (first - outPanel.first) / 4 };
    const self: Record<string, number> = own ? { ownStride4: to.outStride4, ownOffset4: to.outOffset4, cols } : {};
    const outPiece = { value: out, panel: outPanel.index };
    const reads: Record<string, Piece> = { indices: whole(half.indices) };
    for (const [name, value] of Object.entries(gathered)) reads[name] = { value, panel: xPanel.index };
    for (const [name, value] of Object.entries(lists)) reads[name] = whole(value);
    if (own) reads.own = { value: own, panel: outPanel.index };
    /** Words that `entries` entries of `rows` rows load, and the words of their row of the output. */
    const wordsOf = (entries: number, rows: number) => ({
      indices: entries,
      ...Object.fromEntries(Object.keys(lists).map((name) => [name, entries])),
      ...Object.fromEntries(Object.keys(gathered).map((name) => [name, entries * width4 * 4])),
      ...(own ? { own: rows * width4 * 4 } : {}),
      out: rows * width4 * 4,
    });
    dispatches.push({
      kernel: rowsKernel,
      reads: { indptr: whole(half.indptr), ...reads },
      writes: { out: outPiece },
      storesOnce: true,
      ...(own ? { compares: ['x', 'own'] } : {}),
      ...(counts ? { precise: ['out'] } : {}),
      tiles,
      at(step) {
        const rows = rowsAt(half.rows, step);
        const entries = rowsAt(half.entries, step);
        return {
          params: { rows, width4, ...from, ...to, ...self, heavy: HEAVY },
          threads: rows * width4,
          covers: [rows, width4, 1],
          work: (rows + entries) * width4 * 4 + entries,
          flops: (entries - heavyEntries(half, step)) * cols * flopsPerEntry,
          words: {
            ...pointerWords(half, step),
            ...wordsOf(entries - heavyEntries(half, step), rows - rowsAt(half.heavy.rows, step)),
          },
        };
      },
    });
    const room = heavyRoom(half, capacity);
    if (room === 0) continue;
    const partial = scratch('partial rows', 'f32', room * width4 * 4 * accumulator.stateWords);
    dispatches.push({
      kernel: segmentsKernel,
      reads: { segments, ...reads },
      writes: { out: partial },
      tiles,
      at(step) {
        const rows = rowsAt(half.segments.rows, step);
        return {
          params: { rows, width4, ...from, outStride4: width4, outOffset4: 0, ...self },
          threads: rows * width4,
          covers: [rows, width4, 1],
          work: rows * SEGMENT * width4 * 4,
          flops: heavyEntries(half, step) * cols * flopsPerEntry,
          words: { ...wordsOf(heavyEntries(half, step), rows), out: rows * width4 * 4 * accumulator.stateWords },
        };
      },
    });
    dispatches.push({
      kernel: `aggregate.merge.${accumulator.name}`,
      reads: { heavyRows: whole(half.heavy), partial },
      writes: { out: outPiece },
      storesOnce: true,
      at(step) {
        const rows = rowsAt(half.heavy.rows, step);
        return {
          params: { rows, width4, ...to },
          threads: rows * width4,
          work: rowsAt(half.segments.rows, step) * width4 * 4,
          flops: rowsAt(half.segments.rows, step) * cols,
          words: {
            partial: rowsAt(half.segments.rows, step) * width4 * 4 * accumulator.stateWords,
            out: rows * width4 * 4,
          },
        };
      },
    });
  }
  return dispatches;
}

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
