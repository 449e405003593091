import { type Dispatch, type LowerContext, type Piece, whole } from '../op.ts';
import { padded4 } from '../panels.ts';
import type { Value } from '../value.ts';
import { type Term, termSums } from './sumRows.ts';

/** Sums over all elements of a matrix: the gradients of parameters that are one number. */

/** Σ x · y into the 1 × 1 value `out`, or Σ min(x, 0) · y; x and y have one shape. */
export function totals(
  kernel: 'dot.product' | 'dot.negative',
  x: Value,
  y: Value,
  out: Value,
  context: LowerContext,
): Dispatch[] {
  const width4 = padded4(x.cols);
  const columns = context.scratch('column sums', 'f32', width4 * 4);
  const term: Term = {
    kernel,
    reads: (panel): Record<string, Piece> => ({ y: { value: y, panel: panel.index } }),
    params: () => ({}),
    flopsPerElement: kernel === 'dot.negative' ? 3 : 2,
  };
  return [
    ...termSums(term, x, columns, context),
    {
      kernel: 'reduce.total',
      reads: { partial: columns },
      writes: { out: whole(out) },
      at: () => ({ params: { width4 }, threads: 1, work: width4 * 4, flops: x.cols - 1 }),
    },
  ];
}
