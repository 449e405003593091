import { activation, addNode } from '../graph.ts';
import type { Op, OpGraph } from '../op.ts';
import { sameSize, type Value } from '../value.ts';
import { elementwise } from './elementwise.ts';
import { totals } from './total.ts';

/** Linear combinations of whole matrices: residuals, teleports, GIN's weight of the node itself. */

function sameShape(op: string, x: Value, y: Value): void {
  if (!sameSize(x.rows, y.rows) || x.cols !== y.cols) throw new Error(`${op}: ${x.name} and ${y.name} differ in shape`);
}

/** a · x + b · y, for two numbers that never change. */
export function combine(g: OpGraph, a: number, x: Value, b: number, y: Value): Value {
  sameShape('combine', x, y);
  const out = activation(g, `${a} · ${x.name} + ${b} · ${y.name}`, x.rows, x.cols);
  addNode(g, combineOp, [x, y], [out], { alpha: a, beta: b });
  return out;
}

export const combineOp: Op<{ alpha: number; beta: number }> = {
  name: 'combine',
  locality: 'row',
  gradient: (g, { attributes: { alpha, beta } }, [upstream], wanted) =>
    [alpha, beta].map((factor, i) => (wanted[i] ? scale(g, upstream!, factor) : null)),
  lower: ({ inputs: [x, y], outputs: [out], attributes }, { panels }) =>
    elementwise('elementwise.combine', { x, y }, out, panels, 3, () => ({ ...attributes })),
};

/** factor · x; x itself where that is 1. */
export function scale(g: OpGraph, x: Value, factor: number): Value {
  if (factor === 1) return x;
  const out = activation(g, `${factor} · ${x.name}`, x.rows, x.cols);
  addNode(g, scaleOp, [x], [out], factor);
  return out;
}

export const scaleOp: Op<number> = {
  name: 'scale',
  locality: 'row',
  gradient: (g, { attributes: factor }, [upstream], wanted) => [wanted[0] ? scale(g, upstream!, factor) : null],
  lower: ({ inputs: [x], outputs: [out], attributes: alpha }, { panels }) =>
    elementwise('elementwise.scale', { x }, out, panels, 1, () => ({ alpha })),
};

/**
 * (1 + eps) · x + y: how GIN adds a node to the sum of its neighbours.
 * @param eps a parameter, 1 × 1
 */
export function scaledSum(g: OpGraph, x: Value, eps: Value, y: Value): Value {
  sameShape('scaledSum', x, y);
  if (eps.rows !== 1 || eps.cols !== 1) throw new Error(`scaledSum: ${eps.name} must be 1 × 1`);
  const out = activation(g, `(1 + ${eps.name}) · ${x.name} + ${y.name}`, x.rows, x.cols);
  addNode(g, scaledSumOp, [x, eps, y], [out], null);
  return out;
}

export const scaledSumOp: Op<null> = {
  name: 'scaledSum',
  locality: 'row',
  gradient(g, { inputs: [x, eps] }, [upstream], wanted) {
    const gradients: (Value | null)[] = [null, null, wanted[2] ? upstream : null];
    if (wanted[0]) {
      const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
      addNode(g, scaleByParameterOp, [upstream!, eps], [out], null);
      gradients[0] = out;
    }
    if (wanted[1]) {
      const out = activation(g, `${eps.name}.grad`, 1, 1);
      addNode(g, dotOp, [x, upstream!], [out], null);
      gradients[1] = out;
    }
    return gradients;
  },
  lower: ({ inputs: [x, eps, y], outputs: [out] }, { panels }) =>
    elementwise('elementwise.scaledSum', { x, y, eps }, out, panels, 2),
};

/** (1 + eps) · x. */
export const scaleByParameterOp: Op<null> = {
  name: 'scaleByParameter',
  locality: 'row',
  lower: ({ inputs: [x, eps], outputs: [out] }, { panels }) =>
    elementwise('elementwise.scaleByParameter', { x, eps }, out, panels),
};

/** Σ x · y over all elements. */
export const dotOp: Op<null> = {
  name: 'dot',
  locality: 'reduce',
  lower: ({ inputs: [x, y], outputs: [out] }, context) => totals('dot.product', x, y, out, context),
};
