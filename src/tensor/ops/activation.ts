import { activation, addNode } from '../graph.ts';
import type { Op, OpGraph } from '../op.ts';
import type { Value } from '../value.ts';
import { elementwise } from './elementwise.ts';
import { totals } from './total.ts';

/**
 * Activation functions with PyTorch's defaults: ELU with alpha 1, LeakyReLU with slope 0.01, GELU with erf (not the tanh
 * form), PReLU with one slope.
 */
export type Activation = 'relu' | 'elu' | 'leakyRelu' | 'gelu';

interface Kind {
  readonly kind: Activation;
  /**
   * What the gradient needs. Where the output tells enough, it is the one that is kept: the next op keeps it too, so the
   * planner can free the input.
   */
  readonly keeps: 'output' | 'input';
  /** Per element, forward and backward. */
  readonly flops: readonly [number, number];
}

const KINDS: Readonly<Record<Activation, Kind>> = {
  // Compare. Compare.
  relu: { kind: 'relu', keeps: 'output', flops: [1, 1] },
  // Compare, exp, subtract. Compare, add, multiply.
  elu: { kind: 'elu', keeps: 'output', flops: [3, 3] },
  // Compare, multiply. Compare, multiply.
  leakyRelu: { kind: 'leakyRelu', keeps: 'output', flops: [2, 2] },
  // Φ: scale, erf, add, halve; multiply. Φ; square, halve, exp, scale; multiply, add; multiply.
  gelu: { kind: 'gelu', keeps: 'input', flops: [5, 11] },
};

/** The function `kind` of every element of x. */
export function activate(g: OpGraph, kind: Activation, x: Value): Value {
  const out = activation(g, `${kind}(${x.name})`, x.rows, x.cols);
  addNode(g, activateOp, [x], [out], KINDS[kind]);
  return out;
}

export function relu(g: OpGraph, x: Value): Value {
  return activate(g, 'relu', x);
}

export const activateOp: Op<Kind> = {
  name: 'activate',
  locality: 'row',
  gradient(g, { inputs: [x], outputs: [y], attributes }, [upstream], wanted) {
    if (!wanted[0]) return [null];
    const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
    addNode(g, activateGradOp, [upstream!, attributes.keeps === 'output' ? y : x], [out], attributes);
    return [out];
  },
  lower: ({ inputs: [x], outputs: [out], attributes: { kind, flops } }, { panels }) =>
    elementwise(`activation.${kind}`, { x }, out, panels, flops[0]),
};

export const activateGradOp: Op<Kind> = {
  name: 'activateGrad',
  locality: 'row',
  lower: ({ inputs: [upstream, kept], outputs: [out], attributes: { kind, flops } }, { panels }) =>
    elementwise(`activation.${kind}Grad`, { upstream, kept }, out, panels, flops[1]),
};

/**
 * x, or slope · x below 0.
 * @param slope a parameter, 1 × 1
 */
export function prelu(g: OpGraph, x: Value, slope: Value): Value {
  if (slope.rows !== 1 || slope.cols !== 1) throw new Error(`prelu: ${slope.name} must be 1 × 1`);
  const out = activation(g, `prelu(${x.name})`, x.rows, x.cols);
  addNode(g, preluOp, [x, slope], [out], null);
  return out;
}

export const preluOp: Op<null> = {
  name: 'prelu',
  locality: 'row',
  gradient(g, { inputs: [x, slope] }, [upstream], wanted) {
    const gradients: (Value | null)[] = [null, null];
    if (wanted[0]) {
      const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
      addNode(g, preluGradOp, [upstream!, x, slope], [out], null);
      gradients[0] = out;
    }
    if (wanted[1]) {
      const out = activation(g, `${slope.name}.grad`, 1, 1);
      addNode(g, preluSlopeGradOp, [x, upstream!], [out], null);
      gradients[1] = out;
    }
    return gradients;
  },
  lower: ({ inputs: [x, slope], outputs: [out] }, { panels }) =>
    elementwise('activation.prelu', { x, slope }, out, panels, 2),
};

export const preluGradOp: Op<null> = {
  name: 'preluGrad',
  locality: 'row',
  lower: ({ inputs: [upstream, kept, slope], outputs: [out] }, { panels }) =>
    elementwise('activation.preluGrad', { upstream, kept, slope }, out, panels, 2),
};

/** Σ min(x, 0) · upstream. */
export const preluSlopeGradOp: Op<null> = {
  name: 'preluSlopeGrad',
  locality: 'reduce',
  lower: ({ inputs: [x, upstream], outputs: [out] }, context) => totals('dot.negative', x, upstream, out, context),
};
