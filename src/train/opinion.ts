import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Capacity } from '../graph/capacity.ts';
import type { Graph } from '../graph/graph.ts';
import { type Weights, weightsBytes } from '../model/stored.ts';
import type { DeviceInfo } from '../run/record.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { makePlan, type Plan } from '../tensor/plan.ts';
import { stepAtCapacity } from '../tensor/verify.ts';
import { type AttentionLayer, attentionLayer, attentionNodes, type PlaceOf, scoreValues } from './attentionWeights.ts';
import { type Fit, fitRun } from './fit.ts';
import type { Job } from './job.ts';
import { type Predictions, predictionsOf } from './predictions.ts';
import { openRun, type Run } from './run.ts';
import { type Backend, findTarget, type Target } from './target.ts';
import { checkWeights, writeWeights } from './weights.ts';

/** What given weights say of a whole graph, and what its attention is computed from: for graphs that somebody edits by hand. */
export interface Opinion {
  readonly predictions: Predictions;
  /** Of the model's layers of attention, if it has any. */
  readonly attention: readonly AttentionLayer[];
  /** Where it was computed. */
  readonly device: DeviceInfo;
}

/** Whom to ask. */
export interface Asked {
  readonly config: Config;
  readonly backend: Backend;
  /** Of the adapter, if the backend has one. */
  readonly software: boolean;
  readonly weights: ReadonlyMap<string, Weights>;
  /** Bytes of main memory that the caller holds meanwhile, besides graph and weights. */
  readonly beside?: number;
  /** Floating-point operations that the CPU is trusted with where there is a better adapter. */
  readonly cpuFlops?: number;
}

export interface OpinionJob extends Asked {
  readonly graph: Graph;
}

/** All nodes with all their neighbours, in full precision: an edit must not drown in what sampling and rounding change. */
const WHOLE = {
  'sampling.strategy': 'full',
  'evaluation.strategy': 'full',
  'compute.precision': 'f32',
} as const satisfies Partial<Config>;

/** Up to here the CPU takes about a second at the most, in which a GPU would be opened and its kernels compiled. */
const CPU_FLOPS = 1e9;

/**
 * Evaluates the whole graph, at once. Small work is done on the CPU, and so is all of it where there is no better adapter.
 *
 * @throws InputError where the weights are those of another model, or the graph is too large for the budget; DeviceError
 */
export async function opinionOf({ graph, ...asked }: OpinionJob): Promise<Opinion> {
  const { run, device, attentionBy } = await openOpinion(
    { graph },
    { ...asked, config: { ...asked.config, ...WHOLE } },
  );
  try {
    const { latest, read } = predictionsOf(run);
    await run.evaluate.epoch(0, read);
    return { predictions: latest, attention: await attentionBy(() => (node) => node), device };
  } finally {
    await run.close();
  }
}

/** What is asked about. */
interface About extends Pick<Job, 'openBatchSource'> {
  readonly graph: AnyGraph;
  /** Of an evaluation in batches. */
  readonly capacity?: Capacity;
}

interface OpenOpinion {
  readonly run: Run;
  readonly device: DeviceInfo;
  /** Reads what the attention of each layer is computed from. @param places where a node's row is, layer by layer */
  readonly attentionBy: (places: (layer: number) => PlaceOf) => Promise<AttentionLayer[]>;
}

/** An evaluation with the weights in place, on the CPU where that is soon done or there is nothing better. The caller closes the run. */
export async function openOpinion(
  { graph, openBatchSource, capacity }: About,
  { config, backend, software, weights, beside = 0, cpuFlops = CPU_FLOPS }: Asked,
): Promise<OpenOpinion> {
  const instruments = { beside: weightsBytes(weights) + beside };
  const fitted = async (on: Backend, changes: Partial<Config>): Promise<[Target, Fit]> => {
    const target = await findTarget(on);
    const options = { backend: on.kind, limits: target.limits, predictOnly: true, capacity, instruments };
    return [target, fitRun(graph, { ...config, ...changes }, options, false)];
  };
  // The budget of the GPU is not the CPU's.
  let [target, fit] = await fitted({ kind: 'cpu' }, { 'memory.gpuBudget': 0 });
  if (flopsOf(fit.forecast.plan) > cpuFlops && backend.kind === 'webgpu' && !software) {
    [target, fit] = await fitted(backend, {});
  }
  const { training } = fit.forecast;
  const layers = attentionNodes(training.program.graph);
  checkWeights(training, { graph, weights });
  const place = { graph, openBatchSource, instruments };
  const run = await openRun(place, target, layers.length > 0 ? withScores(fit, target) : fit);
  try {
    writeWeights(run, { graph, weights });
  } catch (error) {
    await run.close();
    throw error;
  }
  const attentionBy: OpenOpinion['attentionBy'] = async (places) => {
    const found: AttentionLayer[] = [];
    for (const [index, layer] of layers.entries()) {
      const scores = [];
      for (const value of scoreValues(layer)) scores.push(await run.executor.read(value));
      found.push(attentionLayer(layer, scores, places(index)));
    }
    return found;
  };
  return { run, device: target.device, attentionBy };
}

/** The same plan with room for reading what the scores are computed from. */
function withScores(fit: Fit, { limits }: Target): Fit {
  const { program } = fit.forecast.training;
  const scores = attentionNodes(program.graph).flatMap(scoreValues);
  const plan = makePlan({ ...program, readable: [...program.readable, ...scores] }, limits, {
    fuse: true,
    tiles: false,
  });
  const budget = fit.forecast.config['memory.gpuBudget'];
  if (budget > 0 && plan.bytes > budget) {
    throw new InputError(
      `memory.gpuBudget is ${budget} bytes, but this prediction needs ${plan.bytes}: raise the budget.`,
    );
  }
  return { ...fit, forecast: { ...fit.forecast, plan } };
}

function flopsOf(plan: Plan): number {
  const step = stepAtCapacity(plan);
  return plan.routines.evaluate.reduce((sum, dispatch) => sum + dispatch.at(step).flops, 0);
}
