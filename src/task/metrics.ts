import type { Config } from '../config/schema.ts';

/**
 * Scores from counts. `counts` is the table that the device fills: for each split (train, validation, test) three rows of
 * one number per class: true positives, predicted, actual.
 */
export interface Scores {
  /** Share of nodes that are rightly classified; where nodes may have several classes, the micro-F1 instead. */
  readonly accuracy: number;
  /** F1 over all decisions together; the accuracy where each node has one class. */
  readonly microF1: number;
  /**
   * Mean of the F1 of each class, unweighted. A class that neither occurs nor is predicted does not count, and counts 0 where
   * nodes may have several, as in scikit-learn.
   */
  readonly macroF1: number;
  /** Mean of the F1 of each class, weighted by how often it occurs. */
  readonly weightedF1: number;
}

/** @param split 0 train, 1 validation, 2 test. All scores are 0 where the split has no node. */
export function scores(counts: Uint32Array, classes: number, split: number, multiLabel = false): Scores {
  const row = (which: number) => counts.subarray((split * 3 + which) * classes, (split * 3 + which + 1) * classes);
  const [truePositive, predicted, actual] = [row(0), row(1), row(2)];
  let [total, correct, decided, macro, weighted, present] = [0, 0, 0, 0, 0, 0];
  for (let c = 0; c < classes; c++) {
    total += actual[c];
    correct += truePositive[c];
    decided += predicted[c];
    if (predicted[c] + actual[c] === 0) continue;
    // F1 = 2·TP / (2·TP + FP + FN), and 2·TP + FP + FN = predicted + actual.
    const f1 = (2 * truePositive[c]) / (predicted[c] + actual[c]);
    present++;
    macro += f1;
    weighted += f1 * actual[c];
  }
  if (total === 0) return { accuracy: 0, microF1: 0, macroF1: 0, weightedF1: 0 };
  const microF1 = (2 * correct) / (decided + total);
  const accuracy = multiLabel ? microF1 : correct / total;
  return { accuracy, microF1, macroF1: macro / (multiLabel ? classes : present), weightedF1: weighted / total };
}

/** The name of the figure that a run is judged by: what is called accuracy where nodes have several labels is the micro-F1. */
export function metricOf(metric: Config['task.metric'], multiLabel: boolean): Config['task.metric'] {
  return multiLabel && metric === 'accuracy' ? 'microF1' : metric;
}

/** The figure that a run is judged by; NaN for a ROC-AUC that is not there. */
export function figureOf(metric: Config['task.metric'], scores: Scores, rocAuc: number | null): number {
  return metric === 'rocAuc' ? (rocAuc ?? Number.NaN) : scores[metric];
}

/**
 * Area under the ROC curve: the share of (positive, negative) pairs that the score orders rightly, ties half. From ranks:
 * Mann and Whitney 1947. Null where one of the two classes is missing, or a score is not a number.
 */
export function rocAuc(score: ArrayLike<number>, positive: ArrayLike<boolean>): number | null {
  for (let i = 0; i < score.length; i++) if (Number.isNaN(score[i])) return null;
  const order = Uint32Array.from({ length: score.length }, (_, i) => i).sort((a, b) => score[a] - score[b]);
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && score[order[end]] === score[order[i]]) end++;
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++) {
      if (!positive[order[i]]) continue;
      positives++;
      rankSum += rank;
    }
  }
  const negatives = score.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Probabilities of decisions that do not exclude each other, in place: the logistic function. */
export function sigmoids(logits: Float32Array): Float32Array {
  for (let i = 0; i < logits.length; i++) logits[i] = 1 / (1 + Math.exp(-logits[i]));
  return logits;
}

/** Class probabilities from logits, in place: softmax of each row. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  for (let begin = 0; begin < logits.length; begin += classes) {
    const row = logits.subarray(begin, begin + classes);
    const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      row[c] = Math.exp(row[c] - largest);
      sum += row[c];
    }
    for (let c = 0; c < classes; c++) row[c] /= sum;
  }
  return logits;
}
