import { rocAuc, softmaxRows } from '../task/metrics.ts';
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

/** What the model says of every node, as its logits were last read. */
export interface Predictions {
  /** The likeliest class; NO_PREDICTION where the evaluation does not visit the node. */
  readonly classes: Uint16Array;
  /** Its probability, 0 to 255 for 0 to 1. */
  readonly confidence: Uint8Array;
  /** nodes × classes. */
  readonly logits: Float32Array;
}

/** Bytes of the predictions of one node. */
export const predictionBytes = (classes: number) => 2 + 1 + 4 * classes;

/**
 * Collects predictions from the logits of each evaluation, batch by batch or at once. The arrays are the same every time, and on
 * the ledger until the run is closed: the evaluation visits the same nodes, so that none keeps an old prediction.
 */
export function predictionsOf(run: Reader) {
  const { graph, host } = run.context;
  const cols = graph.classNames.length;
  const latest: Predictions = {
    classes: new Uint16Array(graph.nodes).fill(NO_PREDICTION),
    confidence: new Uint8Array(graph.nodes),
    logits: new Float32Array(graph.nodes * cols),
  };
  host.add('predictions', graph.nodes * predictionBytes(cols));
  return {
    latest,
    /** Logits of the seeds of the batch that was just run, or of all nodes. */
    read: (seeds: Uint32Array | null): Promise<void> =>
      withLogits(run, (logits) => {
        const count = seeds?.length ?? graph.nodes;
        for (let i = 0; i < count; i++) {
          const [node, row] = [seeds ? seeds[i] : i, logits.subarray(i * cols, (i + 1) * cols)];
          const best = argMax(row);
          latest.classes[node] = best;
          latest.confidence[node] = best === NO_PREDICTION ? 0 : Math.round(255 * softmaxAt(row, best));
          latest.logits.set(row, node * cols);
        }
      }),
  };
}

/** Class probabilities of one node; null where there is no prediction for it. */
export function probabilitiesOf({ classes, logits }: Predictions, node: number): Float32Array | null {
  if (!(node in classes) || classes[node] === NO_PREDICTION) return null;
  const cols = logits.length / classes.length;
  return softmaxRows(logits.slice(node * cols, (node + 1) * cols), cols);
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

/** Index of the largest number, the first of equals; NO_PREDICTION where none is a number. */
function argMax(numbers: Float32Array): number {
  let best = NO_PREDICTION;
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isNaN(numbers[i])) continue;
    if (best === NO_PREDICTION || numbers[i] > numbers[best]) best = i;
  }
  return best;
}

/** Softmax of the largest number, 0 where one of them is none. */
function softmaxAt(numbers: Float32Array, largest: number): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += Math.exp(numbers[i] - numbers[largest]);
  return sum > 0 ? 1 / sum : 0;
}
