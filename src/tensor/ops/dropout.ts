import { deriveKey } from '../../graph/random.ts';
import { activation, addNode } from '../graph.ts';
import { type Op, type OpGraph, rowsAt, type Step, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';
import { elementwise } from './elementwise.ts';

/**
 * Inverted dropout: each element is zero with probability `scalars.dropout`, else divided by the rest. The mask is a hash
 * of (seed, step, stream, global row, column), never stored: the gradient is the same op with the same stream.
 * @param ids global id of each row; null where rows are numbered globally already
 */
export function dropout(g: OpGraph, x: Value, ids: Value | null, stream = g.randomStreams++): Value {
  if (ids && !sameSize(ids.rows, x.rows)) throw new Error(`dropout: ${ids.name} must have as many rows as ${x.name}`);
  const out = activation(g, `${x.name} dropped`, x.rows, x.cols);
  addNode(g, dropoutOp, ids ? [x, ids] : [x], [out], stream);
  return out;
}

export function dropKey(step: Step, stream: number): { key0: number; key1: number } {
  const [key0, key1] = deriveKey(step.key, stream, 0);
  return { key0, key1 };
}

/**
 * One hash decides four elements by 16 bits each: an element is dropped where its bits are below the threshold. The rate is
 * thereby rounded to a multiple of 2^-16, and the scale is that of the rounded rate, so the expectation is exact.
 */
export function dropThreshold(step: Step, rate = step.scalars.dropout): { threshold: number; scale: number } {
  const threshold = Math.round(rate * 2 ** 16);
  return { threshold, scale: 1 / (1 - threshold / 2 ** 16) };
}

export const dropoutOp: Op<number> = {
  name: 'dropout',
  locality: 'row',
  gradient(g, node, [upstream], wanted) {
    const [, ids = null] = node.inputs;
    return node.inputs.map((_, i) => (i === 0 && wanted[0] ? dropout(g, upstream!, ids, node.attributes) : null));
  },
  lower({ inputs: [x, ids], outputs: [out], attributes: stream }, { panels }) {
    return panels(out).map((panel) => ({
      kernel: ids ? 'dropout.local' : 'dropout.global',
      reads: { x: { value: x, panel: panel.index }, ...(ids ? { ids: whole(ids) } : {}) },
      writes: { out: { value: out, panel: panel.index } },
      storesOnce: true,
      elementwise: ['x'],
      at(step) {
        const rows = rowsAt(out.rows, step);
        const width4 = stride4(panel);
        return {
          params: { rows, width4, column4: panel.first / 4, ...dropKey(step, stream), ...dropThreshold(step) },
          threads: rows * width4,
          work: rows * width4 * 60,
          flops: rows * panel.cols,
        };
      },
    }));
  },
};

/** x times what dropout multiplies the elements by that it does not drop. */
export const dropScaleOp: Op<null> = {
  name: 'dropScale',
  locality: 'row',
  lower: ({ inputs: [x], outputs: [out] }, { panels }) =>
    elementwise('elementwise.scale', { x }, out, panels, 1, (_panel, step) => ({ alpha: dropThreshold(step).scale })),
};
