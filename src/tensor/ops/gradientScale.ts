import { activation, addNode } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, whole } from '../op.ts';
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

/** (scale, norm before, 0, 0) of the gradients: scale is clip / (norm + 1e-6), at most 1. */
export function gradientScale(g: OpGraph, gradients: readonly Value[]): Value {
  const scale = activation(g, 'gradient scale', 1, 4);
  addNode(g, gradientScaleOp, gradients, [scale], null);
  return scale;
}

export const gradientScaleOp: Op<null> = {
  name: 'gradientScale',
  locality: 'parameter',
  lower({ inputs: gradients, outputs: [scale] }, { panels, scratch, capacity }) {
    const pieces = gradients.flatMap((value) => panels(value).map((panel) => ({ value, panel })));
    let first = 0;
    const cut = pieces.map(({ value, panel }) => {
      const rows = evaluate(value.rows, capacity) * stride4(panel);
      const count = Math.min(MOST_PARTS, Math.ceil(rows / SHORTEST_PART));
      first += count;
      return { value, panel, rows, count, first: first - count };
    });
    const partial = scratch('sums of squares', 'f32', first * 4);
    const squares = cut.map(
      ({ value, panel, rows, count, first }): Dispatch => ({
        kernel: 'optimizer.squares',
        reads: { x: { value, panel: panel.index } },
        writes: { outPartial: partial },
        at: () => ({
          params: { rows, count, first },
          threads: count,
          work: rows * 8,
          flops: (rows / stride4(panel)) * panel.cols * 2,
        }),
      }),
    );
    const sum: Dispatch = {
      kernel: 'optimizer.clipScale',
      reads: { partial },
      writes: { outClip: whole(scale) },
      at: ({ scalars }) => ({
        params: { count: first, limit: scalars.clip, epsilon: EPSILON },
        threads: 1,
        work: first * 4,
        // The last sum is over the four columns; then root, sum, quotient and comparison.
        flops: first * 4 + 3 + 4,
      }),
    };
    return [...squares, sum];
  },
};
