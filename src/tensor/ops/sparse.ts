import { activation, addNode, addValue, input } from '../graph.ts';
import { type Op, type OpGraph, rowsAt, type Step, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { type Purpose, type Size, symbol, type Value } from '../value.ts';
import { dropKey, dropThreshold } from './dropout.ts';

/** One direction of a sparse matrix on the device: compressed rows and the list of heavy rows. */
export interface SparseHalf {
  readonly name: string;
  readonly rows: Size;
  readonly cols: Size;
  readonly entries: Size;
  /** rows + 1 row pointers, then the order of the rows: graph/rowOrder.ts. */
  readonly indptr: Value;
  readonly indices: Value;
  /** null where every entry is 1. */
  readonly values: Value | null;
  /** Four words per segment of a heavy row: row, begin, end, 0. */
  readonly segments: Value;
  /** Four words per heavy row: row, first segment, number of segments, 0. */
  readonly heavy: Value;
}

/**
 * A sparse matrix and its transpose, which the backward pass gathers over. For a symmetric matrix both are the same half.
 * `positions` says of each entry of `forward` where it lies in `backward`; without it the values cannot be changed on the
 * device.
 */
export interface SparseMatrix {
  readonly forward: SparseHalf;
  readonly backward: SparseHalf;
  readonly positions: Value | null;
}

/** Row pointers without the order behind them, which wide tiles alone read: which tile runs is chosen on the device, later. */
export function pointerWords({ rows }: SparseHalf, step: Step): { readonly indptr: number } {
  return { indptr: rowsAt(rows, step) + 1 };
}

/** Declares the inputs of one half; `entries`, `segments` and `heavy` become symbols `NAME.entries` and so on. */
export function sparseHalf(
  g: OpGraph,
  name: string,
  purpose: Purpose,
  rows: Size,
  cols: Size,
  weighted: boolean,
  lifetime: 'step' | 'persistent' = 'persistent',
): SparseHalf {
  const list = (what: string, dtype: 'u32' | 'f32', length: Size, width = 1) =>
    input(g, `${name} ${what}`, purpose, dtype, length, width, 'packed', lifetime);
  const entries = symbol(`${name}.entries`);
  const plusOne: Size = typeof rows === 'number' ? rows + 1 : { symbol: rows.symbol, plus: rows.plus + 1 };
  return {
    name,
    rows,
    cols,
    entries,
    indptr: list('row pointers and order', 'u32', plusOne, 2),
    indices: list('columns', 'u32', entries),
    values: weighted ? list('values', 'f32', entries) : null,
    segments: list('heavy segments', 'u32', symbol(`${name}.segments`), 4),
    heavy: list('heavy rows', 'u32', symbol(`${name}.heavy`), 4),
  };
}

/**
 * Dropout on the stored entries of a sparse matrix (zeros stay zeros, so it equals dropout on the dense matrix). The mask
 * of an entry depends on its row's global id and its position in the row, which a sampler never changes.
 * @param ids global id of each row; null where rows are numbered globally already
 */
export function sparseDropout(g: OpGraph, matrix: SparseMatrix, ids: Value | null): SparseMatrix {
  const { forward, backward, positions } = matrix;
  if (!positions) throw new Error(`${forward.name}: dropout on a sparse matrix needs its positions`);
  if (backward === forward) throw new Error(`${forward.name}: dropout breaks the symmetry of a matrix`);
  const stream = g.randomStreams++;
  const values = entryValues(g, `${forward.name} dropped`, forward.entries);
  const valuesT = entryValues(g, `${backward.name} dropped`, backward.entries);
  const inputs = [forward.indptr, positions, ...(ids ? [ids] : []), ...(forward.values ? [forward.values] : [])];
  addNode(g, sparseDropoutOp, inputs, [values, valuesT], { half: forward, positions, ids, stream });
  return { forward: { ...forward, values }, backward: { ...backward, values: valuesT }, positions };
}

function entryValues(g: OpGraph, name: string, entries: Size): Value {
  return addValue(g, {
    name,
    purpose: 'activations',
    dtype: 'f32',
    rows: entries,
    cols: 1,
    layout: 'packed',
    lifetime: 'transient',
  });
}

interface SparseDropout {
  readonly half: SparseHalf;
  readonly positions: Value;
  readonly ids: Value | null;
  readonly stream: number;
}

export const sparseDropoutOp: Op<SparseDropout> = {
  name: 'sparseDropout',
  locality: 'row',
  lower({ outputs: [out, transposed], attributes: { half, positions, ids, stream } }) {
    const kernel = `sparse.dropout.${half.values ? 'weighted' : 'ones'}.${ids ? 'local' : 'global'}`;
    return [
      {
        kernel,
        reads: {
          indptr: whole(half.indptr),
          positions: whole(positions),
          ...(ids ? { ids: whole(ids) } : {}),
          ...(half.values ? { weights: whole(half.values) } : {}),
        },
        writes: { out: whole(out), outTransposed: whole(transposed) },
        at(step) {
          const rows = rowsAt(half.rows, step);
          return {
            params: { rows, ...dropKey(step, stream), ...dropThreshold(step) },
            threads: rows,
            work: rowsAt(half.entries, step) * 20,
            flops: half.values ? rowsAt(half.entries, step) : 0,
          };
        },
      },
    ];
  },
};

/** The rows of a sparse matrix written out, for what does not commute with a product. It has no gradient: features have none. */
export function densify(g: OpGraph, { forward }: SparseMatrix): Value {
  const out = activation(g, `${forward.name} written out`, forward.rows, columnsOf(forward));
  const { indptr, indices, values } = forward;
  addNode(g, densifyOp, values ? [indptr, indices, values] : [indptr, indices], [out], forward);
  return out;
}

function columnsOf({ name, cols }: SparseHalf): number {
  if (typeof cols !== 'number')
    throw new Error(`${name}: only a matrix with a fixed number of columns can be written out`);
  return cols;
}

export const densifyOp: Op<SparseHalf> = {
  name: 'densify',
  locality: 'row',
  lower({ outputs: [out], attributes: half }, { panels }) {
    const { indptr, indices, values, rows, entries } = half;
    return panels(out).map((panel) => ({
      kernel: values ? 'sparse.dense.weighted' : 'sparse.dense.ones',
      reads: { indptr: whole(indptr), indices: whole(indices), ...(values ? { weights: whole(values) } : {}) },
      writes: { out: { value: out, panel: panel.index } },
      at(step) {
        const count = rowsAt(rows, step);
        const width4 = stride4(panel);
        return {
          params: { rows: count, width4, first: panel.first, cols: panel.cols },
          threads: count,
          work: count * width4 * 4 + rowsAt(entries, step) * 3,
          flops: 0,
          words: pointerWords(half, step),
        };
      },
    }));
  },
};
