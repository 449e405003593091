import type { Run } from './run.ts';

/** Class of a node that the evaluation does not visit. */
export const NO_PREDICTION = 0xffff;

/** Collects the class of every node from the logits of one evaluation, batch by batch or at once. */
export function predictionsOf({ fit, executor, context }: Pick<Run, 'fit' | 'executor' | 'context'>) {
  const logits = fit.forecast.training.logits!;
  const classes = new Uint16Array(context.graph.nodes).fill(NO_PREDICTION);
  return {
    classes,
    /** Logits of the seeds of the batch that was just run, or of all nodes. */
    async read(seeds: Uint32Array | null): Promise<void> {
      const rows = (await executor.read(logits)) as Float32Array;
      const count = seeds?.length ?? classes.length;
      for (let i = 0; i < count; i++) {
        classes[seeds ? seeds[i] : i] = argMax(rows, i * logits.cols, logits.cols);
      }
    },
  };
}

/** Index of the largest of `length` numbers from `at`, the first of equals; NoPrediction where none is a number. */
function argMax(numbers: Float32Array, at: number, length: number): number {
  let best = NO_PREDICTION;
  for (let i = 0; i < length; i++) {
    if (Number.isNaN(numbers[at + i])) continue;
    if (best === NO_PREDICTION || numbers[at + i] > numbers[at + best]) best = i;
  }
  return best;
}
