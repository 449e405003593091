import type { Dispatch, Step } from '../tensor/op.ts';
import { type Plan, pieceKey } from '../tensor/plan.ts';
import { evaluate } from '../tensor/value.ts';
import { numberBytes, rowWords } from './layout.ts';

/**
 * Bytes that the launch of a dispatch loads and stores in a step, as its formula asks for them: each piece once, at the step's
 * true number of rows and with its padding, and a gathered row as often as it is gathered (`Launch.words`). So an
 * aggregation of E entries into N rows of F columns counts E·F + N·F values and the compressed rows. Caches may fetch less and
 * a matrix product that goes through its operands in tiles more; a piece that is read and written counts once.
 */
export function bytesMoved(plan: Plan): (dispatch: Dispatch, step: Step) => number {
  const placementOf = new Map(plan.placements.map((placement) => [pieceKey(placement.piece), placement]));
  return (dispatch, step) => {
    const { threads, words = {} } = dispatch.at(step);
    if (threads === 0) return 0;
    // A piece that is bound twice (a matrix times itself) moves once.
    const moved = new Map<string, number>();
    for (const [binding, piece] of [...Object.entries(dispatch.reads), ...Object.entries(dispatch.writes)]) {
      const key = pieceKey(piece);
      const placement = placementOf.get(key)!;
      const all = () => evaluate(piece.value.rows, step.sizes) * rowWords(placement);
      moved.set(key, Math.max(moved.get(key) ?? 0, (words[binding] ?? all()) * numberBytes(placement)));
    }
    return [...moved.values()].reduce((sum, count) => sum + count, 0);
  };
}
