import { accumulators } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import type { Op, OpGraph } from '../op.ts';
import { AGGREGATE_TILES } from '../tiles.ts';
import { sameSize, type Value } from '../value.ts';
import { elementwise } from './elementwise.ts';
import type { SparseHalf, SparseMatrix } from './sparse.ts';
import { gatherRows } from './spmm.ts';

/**
 * The largest neighbour, column by column: out[r] = max over the entries e of row r of x[indices[e]], and 0 where a row has
 * none (SAGE with aggr='max'). Values of the matrix are ignored.
 *
 * The gradient of a maximum is spread evenly over the entries that attain it, as that of PyTorch's scatter_reduce 'amax' is. How
 * many these are is counted in the backward pass: evaluation need not carry the counts, and no matrix more lives from
 * the forward to the backward pass.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
 */
export function spmax(g: OpGraph, matrix: SparseMatrix, x: Value, name = 'spmax'): Value {
  const { forward } = matrix;
  if (!sameSize(forward.cols, x.rows)) {
    throw new Error(`spmax: ${forward.name} has not as many columns as ${x.name} rows`);
  }
  const out = activation(g, name, forward.rows, x.cols);
  addNode(g, spmaxOp, [x, ...listsOf(forward)], [out], matrix);
  return out;
}

function listsOf({ indptr, indices, segments, heavy }: SparseHalf): Value[] {
  return [indptr, indices, segments, heavy];
}

export const spmaxOp: Op<SparseMatrix> = {
  name: 'spmax',
  locality: 'aggregate',
  gradient(g, { inputs: [x, ...lists], outputs: [largest], attributes }, [upstream], wanted) {
    const none = lists.map(() => null);
    if (!wanted[0]) return [null, ...none];
    const { forward, backward } = attributes;
    const ties = activation(g, `ties of ${largest.name}`, largest.rows, largest.cols);
    addNode(g, countTiesOp, [x, largest, ...listsOf(forward)], [ties], forward);
    const shares = activation(g, `shares of ${largest.name}.grad`, largest.rows, largest.cols);
    addNode(g, sharesOp, [upstream!, ties], [shares], null);
    const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
    addNode(g, spreadTiesOp, [largest, x, shares, ...listsOf(backward)], [out], backward);
    return [out, ...none];
  },
  lower: ({ inputs: [x], outputs: [out], attributes: { forward } }, context) =>
    gatherRows(
      {
        half: forward,
        accumulator: accumulators.max,
        rows: 'aggregate.rows.max',
        segments: 'aggregate.segments.max',
        gathered: { x },
        lists: {},
        flopsPerEntry: 1,
        tiles: AGGREGATE_TILES,
      },
      x,
      out,
      context,
    ),
};

/** How many entries of each row equal its maximum. */
export const countTiesOp: Op<SparseHalf> = {
  name: 'countTies',
  locality: 'aggregate',
  lower: ({ inputs: [x, largest], outputs: [out], attributes: half }, context) =>
    gatherRows(
      {
        half,
        accumulator: accumulators.sum,
        rows: 'ties.rows.count',
        segments: 'ties.segments.count',
        gathered: { x },
        own: largest,
        lists: {},
        counts: true,
        flopsPerEntry: 2,
      },
      x,
      out,
      context,
    ),
};

/** upstream / ties, and 0 where nothing ties: in a row without entries. */
export const sharesOp: Op<null> = {
  name: 'shares',
  locality: 'row',
  lower: ({ inputs: [x, y], outputs: [out] }, { panels }) =>
    elementwise('elementwise.shares', { x, y }, out, panels, 2),
};

/** Over the transpose: the shares of the rows whose maximum a row of x attains. */
export const spreadTiesOp: Op<SparseHalf> = {
  name: 'spreadTies',
  locality: 'aggregate',
  lower: ({ inputs: [largest, x, shares], outputs: [out], attributes: half }, context) =>
    gatherRows(
      {
        half,
        accumulator: accumulators.sum,
        rows: 'ties.rows.shares',
        segments: 'ties.segments.shares',
        gathered: { x: largest, shares },
        own: x,
        lists: {},
        flopsPerEntry: 2,
      },
      largest,
      out,
      context,
    ),
};
