import { rocAuc } from '../task/metrics.ts';
import { evaluate } from '../tensor/value.ts';
import type { TrainingProgram } from './program.ts';
import type { Run } from './run.ts';
import { evaluatedSplit, nodesOf } from './seeds.ts';

/** Class of a node that the evaluation does not visit. */
export const NO_PREDICTION = 0xffff;

/** What reads logits back. */
type Reader = Pick<Run, 'fit' | 'executor' | 'context'>;

/** Host bytes of one reading of the logits: of the largest batch, or of all nodes; 0 where they cannot be read. */
export function logitsBytes({ logits, program }: TrainingProgram): number {
  return logits ? 4 * evaluate(logits.rows, program.capacity) * logits.cols : 0;
}

/** Reads the logits of the batch that was just run, or of all nodes; they are on the ledger while `use` has them. */
export async function withLogits(
  { fit, executor, context: { host } }: Reader,
  use: (logits: Float32Array) => void,
): Promise<void> {
  const { training } = fit.forecast;
  const bytes = logitsBytes(training);
  host.add('predictions', bytes);
  use((await executor.read(training.logits!)) as Float32Array);
  host.remove('predictions', bytes);
}

/** Collects the class of every node from the logits of one evaluation, batch by batch or at once. */
export function predictionsOf(run: Reader) {
  const { graph, host } = run.context;
  const cols = graph.classNames.length;
  const classes = new Uint16Array(graph.nodes).fill(NO_PREDICTION);
  host.add('predictions', classes.byteLength);
  return {
    /** Logits of the seeds of the batch that was just run, or of all nodes. */
    read: (seeds: Uint32Array | null): Promise<void> =>
      withLogits(run, (logits) => {
        const count = seeds?.length ?? classes.length;
        for (let i = 0; i < count; i++) classes[seeds ? seeds[i] : i] = argMax(logits, i * cols, cols);
      }),
    /** Hands the classes over: they are the caller's from now on. */
    take(): Uint16Array {
      host.remove('predictions', classes.byteLength);
      return classes;
    },
  };
}

/**
 * Collects by how much the logit of the second of two classes leads: it orders nodes as the class's probability does, which
 * would round to 1 where the lead is large. The bytes are on the ledger until `release`.
 */
export function leadsOf(run: Reader) {
  const { graph, host, config } = run.context;
  const leads = new Float64Array(graph.nodes);
  host.add('predictions', leads.byteLength);
  return {
    /** Logits of the seeds of the batch that was just run, or of all nodes. */
    read: (seeds: Uint32Array | null): Promise<void> =>
      withLogits(run, (logits) => {
        const count = seeds?.length ?? graph.nodes;
        for (let i = 0; i < count; i++) leads[seeds ? seeds[i] : i] = logits[2 * i + 1] - logits[2 * i];
      }),
    /** ROC-AUC on the nodes of a split, or null where one of the classes is missing there. */
    rocAuc(code: number): number | null {
      const nodes = nodesOf(evaluatedSplit(graph, config), code);
      return rocAuc(
        Float64Array.from(nodes, (node) => leads[node]),
        Array.from(nodes, (node) => graph.labels[node] === 1),
      );
    },
    release: () => host.remove('predictions', leads.byteLength),
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
