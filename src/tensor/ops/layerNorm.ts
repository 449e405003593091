import { activation, addNode, addValue } from '../graph.ts';
import { type LowerContext, type Op, type OpGraph, type Piece, rowsAt, whole } from '../op.ts';
import { type Panel, stride4 } from '../panels.ts';
import type { Size, Value } from '../value.ts';
import { perVector } from './elementwise.ts';
import { sumRows, type Term, termSums } from './sumRows.ts';

/**
 * Layer norm, as PyTorch's: each row minus its mean, divided by its deviation (variance Σ/n over the columns), times weight
 * plus bias. Kept for the gradient are two numbers per row; over column panels they are merged.
 * Ba, Kiros and Hinton, arXiv 1607.06450.
 */
export const LAYER_NORM = { epsilon: 1e-5 } as const;

/** @param weight 1 × cols, as is `bias` */
export function layerNorm(g: OpGraph, x: Value, weight: Value, bias: Value): Value {
  for (const { name, rows, cols } of [weight, bias]) {
    if (rows !== 1 || cols !== x.cols) throw new Error(`layerNorm: ${name} must be 1 × ${x.cols}`);
  }
  const moments = pairs(g, `moments of ${x.name}`, x.rows);
  addNode(g, rowMomentsOp, [x], [moments], null);
  const out = activation(g, `layer norm(${x.name})`, x.rows, x.cols);
  addNode(g, layerNormOp, [x, moments, weight, bias], [out], null);
  return out;
}

/** Two numbers per row. */
function pairs(g: OpGraph, name: string, rows: Size): Value {
  return addValue(g, {
    name,
    purpose: 'activations',
    dtype: 'f32',
    rows,
    cols: 2,
    layout: 'packed',
    lifetime: 'transient',
  });
}

const shared = (x: Value) => ({ perColumn: 1 / x.cols, epsilon: LAYER_NORM.epsilon });

/** (mean, M2 = Σ (x - mean)²) of each row. */
export const rowMomentsOp: Op<null> = {
  name: 'rowMoments',
  locality: 'row',
  lower: ({ inputs: [x], outputs: [moments] }, { panels }) =>
    panels(x).map((panel) => ({
      kernel: 'normRows.rowMoments',
      reads: { x: { value: x, panel: panel.index } },
      writes: { outMoments: whole(moments) },
      at(step) {
        const rows = rowsAt(x.rows, step);
        return {
          params: { rows, width4: stride4(panel), cols: panel.cols, before: panel.first },
          threads: rows,
          work: rows * panel.cols * 8,
          // Subtract, add; subtract, multiply, add. A division and a sum, and what merges two panels.
          flops: rows * (panel.cols * 5 + 2 + (panel.first > 0 ? 10 : 0)),
        };
      },
    })),
};

export const layerNormOp: Op<null> = {
  name: 'layerNorm',
  locality: 'row',
  gradient(g, { inputs: [x, moments, weight, bias] }, [upstream], wanted) {
    const gradients: (Value | null)[] = [null, null, null, null];
    if (wanted[0]) {
      const sums = pairs(g, `sums of ${x.name}.grad`, x.rows);
      addNode(g, rowSumsOp, [x, upstream!, weight, moments], [sums], null);
      const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
      addNode(g, layerNormGradOp, [x, upstream!, weight, moments, sums], [out], null);
      gradients[0] = out;
    }
    if (wanted[2]) {
      const out = activation(g, `${weight.name}.grad`, 1, x.cols);
      addNode(g, layerNormWeightGradOp, [x, upstream!, moments], [out], null);
      gradients[2] = out;
    }
    if (wanted[3]) gradients[3] = sumRows(g, upstream!, `${bias.name}.grad`);
    return gradients;
  },
  lower: ({ inputs: [x, moments, weight, bias], outputs: [out] }, { panels }) =>
    perVector('normRows.normalizeRows', { x, weight, bias }, out, panels, 8, columnsOf(x), { moments }),
};

function columnsOf(x: Value) {
  return ({ first }: Panel) => ({ column4: first / 4, ...shared(x) });
}

/** Σ g and Σ g · x̂ of each row, with g = upstream · weight. */
export const rowSumsOp: Op<null> = {
  name: 'rowSums',
  locality: 'row',
  lower: ({ inputs: [x, upstream, weight, moments], outputs: [sums] }, { panels }: LowerContext) =>
    panels(x).map((panel) => ({
      kernel: 'normRows.rowSums',
      reads: {
        x: { value: x, panel: panel.index },
        upstream: { value: upstream, panel: panel.index },
        weight: whole(weight),
        moments: whole(moments),
      },
      writes: { outSums: whole(sums) },
      at(step) {
        const rows = rowsAt(x.rows, step);
        return {
          params: { rows, width4: stride4(panel), before: panel.first, ...columnsOf(x)(panel) },
          threads: rows,
          work: rows * panel.cols * 8,
          // Multiply, add; subtract, multiply, add. The deviation, a product; two sums with the panel before.
          flops: rows * (panel.cols * 5 + 5 + (panel.first > 0 ? 2 : 0)),
        };
      },
    })),
};

export const layerNormGradOp: Op<null> = {
  name: 'layerNormGrad',
  locality: 'row',
  lower: ({ inputs: [x, upstream, weight, moments, sums], outputs: [out] }, { panels }) =>
    perVector(
      'normRows.normalizeRowsGrad',
      { x, upstream, weight },
      out,
      panels,
      12,
      (panel) => ({ cols: panel.cols, ...columnsOf(x)(panel) }),
      { moments, sums },
    ),
};

/** Column sums of upstream · x̂. */
export const layerNormWeightGradOp: Op<null> = {
  name: 'layerNormWeightGrad',
  locality: 'reduce',
  lower({ inputs: [x, y, moments], outputs: [out] }, context) {
    const term: Term = {
      kernel: 'dot.normRows',
      reads: (panel): Record<string, Piece> => ({ y: { value: y, panel: panel.index }, moments: whole(moments) }),
      params: () => shared(x),
      flopsPerElement: 8,
    };
    return termSums(term, x, whole(out), context);
  },
};
