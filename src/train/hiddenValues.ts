import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { modelOf } from '../model/models.ts';
import { type Weights, weightsBytes } from '../model/stored.ts';
import type { MemoryBytes } from '../run/record.ts';
import { fitRun } from './fit.ts';
import type { Job } from './job.ts';
import { withLogits } from './predictions.ts';
import { withProbes } from './probe.ts';
import { checkStore, openRun, peakOf, type Run } from './run.ts';
import { findTarget } from './target.ts';
import { checkWeights, writeWeights } from './weights.ts';

/** What a trained model makes of every node: its logits, or what a hidden layer puts out. */

export interface Evaluating
  extends Pick<Job, 'graph' | 'config' | 'backend' | 'fit' | 'store' | 'signal' | 'openBatchSource'> {
  /** By parameter name, as a run leaves them. */
  readonly weights: ReadonlyMap<string, Weights>;
  /** Bytes of main memory that the caller holds meanwhile, besides. */
  readonly beside?: number;
}

export interface NodeValues {
  /** nodes × cols. */
  readonly values: Float32Array;
  readonly cols: number;
  /** The keys that were changed to stay inside the budgets. */
  readonly fitted: Partial<Config>;
  readonly memory: { readonly forecast: MemoryBytes; readonly peak: MemoryBytes };
}

/**
 * Evaluates a model from given weights, as the configuration says: whole, layer by layer, or from samples. Of a hidden layer the
 * model is run up to there and no further, so its forecast is its own, and it samples only the hops that the layer has seen.
 *
 * @param layer of Model.hidden; without, the logits
 * @param most columns that the caller has room for
 * @throws InputError where the model has no such layer or one that is wider, the weights are not those of it, or nothing
 *   fits the budgets
 */
export async function evaluateNodes(job: Evaluating, layer?: number, most = Infinity): Promise<NodeValues> {
  const { hidden } = modelOf(job.config);
  if (layer !== undefined && !(layer in hidden)) {
    throw new InputError(`This model has ${hidden.length} hidden layers: there is no number ${layer} among them.`);
  }
  const target = await findTarget(job.backend);
  const instruments = { beside: weightsBytes(job.weights) + (job.beside ?? 0) };
  const options = { backend: job.backend.kind, limits: target.limits, predictOnly: true, layer, instruments };
  const fit = await withProbes(job, () => fitRun(job.graph, job.config, options, job.fit));
  const { training, memory } = fit.forecast;
  const { cols } = training.logits!;
  if (cols > most) {
    throw new InputError(
      `This layer puts out ${cols} numbers for each of ${job.graph.nodes} nodes, more than there is room for: choose one of at most ${most}.`,
    );
  }
  checkStore(job, fit.forecast);
  checkWeights(training, job);
  const before = () => job.signal?.throwIfAborted();
  const run = await openRun({ ...job, instruments }, target, fit, { before });
  try {
    writeWeights(run, job);
    const values = await readNodes(run, cols);
    return { values, cols, fitted: fit.fitted, memory: { forecast: memory, peak: peakOf(run) } };
  } finally {
    await run.close();
  }
}

/** Rows of every node that the evaluation visits; zeros for the others. On the ledger: whoever lets go of them says so. */
async function readNodes(run: Run, cols: number): Promise<Float32Array> {
  const { graph, host } = run.context;
  const out = new Float32Array(graph.nodes * cols);
  host.add('predictions', out.byteLength);
  await run.evaluate.epoch(0, (seeds) =>
    withLogits(run, (rows) => {
      if (!seeds) out.set(rows);
      seeds?.forEach((seed, i) => {
        out.set(rows.subarray(i * cols, (i + 1) * cols), seed * cols);
      });
    }),
  );
  return out;
}
