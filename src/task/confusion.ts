import { type Scores, scores } from './metrics.ts';

/** Which class was taken for which: of the nodes of one part of a split, and per class what follows from it. */

/** Nodes of one part of a split (a SPLIT code) that have a label and a prediction, ascending. */
export function judgedNodes(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  split: Uint8Array,
  code: number,
  classes: number,
): Uint32Array {
  const nodes = new Uint32Array(split.length);
  let count = 0;
  for (let v = 0; v < split.length; v++) {
    if (split[v] === code && labels[v] >= 0 && predictions[v] < classes) nodes[count++] = v;
  }
  return nodes.slice(0, count);
}

/** classes × classes counts: how many nodes of the class of a row were taken for that of a column. */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  nodes: Uint32Array,
  classes: number,
): Uint32Array {
  const counts = new Uint32Array(classes * classes);
  for (const v of nodes) counts[labels[v] * classes + predictions[v]]++;
  return counts;
}

/** Fractions; NaN where nothing is divided by nothing. */
export interface ClassReport {
  /** Of the nodes that were taken for the class, the share that is of it. */
  readonly precision: number;
  /** Of the nodes of the class, the share that was taken for it. */
  readonly recall: number;
  readonly f1: number;
  /** Nodes of the class. */
  readonly support: number;
  /** Nodes that were taken for it. */
  readonly predicted: number;
}

export interface Report extends Scores {
  readonly classes: readonly ClassReport[];
  readonly nodes: number;
  /** Nodes that are wholly right. */
  readonly right: number;
  /**
   * Means over the classes that occur or are predicted, where nodes may have several over all; what is undefined counts as 0, as in
   * scikit-learn.
   */
  readonly macroPrecision: number;
  readonly macroRecall: number;
  /** Of all decisions together; where each node has one class and one prediction, both are the accuracy. */
  readonly microPrecision: number;
  readonly microRecall: number;
}

/** Counts by class. */
export interface ClassCounts {
  readonly right: Uint32Array;
  readonly predicted: Uint32Array;
  readonly support: Uint32Array;
}

/** What follows from a confusion matrix. Scores of no node at all are 0. */
export function classReport(confusion: Uint32Array, classes: number): Report {
  const [right, predicted, support] = [0, 1, 2].map(() => new Uint32Array(classes));
  for (let truth = 0; truth < classes; truth++) {
    right[truth] = confusion[truth * classes + truth];
    for (let taken = 0; taken < classes; taken++) {
      support[truth] += confusion[truth * classes + taken];
      predicted[taken] += confusion[truth * classes + taken];
    }
  }
  return reportOf({ right, predicted, support }, total(support), total(right), false);
}

const total = (counts: Uint32Array) => counts.reduce((sum, count) => sum + count, 0);

/**
 * @param nodes that were judged, and how many of them are wholly right
 * @param several whether a node may have several classes, each a decision of its own
 */
export function reportOf(counts: ClassCounts, nodes: number, right: number, several: boolean): Report {
  const { predicted, support } = counts;
  const classes = support.length;
  const reports = Array.from(counts.right, (hits, c): ClassReport => {
    const f1 = (2 * hits) / (predicted[c] + support[c]);
    return {
      precision: hits / predicted[c],
      recall: hits / support[c],
      f1,
      support: support[c],
      predicted: predicted[c],
    };
  });
  // As `scores` takes its mean.
  const present = several ? reports : reports.filter((report) => report.support + report.predicted > 0);
  const mean = (of: (report: ClassReport) => number) =>
    present.reduce((sum, report) => sum + (of(report) || 0), 0) / Math.max(1, present.length);
  return {
    // The table that the device fills, of one split.
    ...scores(Uint32Array.of(...counts.right, ...predicted, ...support), classes, 0, several),
    classes: reports,
    nodes,
    right,
    macroPrecision: mean(({ precision }) => precision),
    macroRecall: mean(({ recall }) => recall),
    microPrecision: total(counts.right) / Math.max(1, total(predicted)),
    microRecall: total(counts.right) / Math.max(1, total(support)),
  };
}
