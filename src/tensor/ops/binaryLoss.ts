import { activation, addNode } from '../graph.ts';
import { type Dispatch, type LowerContext, type Node, type Op, type OpGraph, rowsAt, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';
import { lossSumOp } from './loss.ts';

/**
 * Binary cross-entropy with logits, for nodes that have several labels or none: each class is a decision of its own. Targets
 * have the shape of the logits, so both are cut into the same panels; a node's loss is added up over them.
 */

/**
 * Sums over nodes and classes, by split, into `total`, as maskedCrossEntropy does. The mean of torch's
 * binary_cross_entropy_with_logits is that over (nodes · classes), which is what scalars.lossScale has to divide by.
 * @param logits nodes × classes
 * @param targets nodes × classes, 1 where the node has the label, else 0
 * @param mask packed u32 per node, a SPLIT code
 * @param total persistent 1 × 4 matrix
 */
export function maskedBinaryCrossEntropy(g: OpGraph, logits: Value, targets: Value, mask: Value, total: Value): void {
  checkTargets('maskedBinaryCrossEntropy', logits, targets, mask);
  if (total.rows !== 1 || total.cols !== 4) throw new Error(`maskedBinaryCrossEntropy: ${total.name} must be 1 × 4`);
  const rows = activation(g, 'loss of each node', logits.rows, 4);
  addNode(g, binaryCrossEntropyOp, [logits, targets, mask], [rows], null);
  addNode(g, lossSumOp, [rows], [], null, [total]);
}

/** @throws where targets or mask do not fit the logits: a programming error */
export function checkTargets(op: string, logits: Value, targets: Value, mask: Value): void {
  const alike = sameSize(targets.rows, logits.rows) && targets.cols === logits.cols && targets.layout === logits.layout;
  if (!alike) throw new Error(`${op}: ${targets.name} must have the shape of ${logits.name}`);
  if (!sameSize(mask.rows, logits.rows))
    throw new Error(`${op}: ${mask.name} must have as many rows as ${logits.name}`);
}

export const binaryCrossEntropyOp: Op<null> = {
  name: 'binaryCrossEntropy',
  locality: 'row',
  root: true,
  // The root: its upstream gradient is 1, scaled by scalars.lossScale inside the kernel.
  gradient(g, node, _upstream, wanted) {
    const [logits] = node.inputs;
    if (!wanted[0]) return [null, null, null];
    const out = activation(g, `${logits.name}.grad`, logits.rows, logits.cols);
    addNode(g, binaryCrossEntropyGradOp, node.inputs, [out], null);
    return [out, null, null];
  },
  lower: (node, context) => perPanel('loss.binaryCrossEntropy', node, context),
};

export const binaryCrossEntropyGradOp: Op<null> = {
  name: 'binaryCrossEntropyGrad',
  locality: 'row',
  lower: (node, context) => perPanel('loss.binaryCrossEntropyGrad', node, context),
};

function perPanel(
  kernel: string,
  { inputs: [logits, targets, mask], outputs: [out] }: Node<null>,
  { panels }: LowerContext,
): Dispatch[] {
  const gradient = kernel === 'loss.binaryCrossEntropyGrad';
  return panels(logits).map(
    (panel): Dispatch => ({
      kernel,
      reads: {
        x: { value: logits, panel: panel.index },
        targets: { value: targets, panel: panel.index },
        mask: whole(mask),
      },
      ...(gradient
        ? { writes: { out: { value: out, panel: panel.index } }, storesOnce: true, precise: ['out'] }
        : { writes: { outLoss: whole(out) } }),
      at(step) {
        const rows = rowsAt(logits.rows, step);
        const width4 = stride4(panel);
        const merge = panel.index > 0 ? 1 : 0;
        // Exp, sum, comparison, quotient, difference, scale.
        if (gradient) {
          const params = { rows, width4, cols: panel.cols, scale: step.scalars.lossScale };
          return { params, threads: rows * width4, work: rows * width4 * 40, flops: rows * panel.cols * 6 };
        }
        // Max, product, difference, exp, sum, log, sum; and their sum, with that of the panels before.
        return {
          params: { rows, width4, cols: panel.cols, merge },
          threads: rows,
          work: rows * panel.cols * 12,
          flops: rows * (8 * panel.cols - 1 + merge),
        };
      },
    }),
  );
}
