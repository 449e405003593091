import type { EpochRecord } from '../../run/record.ts';
import type { WithinEpoch } from '../../worker/protocol.ts';
import { formatCount, formatPercent, formatShare } from '../theme/format.ts';

/** How long the trainer stood still because a batch was not there yet, and what is known of an epoch before it is over. */

type Times = Pick<EpochRecord, 'ms' | 'sampleMs' | 'readMs'>;

/** A share of the training time of these epochs; null where there were no batches to wait for. */
export function waitingShare(epochs: readonly Times[]): number | null {
  const sum = (of: (epoch: Times) => number) => epochs.reduce((all, epoch) => all + of(epoch), 0);
  const waited = sum(({ sampleMs, readMs }) => sampleMs + readMs);
  return waited > 0 ? waited / sum(({ ms }) => ms) : null;
}

/** Of the epoch that goes on and of those that are done; null where nothing is known. */
export function describeWaiting(epochs: readonly Times[], within: WithinEpoch | null): string | null {
  const now = within?.waiting ?? null;
  const before = waitingShare(epochs);
  const which = epochs.length === 1 ? 'the first epoch' : `the first ${formatCount(epochs.length)} epochs`;
  const parts = [
    ...(now === null ? [] : [`${formatPercent(now)} of the training time of this epoch so far`]),
    ...(before === null ? [] : [`${formatPercent(before)} ${now === null ? 'of the training time ' : ''}of ${which}`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

/** Where in its epoch a run is; empty where an epoch is one step. */
export function describeWithin(within: WithinEpoch | null): string {
  if (!within || within.of <= 1) return '';
  const { step, of, loss, waiting } = within;
  const known = [
    ...(loss === null ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(waiting === null ? [] : [`${formatShare(waiting)} waiting for batches`]),
  ];
  const said = known.length === 0 ? '' : ` (${known.join(', ')})`;
  return `, step ${formatCount(step)} of ${formatCount(of)}${said}`;
}
