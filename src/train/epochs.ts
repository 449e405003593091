import { differences, sameValue } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Capacity } from '../graph/capacity.ts';
import type { EpochRecord } from '../run/record.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { figureOf, scores } from '../task/metrics.ts';
import type { Fit } from './fit.ts';
import { batchCapacity, type CapacityFrom } from './forecast.ts';
import type { EpochSoFar, Job } from './job.ts';
import { newTimes, type PassContext, scalarsOf } from './passes.ts';
import { leadsOf, predictionsOf } from './predictions.ts';
import { ProbeNeeded } from './probe.ts';
import type { Run } from './run.ts';
import { newRunningLoss } from './runningLoss.ts';
import { type Best, endsAfter, winningFigure } from './selection.ts';
import type { Steering } from './steering.ts';

/**
 * The epochs of a run, and what is read back of each. Within an epoch steps are queued behind one another; between training
 * and evaluation, and at the end, the device is waited for: callbacks that arrive together tell no times.
 */

/** The CPU executor never waits for anything: every now and then, timers, signals and messages get their turn. */
const BREATH_MS = 50;

/** What has happened so far, on whatever devices and plans. */
export interface Progress {
  epochs: EpochRecord[];
  best: Best | null;
  /** Optimiser steps at the end of the last epoch. */
  steps: number;
}

/** `done` after the last epoch; `replan` between two epochs, where what was changed by hand needs another plan, or may. */
export type Outcome = 'done' | 'replan';

export async function runEpochs(
  job: Job,
  run: Run,
  steering: Steering,
  progress: Progress,
  afterEpoch: () => Promise<void>,
): Promise<Outcome> {
  const { context, executor, fit } = run;
  const { training } = fit.forecast;
  const classes = job.graph.classNames.length;
  let breathed = performance.now();
  let collected: ReturnType<typeof predictionsOf> | null = null;

  for (;;) {
    if (performance.now() - breathed > BREATH_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      breathed = performance.now();
    }
    await waitFor('epoch', job, context);
    steering.advance('epoch', context.steps);
    const done = progress.epochs.length;
    if (endsAfter(steering.config, done, progress.best)) return 'done';
    const epoch = done + 1;
    context.config = currentConfig(fit, steering);
    if (mayOutgrow(job.graph, fit, context.config)) return 'replan';

    const { times } = context;
    const profile = job.control?.wantsProfile?.() ? executor.profile : undefined;
    profile?.start();
    Object.assign(times, newTimes(performance.now(), tunedMs(executor)));
    await run.train!.epoch(epoch);
    const trainedAt = await executor.done();
    const tunedInTraining = tunedMs(executor);
    const { ms, sampleMs, readMs } = soFar(run, trainedAt);
    const uploadMs = times.upload;

    // It is the last unless it turns out to be the best.
    const mayBeLast = endsAfter(steering.config, epoch, progress.best);
    const predicts = job.onPredictions && job.control?.wantsPredictions(mayBeLast);
    if (predicts) collected ??= predictionsOf(run);
    const predictions = predicts ? collected : null;
    const metric = context.config['task.metric'];
    const leads = metric === 'rocAuc' ? leadsOf(run) : null;
    const readers = [predictions, leads].filter((reader) => reader !== null);
    times.waited = 0;
    let reading = 0;
    const inBatches = fit.forecast.capacity.evaluate !== undefined;
    const read = async (seeds: Uint32Array | null) => {
      const asked = performance.now();
      for (const reader of readers) await reader.read(seeds);
      reading += performance.now() - asked;
    };
    await run.evaluate.epoch(epoch, readers.length > 0 && inBatches ? read : undefined);
    const values = await executor.results();
    const evalMs = performance.now() - trainedAt - times.waited - reading - (tunedMs(executor) - tunedInTraining);
    if (!inBatches) await read(null);
    if (profile) job.onProfile?.(epoch, await profile.stop());

    const trainLoss = values.get(training.trainLoss)!;
    const losses = values.get(training.totals.losses)!;
    const table = values.get(training.totals.counts) as Uint32Array;
    const multiLabel = job.graph.labelSets !== null;
    const [onTrain, onValidation, onTest] = [0, 1, 2].map((code) => scores(table, classes, code, multiLabel));
    const { counts, weights } = run;
    const valMetric = figureOf(metric, onValidation, leads?.rocAuc(SPLIT.validation) ?? null);
    const testMetric = figureOf(metric, onTest, leads?.rocAuc(SPLIT.test) ?? null);
    leads?.release();
    const record: EpochRecord = {
      epoch,
      trainLoss: trainLoss[0] / weights.train,
      valLoss: counts.validation > 0 ? losses[1] / weights.validation : Number.NaN,
      trainAcc: onTrain.accuracy,
      valAcc: onValidation.accuracy,
      testAcc: onTest.accuracy,
      valMetric,
      testMetric,
      ms,
      sampleMs,
      readMs,
      uploadMs,
      evalMs,
    };
    progress.epochs.push(record);
    progress.steps = context.steps;
    const validation = { loss: losses[1], metric: valMetric, nodes: counts.validation };
    const figure = winningFigure(context.config, progress.best, validation);
    if (figure !== null) {
      const { confusion } = training.totals;
      progress.best = { epoch, figure, test: onTest, confusion: confusion && (values.get(confusion) as Uint32Array) };
      await executor.run('keep', { sizes: {}, scalars: scalarsOf(context.config, epoch), key: context.root });
    }
    await afterEpoch();
    job.onEpoch?.(record, context.steps);
    if (predictions) job.onPredictions?.(epoch, predictions.latest);
  }
}

/** What happens before every step and every batch: waiting while paused, and changes by hand. */
export function beforeStep(
  job: Job,
  steering: Steering,
  run: () => Pick<Run, 'context' | 'fit' | 'executor'>,
): PassContext['before'] {
  const readLoss = newRunningLoss(job);
  return async (what) => {
    const { context, fit } = run();
    await waitFor('step', job, context);
    if (what === 'step') {
      void readLoss(run());
      job.onStep?.(context.steps, soFar(run(), performance.now()));
    }
    if (what === 'step' && steering.advance('step', context.steps)) context.config = currentConfig(fit, steering);
  };
}

const tunedMs = (executor: Executor) => executor.tunedMs?.() ?? 0;

/** Of the training pass that began last, up to `now`: neither a pause nor trying tiles is training. */
function soFar({ context, executor }: Pick<Run, 'context' | 'executor'>, now: number): EpochSoFar {
  const { epoch } = context;
  const { begun, tuned, sample, read, waited } = context.times;
  return { epoch, ms: now - begun - waited - (tunedMs(executor) - tuned), sampleMs: sample, readMs: read };
}

/** Thrown between two steps where the run is to end before its last epoch. */
export class Stopped extends Error {}

async function waitFor(at: 'epoch' | 'step', { signal, control }: Job, { times }: PassContext): Promise<void> {
  signal?.throwIfAborted();
  if (!control) return;
  const begun = performance.now();
  await control.ready(at);
  times.waited += performance.now() - begun;
  signal?.throwIfAborted();
  if (control.stopping()) throw new Stopped('the run was stopped');
}

/** What was fitted, with what was changed by hand since. */
export function currentConfig(fit: Fit, { config }: Steering): Config {
  return { ...fit.forecast.config, ...differences(config, fit.asked) };
}

/**
 * Whether the plan has no room, or no kernels, for the configuration as it is now: then the next epoch needs another. Throws
 * ProbeNeeded (see probe.ts).
 */
export function outgrows(graph: AnyGraph, { forecast, fitted }: Fit, config: Config): boolean {
  const planned = forecast.config;
  if (planned['model.dropout'] === 0 && config['model.dropout'] > 0) return true;
  // Batches per step that were fitted to go with one batch size do not go with another.
  const step = ['sampling.batchSize', 'training.accumulate'] as const;
  if (fitted['training.accumulate'] !== undefined && step.some((key) => planned[key] !== config[key])) return true;
  const room = forecast.capacity.train;
  const reshaped = (['sampling.batchSize', 'sampling.fanOut', 'sampling.fanOutEnd'] as const).some(
    (key) => !sameValue(planned[key], config[key]),
  );
  if (!room || !reshaped) return false;
  const wanted = wantedCapacity(graph, config, forecast.capacityFrom);
  if (!wanted) return true;
  const within = (a: readonly number[], b: readonly number[]) => a.every((n, i) => n <= b[i]);
  return !within(wanted.nodes, room.nodes) || !within(wanted.edges, room.edges);
}

/** The same without a probe, which a run leaves no memory for: true where nobody knows. */
export function mayOutgrow(graph: AnyGraph, fit: Fit, config: Config): boolean {
  try {
    return outgrows(graph, fit, config);
  } catch (error) {
    if (error instanceof ProbeNeeded) return true;
    throw error;
  }
}

/** Null where a probe would take too long: then the worst case is what another plan begins with. */
function wantedCapacity(graph: AnyGraph, config: Config, capacityFrom: CapacityFrom): Capacity | null {
  try {
    return batchCapacity(graph, config, 'train', capacityFrom);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
