import type { Config } from '../config/schema.ts';
import type { Scores } from '../task/metrics.ts';

/** Which epoch is the best, by the validation nodes, and for how long a better one is waited for. */

export interface Best {
  readonly epoch: number;
  /** The validation figure that it was chosen by. */
  readonly figure: number;
  readonly test: Scores;
  /** Rows are classes, columns what test nodes were taken for; null with too many classes. */
  readonly confusion: Uint32Array | null;
}

/** What an epoch's validation nodes say. */
export interface Validation {
  /** Summed, not divided: bits that division would round away decide too. */
  readonly loss: number;
  readonly metric: number;
  readonly nodes: number;
}

/**
 * The figure by which an epoch replaces `best`; null where it does not. The first of equals stays. Without validation nodes the
 * last epoch is the best. A figure that is not a number loses against any that is.
 */
export function winningFigure(config: Config, best: Best | null, { loss, metric, nodes }: Validation): number | null {
  const byLoss = config['training.select'] === 'valLoss';
  const figure = byLoss ? loss : metric;
  if (!best || nodes === 0 || Number.isNaN(best.figure)) return figure;
  return (byLoss ? figure < best.figure : figure > best.figure) ? figure : null;
}

/** Whether a run ends after `epoch`, of which `best` knows already. */
export function endsAfter(config: Config, epoch: number, best: Best | null): boolean {
  const patience = config['training.patience'];
  return epoch >= config['training.epochs'] || (patience > 0 && best !== null && epoch - best.epoch >= patience);
}
