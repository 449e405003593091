import type { Config } from '../config/schema.ts';
import { input, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { maskedCrossEntropy, UNLABELLED } from '../tensor/ops/loss.ts';
import { countClasses } from '../tensor/ops/metrics.ts';
import type { Size, Value } from '../tensor/value.ts';

/** Node classification: seeds are nodes, the loss is softmax cross-entropy over the labelled nodes of a split. */

/** What the task adds to the inputs of a batch. */
export interface Targets {
  readonly labels: Value;
  /** SPLIT code of each seed node. */
  readonly mask: Value;
}

export function declareTargets(g: OpGraph, prefix: string, nodes: Size, lifetime: 'step' | 'persistent'): Targets {
  return {
    labels: input(g, `${prefix}labels`, 'labels', 'u32', nodes, 1, 'packed', lifetime),
    mask: input(g, `${prefix}split`, 'labels', 'u32', nodes, 1, 'packed', lifetime),
  };
}

/** With more classes than this nobody looks at a confusion matrix, and the table is no longer small. */
export const MOST_CONFUSED = 64;

/** Sums over an epoch, read back once: losses of the splits, counts per class, and what test nodes were taken for. */
export interface Totals {
  readonly losses: Value;
  readonly counts: Value;
  /** Null with more than MOST_CONFUSED classes. */
  readonly confusion: Value | null;
}

export function declareTotals(g: OpGraph, classes: number): Totals {
  return {
    losses: state(g, 'evaluation loss', 'results', 1, 4),
    counts: input(g, 'evaluation counts', 'results', 'u32', 9, classes),
    confusion: classes <= MOST_CONFUSED ? input(g, 'test confusion', 'results', 'u32', classes, classes) : null,
  };
}

/** One weight per class, for both losses; null where all classes are alike. */
export function declareClassWeights(g: OpGraph, config: Config, classes: number): Value | null {
  return config['task.classWeights'] === 'none' ? null : input(g, 'class weights', 'labels', 'f32', 1, classes);
}

export function addTrainingLoss(
  g: OpGraph,
  logits: Value,
  targets: Targets,
  total: Value,
  weights: Value | null,
): void {
  maskedCrossEntropy(g, logits, targets.labels, targets.mask, total, weights);
}

export function addEvaluation(
  g: OpGraph,
  logits: Value,
  targets: Targets,
  totals: Totals,
  weights: Value | null,
): void {
  maskedCrossEntropy(g, logits, targets.labels, targets.mask, totals.losses, weights);
  countClasses(g, logits, targets.labels, targets.mask, totals.counts, totals.confusion);
}

/** Labels as the device wants them. A node without a label must not be in a split: `arrange` has checked that. */
export function deviceLabels(labels: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(labels, (label) => (label < 0 ? UNLABELLED : label));
}
