import { input } from '../tensor/graph.ts';
import { maskedBinaryCrossEntropy } from '../tensor/ops/binaryLoss.ts';
import { countLabels } from '../tensor/ops/metrics.ts';
import type { NodeTask } from './nodeTask.ts';

/**
 * Several labels per node: seeds are nodes, and each class is a decision of its own. The loss is binary cross-entropy with
 * logits, its mean over nodes and classes; a node is given each label whose logit is over 0, that is over even odds.
 */
export const multiLabel: NodeTask = {
  declareLabels: (g, name, nodes, classes, lifetime) =>
    input(g, name, 'labels', 'f32', nodes, classes, 'padded', lifetime),
  confuses: false,
  addTrainingLoss: (g, logits, { labels, mask }, total) => maskedBinaryCrossEntropy(g, logits, labels, mask, total),
  addEvaluation(g, logits, { labels, mask }, totals) {
    maskedBinaryCrossEntropy(g, logits, labels, mask, totals.losses);
    countLabels(g, logits, labels, mask, totals.counts);
  },
};
