import type { Predictions } from '../train/predictions.ts';

/** What the trainer worker keeps in main memory between two runs, beside the graph (leftovers.ts): bytes. A run that begins lets go of all of it. */
export interface KeptView {
  /** Of the trained model. */
  readonly weights: number;
  /** What the run said of every node last. */
  readonly predictions: number;
  /** What the model says of the graph as it is, and as it was edited. */
  readonly opinions: number;
}

export const NOTHING_KEPT: KeptView = { weights: 0, predictions: 0, opinions: 0 };

export const predictionsBytes = ({ classes, confidence, logits }: Predictions): number =>
  classes.byteLength + confidence.byteLength + logits.byteLength;
