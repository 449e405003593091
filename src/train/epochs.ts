import { differences, sameValue } from '../config/describe.ts';
import type { Config } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import type { EpochRecord } from '../run/record.ts';
import { type Scores, scores } from '../task/metrics.ts';
import type { Fit } from './fit.ts';
import { batchCapacity } from './forecast.ts';
import type { Job } from './job.ts';
import { type PassContext, scalarsOf } from './passes.ts';
import { predictionsOf } from './predictions.ts';
import type { Run } from './run.ts';
import type { Steering } from './steering.ts';

/**
 * The epochs of a run, and what is read back of each. Within an epoch steps are queued behind one another; between training
 * and evaluation, and at the end, the device is waited for: callbacks that arrive together tell no times.
 */

/** The CPU executor never waits for anything: every now and then, timers, signals and messages get their turn. */
const BREATH_MS = 50;

export interface Best {
  readonly epoch: number;
  readonly loss: number;
  readonly test: Scores;
}

/** What has happened so far, on whatever devices and plans. */
export interface Progress {
  epochs: EpochRecord[];
  best: Best | null;
  /** Optimiser steps at the end of the last epoch. */
  steps: number;
}

/** `done` after the last epoch; `replan` between two epochs, where what was changed by hand needs another plan. */
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

  for (;;) {
    if (performance.now() - breathed > BREATH_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      breathed = performance.now();
    }
    await waitFor('epoch', job, context);
    steering.advance('epoch', context.steps);
    const epoch = progress.epochs.length + 1;
    if (epoch > steering.config['training.epochs']) return 'done';
    context.config = currentConfig(fit, steering);
    if (outgrows(job.graph, fit, context.config)) return 'replan';

    const { times } = context;
    Object.assign(times, { sample: 0, read: 0, upload: 0, waited: 0 });
    const profile = job.control?.wantsProfile?.() ? executor.profile : undefined;
    profile?.start();
    const begun = performance.now();
    await run.train!.epoch(epoch);
    const trainedAt = await executor.done();
    const ms = trainedAt - begun - times.waited;
    const split = { sampleMs: times.sample, readMs: times.read, uploadMs: times.upload };

    const predictions =
      job.onPredictions && job.control?.wantsPredictions(epoch === steering.config['training.epochs'])
        ? predictionsOf(run)
        : null;
    times.waited = 0;
    let reading = 0;
    const inBatches = fit.forecast.capacity.evaluate !== undefined;
    const read = async (seeds: Uint32Array | null) => {
      const asked = performance.now();
      await predictions!.read(seeds);
      reading += performance.now() - asked;
    };
    await run.evaluate.epoch(epoch, predictions && inBatches ? read : undefined);
    const values = await executor.results();
    const evalMs = performance.now() - trainedAt - times.waited - reading;
    if (predictions && !inBatches) await predictions.read(null);
    if (profile) job.onProfile?.(epoch, await profile.stop());

    const trainLoss = values.get(training.trainLoss)!;
    const losses = values.get(training.totals.losses)!;
    const table = values.get(training.totals.counts) as Uint32Array;
    const [onTrain, onValidation, onTest] = [0, 1, 2].map((code) => scores(table, classes, code));
    const { counts } = run;
    const record: EpochRecord = {
      epoch,
      trainLoss: trainLoss[0] / counts.train,
      valLoss: counts.validation > 0 ? losses[1] / counts.validation : Number.NaN,
      trainAcc: onTrain.accuracy,
      valAcc: onValidation.accuracy,
      testAcc: onTest.accuracy,
      ms,
      ...split,
      evalMs,
    };
    progress.epochs.push(record);
    progress.steps = context.steps;
    // The first minimum wins; without validation nodes, the last epoch.
    if (!progress.best || counts.validation === 0 || losses[1] < progress.best.loss) {
      progress.best = { epoch, loss: losses[1], test: onTest };
      await executor.run('keep', { sizes: {}, scalars: scalarsOf(context.config), key: context.root });
    }
    await afterEpoch();
    job.onEpoch?.(record, context.steps);
    if (predictions) job.onPredictions?.(epoch, predictions.take());
  }
}

/** What happens before every step and every batch: waiting while paused, and changes by hand. */
export function beforeStep(
  job: Job,
  steering: Steering,
  run: () => Pick<Run, 'context' | 'fit'>,
): PassContext['before'] {
  return async (what) => {
    const { context, fit } = run();
    await waitFor('step', job, context);
    if (what === 'step') job.onStep?.(context.steps);
    if (what === 'step' && steering.advance('step', context.steps)) context.config = currentConfig(fit, steering);
  };
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
function currentConfig(fit: Fit, { config }: Steering): Config {
  return { ...fit.forecast.config, ...differences(config, fit.asked) };
}

/** Whether the plan has no room, or no kernels, for the configuration as it is now: then the next epoch needs another. */
export function outgrows(graph: Graph, { forecast }: Fit, config: Config): boolean {
  const planned = forecast.config;
  if (planned['model.dropout'] === 0 && config['model.dropout'] > 0) return true;
  const room = forecast.capacity.train;
  const reshaped = (['sampling.batchSize', 'sampling.fanOut'] as const).some(
    (key) => !sameValue(planned[key], config[key]),
  );
  if (!room || !reshaped) return false;
  const wanted = batchCapacity(graph, config, 'train', forecast.capacityFrom);
  const within = (a: readonly number[], b: readonly number[]) => a.every((n, i) => n <= b[i]);
  return !within(wanted.nodes, room.nodes) || !within(wanted.edges, room.edges);
}
