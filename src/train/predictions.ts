import type { Config } from '../config/schema.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import type { GraphOutline } from '../graph/graph.ts';
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

/** Collects the class (of several labels the strongest) of every node from the logits of one evaluation, batch by batch or at once. */
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

/** Index of the largest of `length` numbers from `at`, the first of equals; NoPrediction where none is a number. */
function argMax(numbers: Float32Array, at: number, length: number): number {
  let best = NO_PREDICTION;
  for (let i = 0; i < length; i++) {
    if (Number.isNaN(numbers[at + i])) continue;
    if (best === NO_PREDICTION || numbers[at + i] > numbers[at + best]) best = i;
  }
  return best;
}
