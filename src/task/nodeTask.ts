import type { Config } from '../config/schema.ts';
import { input, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import type { Size, Value } from '../tensor/value.ts';
import { multiLabel } from './multiLabel.ts';
import { nodeClassification } from './nodeClassification.ts';

/** What is learned of nodes, as values and ops of a plan: one class each, or several. The graph decides which. */
export interface NodeTask {
  /** What the labels of these nodes are on the device. */
  declareLabels(g: OpGraph, name: string, nodes: Size, classes: number, lifetime: 'step' | 'persistent'): Value;
  /** Whether it is counted what class a node of another one was taken for. */
  readonly confuses: boolean;
  addTrainingLoss(g: OpGraph, logits: Value, targets: Targets, total: Value, weights: Value | null): void;
  addEvaluation(g: OpGraph, logits: Value, targets: Targets, totals: Totals, weights: Value | null): void;
}

export const taskOf = (severalLabels: boolean): NodeTask => (severalLabels ? multiLabel : nodeClassification);

/** What a task adds to the inputs of a batch. */
export interface Targets {
  readonly labels: Value;
  /** SPLIT code of each seed node. */
  readonly mask: Value;
}

export function declareTargets(
  g: OpGraph,
  task: NodeTask,
  prefix: string,
  nodes: Size,
  classes: number,
  lifetime: 'step' | 'persistent',
): Targets {
  return {
    labels: task.declareLabels(g, `${prefix}labels`, nodes, classes, lifetime),
    mask: input(g, `${prefix}split`, 'labels', 'u32', nodes, 1, 'packed', lifetime),
  };
}

/** With more classes than this nobody looks at a confusion matrix, and the table is no longer small. */
export const MOST_CONFUSED = 64;

/** Sums over an epoch, read back once: losses of the splits, counts per class, and what test nodes were taken for. */
export interface Totals {
  readonly losses: Value;
  readonly counts: Value;
  /** Null with more than MOST_CONFUSED classes, and where nodes have several. */
  readonly confusion: Value | null;
}

export function declareTotals(g: OpGraph, task: NodeTask, classes: number): Totals {
  const confused = task.confuses && classes <= MOST_CONFUSED;
  return {
    losses: state(g, 'evaluation loss', 'results', 1, 4),
    counts: input(g, 'evaluation counts', 'results', 'u32', 9, classes),
    confusion: confused ? input(g, 'test confusion', 'results', 'u32', classes, classes) : null,
  };
}

/** One weight per class, for both losses; null where all classes are alike. */
export function declareClassWeights(g: OpGraph, config: Config, classes: number): Value | null {
  return config['task.classWeights'] === 'none' ? null : input(g, 'class weights', 'labels', 'f32', 1, classes);
}
