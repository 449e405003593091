import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';

import type { Graph } from '../graph/graph.ts';
import { type Weights, weightsBytes } from '../model/stored.ts';
import type { DeviceInfo } from '../run/record.ts';
import { makePlan, type Plan } from '../tensor/plan.ts';
import { stepAtCapacity } from '../tensor/verify.ts';
import { type AttentionLayer, attentionLayer, attentionNodes, scoreValues } from './attentionWeights.ts';
import { type Fit, fitRun } from './fit.ts';
import type { Instruments } from './forecast.ts';
import { type Predictions, predictionsOf } from './predictions.ts';
import { openRun } from './run.ts';
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

export interface OpinionJob {
  readonly graph: Graph;
  readonly config: Config;
  readonly backend: Backend;
  /** Of the adapter, if the backend has one. */
  readonly software: boolean;
  readonly weights: ReadonlyMap<string, Weights>;
  /** Floating-point operations that the CPU is trusted with where there is a better adapter. */
  readonly cpuFlops?: number;
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
export async function opinionOf({
  graph,
  config,
  backend,
  software,
  weights,
  cpuFlops = CPU_FLOPS,
}: OpinionJob): Promise<Opinion> {
  const whole = { ...config, ...WHOLE };
  const instruments = { beside: weightsBytes(weights) };
  // The budget of the GPU is not the CPU's.
  let [target, fit] = await evaluation(graph, { ...whole, 'memory.gpuBudget': 0 }, { kind: 'cpu' }, instruments);
  if (flopsOf(fit.forecast.plan) > cpuFlops && backend.kind === 'webgpu' && !software) {
    [target, fit] = await evaluation(graph, whole, backend, instruments);
  }
  const { training } = fit.forecast;
  const layers = attentionNodes(training.program.graph);
  checkWeights(training, { graph, weights });
  const run = await openRun({ graph, instruments }, target, layers.length > 0 ? withScores(fit, target) : fit);
  try {
    writeWeights(run, { graph, weights });
    const { latest, read } = predictionsOf(run);
    await run.evaluate.epoch(0, read);
    const attention: AttentionLayer[] = [];
    for (const layer of layers) {
      const scores = [];
      for (const value of scoreValues(layer)) scores.push(await run.executor.read(value));
      attention.push(attentionLayer(layer, scores));
    }
    return { predictions: latest, attention, device: target.device };
  } finally {
    await run.close();
  }
}

async function evaluation(
  graph: Graph,
  config: Config,
  backend: Backend,
  instruments: Instruments,
): Promise<[Target, Fit]> {
  const target = await findTarget(backend);
  const options = { backend: backend.kind, limits: target.limits, predictOnly: true, instruments };
  return [target, fitRun(graph, config, options, false)];
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
      `memory.gpuBudget is ${budget} bytes, but predicting the whole graph needs ${plan.bytes}: raise the budget.`,
    );
  }
  return { ...fit, forecast: { ...fit.forecast, plan } };
}

function flopsOf(plan: Plan): number {
  const step = stepAtCapacity(plan);
  return plan.routines.evaluate.reduce((sum, dispatch) => sum + dispatch.at(step).flops, 0);
}
