import { activation, addNode } from '../graph.ts';
import { type Dispatch, type LowerContext, type Op, type OpGraph, type Piece, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { evaluate, type Value } from '../value.ts';

/**
 * Gradient clipping as torch.nn.utils.clip_grad_norm_: all gradients together get a norm of at most scalars.clip. The squares
 * of each gradient are summed in parts that depend on its shape alone, then one invocation adds the parts in order; the
 * optimisers multiply by the scale as they read a gradient, so no gradient is written a second time.
 */

/** Vec4s that one invocation sums at least, and the most invocations for one panel. */
const SHORTEST_PART = 64;
const MOST_PARTS = 256;
/** PyTorch's guard against a norm of 0. */
const EPSILON = 1e-6;

/**
 * (factor, norm before, 0, 1 where the step is skipped) of the gradients: factor is clip / (norm + 1e-6), at most 1.
 * @param lossScale what the gradients are a multiple of, if they are; then it divides both
 */
export function gradientScale(g: OpGraph, gradients: readonly Value[], lossScale: Value | null = null): Value {
  const scale = activation(g, 'gradient scale', 1, 4);
  addNode(g, gradientScaleOp, lossScale ? [...gradients, lossScale] : gradients, [scale], lossScale);
  return scale;
}

/** A stretch of a gradient's vec4s that is summed by `count` invocations, whose sums begin at `first`. */
interface Part {
  readonly piece: Piece;
  /** True columns of its panel. */
  readonly cols: number;
  /** Vec4s. */
  readonly rows: number;
  readonly count: number;
  readonly first: number;
}

/** How sums over all gradients are split, by their shapes alone; `count` is how many sums there are in all. */
export function cutParts(
  gradients: readonly Value[],
  { panels, capacity }: LowerContext,
): { parts: readonly Part[]; count: number } {
  let first = 0;
  const parts = gradients.flatMap((value) =>
    panels(value).map((panel) => {
      const rows = evaluate(value.rows, capacity) * stride4(panel);
      const count = Math.min(MOST_PARTS, Math.ceil(rows / SHORTEST_PART));
      first += count;
      return { piece: { value, panel: panel.index }, cols: panel.cols, rows, count, first: first - count };
    }),
  );
  return { parts, count: first };
}

export const gradientScaleOp: Op<Value | null> = {
  name: 'gradientScale',
  locality: 'parameter',
  lower({ inputs, outputs: [scale], attributes: lossScale }, context) {
    const { parts, count: sums } = cutParts(
      inputs.filter((value) => value !== lossScale),
      context,
    );
    const partial = context.scratch('sums of squares', 'f32', sums * 4);
    const squares = parts.map(
      ({ piece, cols, rows, count, first }): Dispatch => ({
        kernel: 'optimizer.squares',
        reads: { x: piece },
        writes: { outPartial: partial },
        at: () => ({
          params: { rows, count, first },
          threads: count,
          work: rows * 8,
          flops: evaluate(piece.value.rows, context.capacity) * cols * 2,
        }),
      }),
    );
    const sum: Dispatch = {
      kernel: lossScale ? 'optimizer.clipScale.clipped' : 'optimizer.clipScale',
      reads: { partial, ...(lossScale ? { clip: whole(lossScale) } : {}) },
      writes: { outClip: whole(scale) },
      at: ({ scalars }) => ({
        params: { count: sums, limit: scalars.clip, epsilon: EPSILON },
        threads: 1,
        work: sums * 4,
        // The last sum is over the four columns; then root, sum, quotient and comparison; and the factor, twice.
        flops: sums * 4 + 3 + 4 + (lossScale ? 2 : 0),
      }),
    };
    return [...squares, sum];
  },
};
