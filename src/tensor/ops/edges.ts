import { edgeThreshold } from '../../graph/dropEdges.ts';
import { addNode, vector } from '../graph.ts';
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
import { evaluate, sameSize, type Value } from '../value.ts';
import { dropKey } from './dropout.ts';
import type { SparseHalf, SparseMatrix } from './sparse.ts';
import { HEAVY, SEGMENT } from './spmm.ts';

/**
 * Entries of a graph's matrix that change from step to step: edges are dropped, and what normalises the rest is recomputed.
 * The structure stays as it is, a dropped edge has the value 0. All of it is one number per entry or per node.
 */

/**
 * DropEdge: drops each undirected edge with probability `scalars.dropEdge`; see src/graph/dropEdges.ts. Values of the rest
 * are kept as they are, so a sum over neighbours needs no more; self-loops stay. Hops that are given the same `stream`
 * drop the same edges, as in PyTorch Geometric, where edges are dropped before the first layer.
 * @param ids global id of each column, of which the rows are a prefix; null where both are numbered globally already
 * @param training where it is false, as in evaluation, nothing is dropped
 */
export function dropEdges(
  g: OpGraph,
  matrix: SparseMatrix,
  ids: Value | null,
  training = true,
  stream = g.randomStreams++,
): SparseMatrix {
  if (ids && !sameSize(ids.rows, matrix.forward.cols)) {
    throw new Error(`dropEdges: ${ids.name} must have as many rows as ${matrix.forward.name} columns`);
  }
  return mapHalves(matrix, true, (half) => {
    const values = vector(g, `${half.name} kept`, half.entries);
    const inputs = [half.indptr, half.indices, half.segments, ...(ids ? [ids] : []), ...optional(half.values)];
    addNode(g, dropEdgesOp, inputs, [values], { half, ids, stream: training ? stream : null });
    return { ...half, values };
  });
}

/**
 * Divides the entries by what they add up to. `symmetric`: by the square root of the degrees of both ends, D^-1/2 A D^-1/2; a
 * matrix with self-loops of 1 becomes the operator of a graph convolution. `mean`: by the sum of their row. What would
 * be divided by 0 is 0, as in PyTorch Geometric.
 * @param degrees of each column, of which the rows are a prefix; null takes the sums of the rows, which for `symmetric` must
 * then be the same nodes as the columns
 */
export function normalizeEdges(
  g: OpGraph,
  matrix: SparseMatrix,
  kind: EdgeNorm,
  degrees: Value | null = null,
): SparseMatrix {
  const { forward } = matrix;
  const needed = degrees?.rows ?? forward.rows;
  if (kind === 'symmetric' && !sameSize(needed, forward.cols)) {
    throw new Error(`normalizeEdges: ${forward.name} needs the degree of each column`);
  }
  const sums = degrees ?? entrySums(g, forward);
  // Divided by the sums of its rows, a symmetric matrix is that no more.
  return mapHalves(matrix, kind === 'symmetric', (half, transposed) => {
    const values = vector(g, `${half.name} normalised`, half.entries);
    const inputs = [half.indptr, half.indices, half.segments, sums, valuesOf(half)];
    addNode(g, normalizeEdgesOp, inputs, [values], { half, kind, sums, transposed });
    return { ...half, values };
  });
}

export type EdgeNorm = 'symmetric' | 'mean';

/** Sum of the entries of each row. */
function entrySums(g: OpGraph, half: SparseHalf): Value {
  const out = vector(g, `${half.name} sums`, half.rows);
  addNode(g, entrySumsOp, [half.indptr, half.segments, half.heavy, valuesOf(half)], [out], half);
  return out;
}

/** A matrix that is its own transpose stays one where `symmetric` says that the change keeps it so. */
function mapHalves(
  { forward, backward, permutation }: SparseMatrix,
  symmetric: boolean,
  change: (half: SparseHalf, transposed: boolean) => SparseHalf,
): SparseMatrix {
  const changed = change(forward, false);
  return {
    forward: changed,
    backward: backward === forward && symmetric ? changed : change(backward, true),
    permutation,
  };
}

const optional = (value: Value | null): Value[] => (value ? [value] : []);

function valuesOf({ name, values }: SparseHalf): Value {
  if (!values) throw new Error(`${name}: its entries have no values to normalise`);
  return values;
}

/** One launch over all rows but the heavy ones, and one over the segments of these: what each does to its entries is the same. */
function overRows(
  { half, kernel, reads, out }: { half: SparseHalf; kernel: string; reads: Record<string, Piece>; out: Value },
  { capacity }: LowerContext,
  { perEntry, flops, params }: { perEntry: number; flops: number; params: (step: Step) => Record<string, number> },
): Dispatch[] {
  const writes = { out: whole(out) };
  const heavy = (step: Step) => heavyEntries(half, step);
  const light: Dispatch = {
    kernel: `${kernel}.rows`,
    reads: { indptr: whole(half.indptr), ...reads },
    writes,
    at(step) {
      const rows = rowsAt(half.rows, step);
      const entries = rowsAt(half.entries, step);
      return {
        params: { rows, heavy: HEAVY, ...params(step) },
        threads: rows,
        work: rows + entries * perEntry,
        flops: (entries - heavy(step)) * flops,
      };
    },
  };
  if (evaluate(half.segments.rows, capacity) === 0) return [light];
  const inSegments: Dispatch = {
    kernel: `${kernel}.segments`,
    reads: { segments: whole(half.segments), ...reads },
    writes,
    at(step) {
      const rows = rowsAt(half.segments.rows, step);
      const launch = { params: { rows, ...params(step) }, threads: rows, work: rows * SEGMENT * perEntry };
      return { ...launch, flops: heavy(step) * flops };
    },
  };
  return [light, inSegments];
}

/** Entries of the heavy rows, as far as sizes tell: the last segment of each row counts as half full. */
function heavyEntries({ segments, heavy, entries }: SparseHalf, step: Step): number {
  const about = SEGMENT * rowsAt(segments.rows, step) - (SEGMENT / 2) * rowsAt(heavy.rows, step);
  return Math.min(rowsAt(entries, step), about);
}

interface DropEdges {
  readonly half: SparseHalf;
  readonly ids: Value | null;
  /** null drops nothing. */
  readonly stream: number | null;
}

export const dropEdgesOp: Op<DropEdges> = {
  name: 'dropEdges',
  locality: 'row',
  lower({ outputs: [out], attributes: { half, ids, stream } }, context) {
    const kernel = `sparse.dropEdges.${half.values ? 'weighted' : 'ones'}.${ids ? 'local' : 'global'}`;
    const reads = {
      indices: whole(half.indices),
      ...(ids ? { ids: whole(ids) } : {}),
      ...(half.values ? { weights: whole(half.values) } : {}),
    };
    const params = (step: Step) => ({
      ...dropKey(step, stream ?? 0),
      threshold: stream === null ? 0 : edgeThreshold(step.scalars.dropEdge),
    });
    return overRows({ half, kernel, reads, out }, context, { perEntry: 60, flops: 0, params });
  },
};

interface NormalizeEdges {
  readonly half: SparseHalf;
  readonly kind: EdgeNorm;
  readonly sums: Value;
  /** Its columns are the rows that were summed. */
  readonly transposed: boolean;
}

export const normalizeEdgesOp: Op<NormalizeEdges> = {
  name: 'normalizeEdges',
  locality: 'aggregate',
  lower({ outputs: [out], attributes: { half, kind, sums, transposed } }, context) {
    const reads = { indices: whole(half.indices), sums: whole(sums), weights: whole(valuesOf(half)) };
    const params = (): Record<string, number> => (kind === 'mean' ? { byColumn: transposed ? 1 : 0 } : {});
    return overRows({ half, kernel: `sparse.normalize.${kind}`, reads, out }, context, {
      perEntry: 5,
      flops: kind === 'mean' ? 1 : 3,
      params,
    });
  },
};

export const entrySumsOp: Op<SparseHalf> = {
  name: 'entrySums',
  locality: 'aggregate',
  lower({ outputs: [out], attributes: half }, context) {
    const reads = { weights: whole(valuesOf(half)) };
    const parts = overRows({ half, kernel: 'sparse.sums', reads, out }, context, {
      perEntry: 2,
      flops: 1,
      params: () => ({}),
    });
    if (parts.length === 1) return parts;
    const [light, inSegments] = parts;
    const partial = context.scratch('partial sums of entries', 'f32', evaluate(half.segments.rows, context.capacity));
    const merge: Dispatch = {
      kernel: 'sparse.sums.merge',
      reads: { heavyRows: whole(half.heavy), partial },
      writes: { out: whole(out) },
      at(step) {
        const rows = rowsAt(half.heavy.rows, step);
        const segments = rowsAt(half.segments.rows, step);
        return { params: { rows }, threads: rows, work: segments, flops: segments };
      },
    };
    return [light, { ...inSegments, writes: { out: partial } }, merge];
  },
};
