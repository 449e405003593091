import { InputError } from '../../config/errors.ts';
import type { LowerContext } from '../op.ts';
import { overlaps, type Panel, padded4 } from '../panels.ts';
import type { Value } from '../value.ts';

/** Attention heads: the columns of a matrix in `heads` groups of as many channels each. */

/** Channels per head. */
export function channelsOf(value: Value, heads: number): number {
  if (!Number.isInteger(heads) || heads < 1 || value.cols % heads !== 0) {
    throw new Error(`${value.name} has ${value.cols} columns, which are not ${heads} heads of equal width`);
  }
  return value.cols / heads;
}

/** Heads whose columns lie in one panel of each of two matrices. */
export interface HeadRange {
  readonly headFirst: number;
  readonly heads: number;
  readonly a: Panel;
  readonly b: Panel;
  /** First column of the range in either panel. */
  readonly aOffset: number;
  readonly bOffset: number;
}

/**
 * Cuts two matrices of the same columns into ranges of whole heads.
 * @throws InputError where the binding limit of the device cuts through a head
 */
export function headRanges(a: Value, b: Value, heads: number, { panels }: LowerContext): HeadRange[] {
  const channels = channelsOf(a, heads);
  return overlaps(panels(a), panels(b)).map(({ a: aPanel, b: bPanel, first, cols }) => {
    if (first % channels !== 0 || cols % channels !== 0) {
      throw new InputError(
        `${a.name} and ${b.name} are over what this device binds at once, and the cut would go through a head of ` +
          `${channels} channels; train on batches with sampling.strategy=neighbor, or shrink model.hidden`,
      );
    }
    return {
      headFirst: first / channels,
      heads: cols / channels,
      a: aPanel,
      b: bPanel,
      aOffset: first - aPanel.first,
      bOffset: first - bPanel.first,
    };
  });
}

/**
 * The row stride of a matrix with one column per head, in floats.
 * @throws InputError where the binding limit of the device cuts it
 */
export function scoreStride(scores: Value, { panels }: LowerContext): number {
  if (panels(scores).length > 1) {
    throw new InputError(
      `${scores.name} is over what this device binds at once; train on batches with sampling.strategy=neighbor, or ` +
        'with fewer heads',
    );
  }
  return 4 * padded4(scores.cols);
}
