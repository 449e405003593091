import type { Config } from '../config/schema.ts';
import type { EpochRecord } from '../run/record.ts';

/** What to change where the loss ended as no number. In f16 the steps were skipped: it was the forward pass that overflowed. */
export function divergence(epochs: readonly Pick<EpochRecord, 'epoch' | 'trainLoss'>[], config: Config): string[] {
  const first = epochs[epochs.findLastIndex(({ trainLoss }) => Number.isFinite(trainLoss)) + 1];
  if (!first) return [];
  const advice =
    config['compute.precision'] === 'f16'
      ? 'what the layers compute may be over 65504, where f16 ends, and such steps are skipped: set compute.precision=f32'
      : 'lower training.lr';
  return [`the loss is not a number from epoch ${first.epoch} on: ${advice}`];
}
