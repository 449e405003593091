import type { Config } from '../config/schema.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import type { GraphOutline } from '../graph/graph.ts';
import { nodesOf } from '../graph/split.ts';
import { rocAuc, sigmoids, softmaxRows } from '../task/metrics.ts';
import { evaluate } from '../tensor/value.ts';
import type { TrainingProgram } from './program.ts';
import type { Run } from './run.ts';
import { evaluatedSplit } from './seeds.ts';

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
  /** The likeliest class, of several labels the strongest; NO_PREDICTION where the evaluation does not visit the node. */
  readonly classes: Uint16Array;
  /** Its probability, 0 to 255 for 0 to 1. */
  readonly confidence: Uint8Array;
  /** nodes × classes. */
  readonly logits: Float32Array;
  /** Whether each class is a decision of its own. */
  readonly several: boolean;
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
    several: graph.labelSets !== null,
  };
  host.add('predictions', graph.nodes * predictionBytes(cols));
  return {
    latest,
    /** Logits of the seeds of the batch that was just run, or of all nodes. */
    read: (seeds: Uint32Array | null): Promise<void> =>
      withLogits(run, (logits) => {
        if (!seeds) latest.logits.set(logits);
        const count = seeds?.length ?? graph.nodes;
        for (let i = 0; i < count; i++) {
          const node = seeds ? seeds[i] : i;
          const best = strongest(logits, i * cols, cols);
          latest.classes[node] = best;
          latest.confidence[node] = confidenceOf(logits, i * cols, cols, best, latest.several);
          if (seeds) latest.logits.set(logits.subarray(i * cols, (i + 1) * cols), node * cols);
        }
      }),
  };
}

/** What the logits of all nodes say, which become part of it. */
export function predictionsFrom(logits: Float32Array, nodes: number, several: boolean): Predictions {
  const cols = logits.length / nodes;
  const [classes, confidence] = [new Uint16Array(nodes), new Uint8Array(nodes)];
  for (let v = 0; v < nodes; v++) {
    [classes[v], confidence[v]] = predictionOf(logits.subarray(v * cols, (v + 1) * cols), several);
  }
  return { classes, confidence, logits, several };
}

/** What the logits of one node say: the likeliest class or NO_PREDICTION, and its probability, 0 to 255 for 0 to 1. */
export function predictionOf(row: Float32Array, several: boolean): [classIndex: number, confidence: number] {
  const best = strongest(row, 0, row.length);
  return [best, confidenceOf(row, 0, row.length, best, several)];
}

/** Class probabilities of one node; null where there is no prediction for it. */
export function probabilitiesOf({ classes, logits, several }: Predictions, node: number): Float32Array | null {
  if (!(node in classes) || classes[node] === NO_PREDICTION) return null;
  const cols = logits.length / classes.length;
  return probabilities(logits.slice(node * cols, (node + 1) * cols), several);
}

/** Of one row of logits. */
export function probabilities(row: Float32Array, several: boolean): Float32Array {
  return several ? sigmoids(row) : softmaxRows(row, row.length);
}

/**
 * Whether a run on this graph has a ROC-AUC: of two classes always; where nodes have several labels, if it is asked for, because
 * the scores of every node and class are read back for it.
 */
export function hasRocAuc({ classNames, labelSets }: Pick<GraphOutline, 'classNames' | 'labelSets'>, config: Config) {
  return labelSets ? config['task.metric'] === 'rocAuc' : classNames.length === 2;
}

/**
 * Collects what orders nodes for a ROC-AUC: by how much the logit of the second of two classes leads, which orders them as
 * the class's probability does (that would round to 1 where the lead is large); or, where nodes have several labels, every logit.
 * The bytes are on the ledger until `release`.
 */
export function leadsOf(run: Reader) {
  const { graph, host, config } = run.context;
  const { labels, labelSets, nodes } = graph;
  const cols = labelSets?.cols ?? 1;
  const leads = labelSets ? new Float32Array(nodes * cols) : new Float64Array(nodes);
  host.add('predictions', leads.byteLength);
  return {
    /** Logits of the seeds of the batch that was just run, or of all nodes. */
    read: (seeds: Uint32Array | null): Promise<void> =>
      withLogits(run, (logits) => {
        const count = seeds?.length ?? nodes;
        for (let i = 0; i < count; i++) {
          const node = seeds ? seeds[i] : i;
          if (labelSets) leads.set(logits.subarray(i * cols, (i + 1) * cols), node * cols);
          else leads[node] = logits[2 * i + 1] - logits[2 * i];
        }
      }),
    /**
     * ROC-AUC on the nodes of a split, of several labels the mean of those classes that have one; null where there is none,
     * because all nodes are alike.
     */
    rocAuc(code: number): number | null {
      const members = nodesOf(evaluatedSplit(graph, config), code);
      const isPositive = (node: number, c: number) => (labelSets ? has(labelSets, node, c) : labels[node] === 1);
      const areas = Array.from({ length: cols }, (_, c) =>
        rocAuc(
          Float64Array.from(members, (node) => leads[node * cols + c]),
          Array.from(members, (node) => isPositive(node, c)),
        ),
      ).filter((area) => area !== null);
      return areas.length > 0 ? areas.reduce((sum, area) => sum + area, 0) / areas.length : null;
    },
    release: () => host.remove('predictions', leads.byteLength),
  };
}

/** Whether a row has this column. */
function has({ indptr, indices }: CsrMatrix, row: number, col: number): boolean {
  return indices.subarray(indptr[row], indptr[row + 1]).includes(col);
}

/** Place of the largest of `count` numbers from `begin` on, the first of equals; NO_PREDICTION where none is a number. */
function strongest(numbers: Float32Array, begin: number, count: number): number {
  let best = NO_PREDICTION;
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(numbers[begin + i])) continue;
    if (best === NO_PREDICTION || numbers[begin + i] > numbers[begin + best]) best = i;
  }
  return best;
}

/** The probability of the strongest of these logits, 0 to 255 for 0 to 1; 0 where one of them is no number. */
function confidenceOf(logits: Float32Array, begin: number, count: number, best: number, several: boolean): number {
  if (best === NO_PREDICTION) return 0;
  const largest = logits[begin + best];
  if (several) return Math.round(255 * sigmoids(logits.slice(begin + best, begin + best + 1))[0]);
  let sum = 0;
  for (let i = begin; i < begin + count; i++) sum += Math.exp(logits[i] - largest);
  return sum > 0 ? Math.round(255 * (1 / sum)) : 0;
}
