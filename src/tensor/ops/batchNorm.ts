import { splitRows } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, type Piece, rowsAt, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import type { Value } from '../value.ts';
import { perVector } from './elementwise.ts';
import { sumRows, type Term, termSums } from './sumRows.ts';

/**
 * Batch norm over rows, as PyTorch's BatchNorm1d: each column minus its mean, divided by its deviation, times weight plus
 * bias. In training mean and variance (Σ/n) are those of the rows at hand, so a batch that is split is normalised part by part;
 * in evaluation they are the running ones, to which every training run adds a tenth of its own (with variance Σ/(n-1)).
 * PyTorch refuses to train on a single row; here it has variance 0, so that its output is the bias.
 * Ioffe and Szegedy, arXiv 1502.03167.
 */
export const BATCH_NORM = { epsilon: 1e-5, momentum: 0.1 } as const;

export interface Running {
  /** Persistent, 1 × cols; begins as zeros. */
  readonly mean: Value;
  /** Persistent, 1 × cols; begins as ones. */
  readonly variance: Value;
}

/** @param weight 1 × cols, as is `bias` */
export function batchNorm(
  g: OpGraph,
  x: Value,
  weight: Value,
  bias: Value,
  running: Running,
  training: boolean,
): Value {
  for (const { name, rows, cols } of [weight, bias, running.mean, running.variance]) {
    if (rows !== 1 || cols !== x.cols) throw new Error(`batchNorm: ${name} must be 1 × ${x.cols}`);
  }
  const { mean, variance } = training ? moments(g, x, running) : running;
  const out = activation(g, `batch norm(${x.name})`, x.rows, x.cols);
  addNode(g, batchNormOp, [x, mean, variance, weight, bias], [out], { training });
  return out;
}

function moments(g: OpGraph, x: Value, { mean: runningMean, variance: runningVariance }: Running): Running {
  const mean = activation(g, `mean of ${x.name}`, 1, x.cols);
  const variance = activation(g, `variance of ${x.name}`, 1, x.cols);
  addNode(g, columnMomentsOp, [x], [mean, variance], null);
  addNode(g, updateRunningOp, [mean, variance], [], x.rows, [runningMean, runningVariance]);
  return { mean, variance };
}

/** Mean and M2 of each chunk, a vec4 of each. */
const STATE_WORDS = 8;

export const columnMomentsOp: Op<null> = {
  name: 'columnMoments',
  locality: 'reduce',
  lower({ inputs: [x], outputs: [mean, variance] }, { panels, scratch, capacity }) {
    return panels(x).flatMap((panel): Dispatch[] => {
      const width4 = stride4(panel);
      const split = splitRows(x.rows, width4);
      const partial = scratch('column moments', 'f32', split.most(capacity) * width4 * STATE_WORDS);
      return [
        {
          kernel: 'normColumns.chunkMoments',
          reads: { x: { value: x, panel: panel.index } },
          writes: { outMoments: partial },
          at(step) {
            const { rows, chunk, count } = split.at(step);
            return {
              params: { rows, width4, chunk },
              threads: count * width4,
              work: rows * width4 * 16,
              flops: rows * panel.cols * 7,
            };
          },
        },
        {
          kernel: 'normColumns.mergeMoments',
          reads: { moments: partial },
          writes: { outMean: whole(mean), outVariance: whole(variance) },
          at(step) {
            const { rows, chunk, count } = split.at(step);
            return {
              params: { rows, width4, chunk, count, column4: panel.first / 4, perRow: rows > 0 ? 1 / rows : 0 },
              threads: rows > 0 ? width4 : 0,
              work: count * width4 * 16,
              flops: rows > 0 ? panel.cols * (8 * (count - 1) + 2) : 0,
            };
          },
        },
      ];
    });
  },
};

/** Attributes: the rows whose moments the inputs are. */
export const updateRunningOp: Op<Value['rows']> = {
  name: 'updateRunning',
  locality: 'parameter',
  lower: ({ inputs: [mean, variance], updates: [runningMean, runningVariance], attributes: size }, { panels }) => {
    const [panel] = panels(mean);
    return [
      {
        kernel: 'normColumns.updateRunning',
        reads: { mean: whole(mean), variance: whole(variance) },
        writes: { outMean: whole(runningMean), outVariance: whole(runningVariance) },
        at(step) {
          const rows = rowsAt(size, step);
          const width4 = stride4(panel);
          return {
            params: { width4, momentum: BATCH_NORM.momentum, unbias: rows > 1 ? rows / (rows - 1) : 1 },
            threads: rows > 0 ? width4 : 0,
            work: width4 * 24,
            flops: rows > 0 ? mean.cols * 7 : 0,
          };
        },
      },
    ];
  },
};

interface Mode {
  /** Whether mean and variance depend on x. */
  readonly training: boolean;
}

export const batchNormOp: Op<Mode> = {
  name: 'batchNorm',
  locality: 'row',
  gradient(g, { inputs: [x, mean, variance, weight, bias], attributes }, [upstream], wanted) {
    const biasGrad = sumRows(g, upstream!, `${bias.name}.grad`);
    const weightGrad = activation(g, `${weight.name}.grad`, 1, x.cols);
    addNode(g, batchNormWeightGradOp, [x, upstream!, mean, variance], [weightGrad], null);
    const gradients = [null, null, null, weightGrad, biasGrad];
    if (!wanted[0]) return gradients;
    const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
    addNode(g, batchNormGradOp, [x, upstream!, mean, variance, weight, biasGrad, weightGrad], [out], attributes);
    return [out, ...gradients.slice(1)];
  },
  lower: ({ inputs: [x, mean, variance, weight, bias], outputs: [out] }, { panels }) =>
    perVector('normColumns.normalizeColumns', { x, mean, variance, weight, bias }, out, panels, 7, ({ first }) => ({
      column4: first / 4,
      epsilon: BATCH_NORM.epsilon,
    })),
};

/** Column sums of upstream · x̂. */
export const batchNormWeightGradOp: Op<null> = {
  name: 'batchNormWeightGrad',
  locality: 'reduce',
  lower({ inputs: [x, y, mean, variance], outputs: [out] }, context) {
    const term: Term = {
      kernel: 'dot.normColumns',
      reads: (panel): Record<string, Piece> => ({
        y: { value: y, panel: panel.index },
        mean: whole(mean),
        variance: whole(variance),
      }),
      params: ({ first }) => ({ column4: first / 4, epsilon: BATCH_NORM.epsilon }),
      flopsPerElement: 7,
    };
    return termSums(term, x, whole(out), context);
  },
};

export const batchNormGradOp: Op<Mode> = {
  name: 'batchNormGrad',
  locality: 'row',
  // In training a column minus its mean is the same, whatever is added to the whole column.
  sumsToZero: ({ training }) => training,
  lower({ inputs, outputs: [out], attributes: { training } }, { panels }) {
    const [x, upstream, mean, variance, weight, biasGrad, weightGrad] = inputs;
    const operands = { x, upstream, mean, variance, weight, biasGrad, weightGrad };
    return perVector('normColumns.normalizeColumnsGrad', operands, out, panels, 11, ({ first }, step) => {
      const rows = rowsAt(out.rows, step);
      return { column4: first / 4, epsilon: BATCH_NORM.epsilon, perRow: training && rows > 0 ? 1 / rows : 0 };
    });
  },
};
