import { activation, addNode, vector } from '../graph.ts';
import { type Dispatch, type LowerContext, type Node, type Op, type OpGraph, rowsAt, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';
import { columnSums } from './sumRows.ts';

/**
 * Log-softmax with masked negative log-likelihood, fused: only the log-sum-exp of each row is kept, so no matrix of
 * log-probabilities exists. Written over column panels: the log-sum-exp is a mergeable accumulator (running maximum is
 * folded into it: log(eᵃ + eᵇ) = max + log(1 + e^-|a-b|)).
 */

/** A label that says: this node has none. */
export const UNLABELLED = 0xffffffff;

/**
 * Sums the negative log-likelihood of the nodes of each split into `total` = (train, validation, test, 0), undivided.
 * `scalars.first` = 1 starts new sums, 0 adds to the last ones, so that the parts of a batch and the batches of an epoch
 * add up on the device. The gradient is that of scalars.lossScale · Σ over the training nodes.
 * @param logits nodes × classes
 * @param labels packed u32 per node, UNLABELLED where there is none: such a node must have mask 0
 * @param mask packed u32 per node, a SPLIT code
 * @param total persistent 1 × 4 matrix
 * @param weights packed f32, 1 × classes: what the loss of a node of each class is multiplied by
 */
export function maskedCrossEntropy(
  g: OpGraph,
  logits: Value,
  labels: Value,
  mask: Value,
  total: Value,
  weights: Value | null = null,
): void {
  if (!sameSize(labels.rows, logits.rows) || !sameSize(mask.rows, logits.rows)) {
    throw new Error(`maskedCrossEntropy: ${labels.name} and ${mask.name} must have as many rows as ${logits.name}`);
  }
  if (total.rows !== 1 || total.cols !== 4) throw new Error(`maskedCrossEntropy: ${total.name} must be 1 × 4`);
  if (weights && (weights.rows !== 1 || weights.cols !== logits.cols)) {
    throw new Error(`maskedCrossEntropy: ${weights.name} must be 1 × ${logits.cols}`);
  }
  const logSumExp = vector(g, `log-sum-exp(${logits.name})`, logits.rows);
  addNode(g, logSumExpOp, [logits], [logSumExp], null);
  const rows = activation(g, 'loss of each node', logits.rows, 4);
  const inputs = [logits, logSumExp, labels, mask, ...(weights ? [weights] : [])];
  addNode(g, crossEntropyOp, inputs, [rows], null);
  addNode(g, lossSumOp, [rows], [], null, [total]);
}

export const logSumExpOp: Op<null> = {
  name: 'logSumExp',
  locality: 'row',
  lower({ inputs: [x], outputs: [out] }, { panels }) {
    return panels(x).map((panel) => ({
      kernel: 'loss.logSumExp',
      reads: { x: { value: x, panel: panel.index } },
      writes: { outLogSumExp: whole(out) },
      at(step) {
        const rows = rowsAt(x.rows, step);
        // Largest; subtract, exp, add per class; log and add; then what merges two panels.
        const perRow = panel.cols - 1 + 3 * panel.cols + 2 + (panel.index > 0 ? 6 : 0);
        return {
          params: { rows, cols: panel.cols, width4: stride4(panel), merge: panel.index > 0 ? 1 : 0 },
          threads: rows,
          work: rows * panel.cols * 10,
          flops: rows * perRow,
        };
      },
    }));
  },
};

export const crossEntropyOp: Op<null> = {
  name: 'crossEntropy',
  locality: 'row',
  root: true,
  // The root: its upstream gradient is 1, scaled by scalars.lossScale inside the kernel.
  gradient(g, node, _upstream, wanted) {
    const [logits] = node.inputs;
    const gradients: (Value | null)[] = node.inputs.map(() => null);
    if (wanted[0]) {
      const out = activation(g, `${logits.name}.grad`, logits.rows, logits.cols);
      addNode(g, crossEntropyGradOp, node.inputs, [out], null);
      gradients[0] = out;
    }
    return gradients;
  },
  lower: (node, context) => perPanel('loss.crossEntropy', node, context),
};

export const crossEntropyGradOp: Op<null> = {
  name: 'crossEntropyGrad',
  locality: 'row',
  lower: (node, context) => perPanel('loss.crossEntropyGrad', node, context),
};

function perPanel(
  kernel: string,
  { inputs: [logits, logSumExp, labels, mask, weights], outputs: [out] }: Node<null>,
  { panels }: LowerContext,
): Dispatch[] {
  const gradient = kernel === 'loss.crossEntropyGrad';
  return panels(logits).map(
    (panel): Dispatch => ({
      kernel: weights ? `${kernel}.weighted` : kernel,
      reads: {
        x: { value: logits, panel: panel.index },
        logSumExp: whole(logSumExp),
        labels: whole(labels),
        mask: whole(mask),
        ...(weights ? { weights: whole(weights) } : {}),
      },
      ...(gradient
        ? { writes: { out: { value: out, panel: panel.index } }, storesOnce: true, precise: ['out'] }
        : { writes: { outLoss: whole(out) } }),
      at(step) {
        const rows = rowsAt(logits.rows, step);
        const width4 = stride4(panel);
        return {
          params: {
            rows,
            width4,
            first: panel.first,
            cols: panel.cols,
            scale: step.scalars.lossScale,
          },
          threads: gradient ? rows * width4 : rows,
          work: gradient ? rows * width4 * 40 : rows * 8,
          // Subtract, exp, subtract, scale; or one difference. A weight is one product more for each row.
          flops: (gradient ? rows * panel.cols * 4 : rows) + (weights ? rows : 0),
        };
      },
    }),
  );
}

export const lossSumOp: Op<null> = {
  name: 'lossSum',
  locality: 'reduce',
  lower: ({ inputs: [rows], updates: [total] }, context) =>
    columnSums(
      rows,
      total,
      context,
      () => 1,
      (step) => 1 - step.scalars.first,
    ),
};
