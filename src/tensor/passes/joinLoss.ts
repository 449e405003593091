import type { Dispatch, Launch, Piece, Step } from '../op.ts';

/**
 * Part of fusion: the dispatches of a cross-entropy (log-sum-exp of each row, its loss, the gradient) become one, where the logits are
 * one panel that an invocation can read row by row. Nothing but these dispatches reads the log-sum-exp then, and it takes no memory.
 */

/** Of more classes an invocation for each four of a row may be faster. Where that begins was not measured. */
const MOST_CLASSES = 64;

const GRADIENT = /^loss\.crossEntropyGrad/;

/** @param isKept whether somebody reads a piece outside of these dispatches */
export function joinLoss(dispatches: readonly Dispatch[], isKept: (piece: Piece) => boolean): Dispatch[] {
  const list = [...dispatches];
  for (const first of dispatches.filter(({ kernel }) => kernel === 'loss.logSumExp')) {
    const state = first.writes.outLogSumExp;
    const parts = list.filter(({ reads, writes }) =>
      [...Object.values(reads), ...Object.values(writes)].some((piece) => same(piece, state)),
    );
    const [, loss, gradient] = parts;
    if (isKept(state) || !areOne(parts)) continue;
    list.splice(list.indexOf(first), 1);
    // Where the loss is computed all that the gradient reads is there, too; whatever reads the gradient comes later.
    list[list.indexOf(loss)] = joined(first, loss, gradient);
    if (gradient) list.splice(list.indexOf(gradient), 1);
  }
  return list;
}

/** One log-sum-exp, one loss and at most one gradient, of the same logits, labels and mask. */
function areOne([first, loss, gradient, ...more]: readonly Dispatch[]): boolean {
  if (!loss || more.length > 0 || !/^loss\.crossEntropy(\.weighted)?$/.test(loss.kernel)) return false;
  if (gradient && !(GRADIENT.test(gradient.kernel) && sameReads(gradient, loss))) return false;
  const { value } = first.reads.x;
  return same(loss.reads.x, first.reads.x) && value.cols <= MOST_CLASSES;
}

function joined(first: Dispatch, loss: Dispatch, gradient: Dispatch | undefined): Dispatch {
  const { logSumExp: _, ...reads } = loss.reads;
  const parts = [first, loss, ...(gradient ? [gradient] : [])];
  const weighted = loss.kernel.endsWith('.weighted') ? '.weighted' : '';
  return {
    ...(gradient ?? loss),
    kernel: `loss.softmax${gradient ? 'Grad' : ''}${weighted}`,
    reads,
    writes: { ...loss.writes, ...gradient?.writes },
    at(step: Step): Launch {
      const launches = parts.map((part) => part.at(step));
      const sum = (of: (launch: Launch) => number) => launches.reduce((total, launch) => total + of(launch), 0);
      return {
        params: Object.assign({}, ...launches.map(({ params }) => params)),
        threads: launches[0].threads,
        work: sum(({ work }) => work),
        flops: sum(({ flops }) => flops),
      };
    },
  };
}

function sameReads(a: Dispatch, b: Dispatch): boolean {
  const names = Object.keys(a.reads);
  return names.length === Object.keys(b.reads).length && names.every((name) => same(a.reads[name], b.reads[name]));
}

function same(a: Piece | undefined, b: Piece | undefined): boolean {
  return a !== undefined && b !== undefined && a.value === b.value && a.panel === b.panel;
}
