import { mergeSum, splitRows } from '../accumulator.ts';
import { activation, addNode, state } from '../graph.ts';
import { type Dispatch, type LowerContext, type Op, type OpGraph, type Piece, type Step, whole } from '../op.ts';
import { type Panel, padded4, stride4 } from '../panels.ts';
import { invocations, type Tile } from '../tiles.ts';
import type { Value } from '../value.ts';

/** Sums over rows: gradients of biases, of norms' weights, of attention's vectors, and losses. */

/**
 * Column sums of x, a 1 × cols matrix. Of what is known to sum to 0 they are a matrix that nothing writes: else the gradient of a bias
 * before a batch norm would be rounding alone, of which Adam makes whole steps, and runs that differ in rounding would part.
 */
export function sumRows(g: OpGraph, x: Value, name: string): Value {
  const from = g.nodes.find(({ outputs }) => outputs.includes(x));
  if (from?.op.sumsToZero?.(from.attributes)) return state(g, name, 'optimizer', 1, x.cols);
  const out = activation(g, name, 1, x.cols);
  addNode(g, sumRowsOp, [x], [out], null);
  return out;
}

export const sumRowsOp: Op<null> = {
  name: 'sumRows',
  locality: 'reduce',
  lower({ inputs: [x], outputs: [out] }, context) {
    return columnSums(x, out, context);
  },
};

/** The dispatches of a column sum. */
export function columnSums(
  x: Value,
  out: Value,
  context: LowerContext,
  scale?: (step: Step) => number,
  accumulate?: (step: Step) => number,
): Dispatch[] {
  return termSums(PLAIN, x, whole(out), context, scale, accumulate);
}

/** What is summed over rows: the kernel that sums it over chunks of them, and what that reads beside x. */
export interface Term {
  readonly kernel: string;
  reads(panel: Panel): Readonly<Record<string, Piece>>;
  /** Beside those of every sum over rows. */
  params(panel: Panel): Readonly<Record<string, number>>;
  readonly flopsPerElement: number;
}

const PLAIN: Term = { kernel: 'reduce.columnSum', reads: () => ({}), params: () => ({}), flopsPerElement: 1 };

/** A vec4 of columns, by a workgroup with one invocation for each chunk (shaders/sumRows/whole.wgsl). */
const COLUMN: Tile = { name: 'column', rows: 1, width4: 1, workgroup: 64 };
/** A sum of more vec4 than this takes longer than a launch; then those who read one row lie side by side in two dispatches. */
const FEW_COLUMNS = 64;

/**
 * Column sums of a term into `out`, one row that is not cut: chunks of rows, then the chunks in order. One dispatch does both where a
 * workgroup has an invocation for every chunk; which it is changes no bit, so it may go by the capacity.
 */
export function termSums(
  term: Term,
  x: Value,
  out: Piece,
  { panels, scratch, capacity }: LowerContext,
  scale: (step: Step) => number = () => 1,
  accumulate?: (step: Step) => number,
): Dispatch[] {
  return panels(x).flatMap((panel): Dispatch[] => {
    const width4 = stride4(panel);
    const split = splitRows(x.rows, width4);
    const most = split.most(capacity);
    const reads = { x: { value: x, panel: panel.index }, ...term.reads(panel) };
    const sum = (step: Step) => {
      const { rows, chunk } = split.at(step);
      return {
        params: { rows, chunk, width4, ...term.params(panel) },
        work: rows * width4 * 4,
        flops: rows * panel.cols * term.flopsPerElement,
      };
    };
    const outOffset4 = panel.first / 4;
    if (most > COLUMN.workgroup! || width4 > FEW_COLUMNS) {
      const partial = scratch('column sums', 'f32', most * width4 * 4);
      const threads = (step: Step) => split.at(step).count * width4;
      const chunks: Dispatch = {
        kernel: term.kernel,
        reads,
        writes: { out: partial },
        at: (step) => ({ ...sum(step), threads: threads(step) }),
      };
      const shape = { cols: panel.cols, rows: 1, width4, outRow: 0, outStride4: padded4(x.cols), outOffset4 };
      return [chunks, mergeSum(partial, out, split, shape, scale, accumulate)];
    }
    const covers = [1, width4, 1] as const;
    return [
      {
        kernel: `${term.kernel}.whole`,
        reads,
        writes: { out },
        ...(accumulate ? {} : { storesOnce: true }),
        tiles: [COLUMN],
        at(step) {
          const { count } = split.at(step);
          const { params, work, flops } = sum(step);
          const adds = accumulate?.(step) ?? 0;
          return {
            params: { ...params, count, outOffset4, scale: scale(step), accumulate: adds },
            covers,
            threads: invocations(COLUMN, covers),
            work,
            flops: flops + panel.cols * (count + 1 + adds),
          };
        },
      },
    ];
  });
}
