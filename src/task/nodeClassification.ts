import { input } from '../tensor/graph.ts';
import { maskedCrossEntropy } from '../tensor/ops/loss.ts';
import { countClasses } from '../tensor/ops/metrics.ts';
import type { NodeTask } from './nodeTask.ts';

/** Node classification: seeds are nodes, the loss is softmax cross-entropy over the labelled nodes of a split. */
export const nodeClassification: NodeTask = {
  declareLabels: (g, name, nodes, _, lifetime) => input(g, name, 'labels', 'u32', nodes, 1, 'packed', lifetime),
  confuses: true,
  addTrainingLoss: (g, logits, { labels, mask }, total, weights) =>
    maskedCrossEntropy(g, logits, labels, mask, total, weights),
  addEvaluation(g, logits, { labels, mask }, totals, weights) {
    maskedCrossEntropy(g, logits, labels, mask, totals.losses, weights);
    countClasses(g, logits, labels, mask, totals.counts, totals.confusion);
  },
};
