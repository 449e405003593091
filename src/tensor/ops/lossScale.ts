import { activation, addNode, state } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, whole } from '../op.ts';
import { evaluate, type Value } from '../value.ts';
import { elementwise } from './elementwise.ts';
import { cutParts } from './gradientScale.ts';

/**
 * Dynamic loss scaling, as torch.amp.GradScaler does it: what flows backward in half precision is a multiple of the gradient, so
 * that small numbers do not become zero. Where a gradient of a parameter is infinite or NaN the step is skipped and the scale
 * halves; after GROWTH_INTERVAL good steps it doubles. All of it happens on the device: the host never waits to know.
 * https://pytorch.org/docs/stable/amp.html#gradient-scaling
 */

/** Of PyTorch; the scale starts at 2^16, which the kernels know. */
export const GROWTH_INTERVAL = 2000;

/**
 * (1 / scale of the step under way, good steps since the scale changed, log2 of the next scale - 16, 1 where the step is skipped).
 * All zeros at first, so that fresh buffers need no upload.
 */
export function lossScaleState(g: OpGraph): Value {
  return state(g, 'loss scale', 'optimizer', 1, 4);
}

/** The gradient of a loss times the scale. */
export function scaleLoss(g: OpGraph, gradient: Value, lossScale: Value): Value {
  const out = activation(g, `${gradient.name} scaled`, gradient.rows, gradient.cols);
  addNode(g, scaleLossOp, [gradient, lossScale], [out], null);
  return out;
}

export const scaleLossOp: Op<null> = {
  name: 'scaleLoss',
  locality: 'row',
  lower: ({ inputs: [x, lossScale], outputs: [out] }, { panels }) =>
    elementwise('elementwise.scaleLoss', { x, lossScale }, out, panels),
};

/** Looks for what is not finite in the gradients of all parameters, decides about this step and chooses the scale of the next. */
export function checkGradients(g: OpGraph, gradients: readonly Value[], lossScale: Value): void {
  addNode(g, checkGradientsOp, gradients, [], null, [lossScale]);
}

export const checkGradientsOp: Op<null> = {
  name: 'checkGradients',
  locality: 'parameter',
  lower({ inputs: gradients, updates: [lossScale] }, context) {
    const { parts, count } = cutParts(gradients, context);
    const partial = context.scratch('numbers that are not finite', 'f32', count * 4);
    const found = parts.map(
      ({ piece, cols, rows, count, first }): Dispatch => ({
        kernel: 'optimizer.notFinite',
        reads: { bits: piece },
        writes: { outPartial: partial },
        at: () => ({
          params: { rows, count, first },
          threads: count,
          work: rows * 4,
          // Of each number, its test.
          flops: evaluate(piece.value.rows, context.capacity) * cols,
        }),
      }),
    );
    const decide: Dispatch = {
      kernel: 'optimizer.lossScale',
      reads: { partial },
      writes: { outScale: whole(lossScale) },
      // A sum of flags per column, then of the columns; one more good step, its comparison, and the exponent.
      at: () => ({ params: { count, interval: GROWTH_INTERVAL }, threads: 1, work: count * 4, flops: count * 4 + 6 }),
    };
    return [...found, decide];
  },
};
