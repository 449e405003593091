import type { EpochRecord } from '../run/record.ts';
import { type Scores, scores } from '../task/metrics.ts';
import type { Forecast } from './forecast.ts';
import { scalarsOf } from './passes.ts';
import type { Job, Run } from './run.ts';

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

export async function runEpochs(
  job: Job,
  { config, training }: Forecast,
  run: Run,
): Promise<{ epochs: EpochRecord[]; best: Best }> {
  const { context, train, evaluate, counts } = run;
  const { executor } = context;
  const classes = job.graph.classNames.length;
  const epochs: EpochRecord[] = [];
  let best: Best | null = null;
  let breathed = performance.now();

  for (let epoch = 1; epoch <= config['training.epochs']; epoch++) {
    if (performance.now() - breathed > BREATH_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      breathed = performance.now();
    }
    job.signal?.throwIfAborted();
    const begun = performance.now();
    await train!.epoch(epoch);
    const trainedAt = await executor.done();
    await evaluate.epoch(epoch);
    await executor.run('keep', { sizes: {}, scalars: scalarsOf(config), key: context.root });
    const values = await executor.results();
    const evaluatedAt = performance.now();

    const trainLoss = values.get(training.trainLoss)!;
    const losses = values.get(training.totals.losses)!;
    const table = values.get(training.totals.counts) as Uint32Array;
    const [onTrain, onValidation, onTest] = [0, 1, 2].map((split) => scores(table, classes, split));
    const record: EpochRecord = {
      epoch,
      trainLoss: trainLoss[0] / counts.train,
      valLoss: counts.validation > 0 ? losses[1] / counts.validation : Number.NaN,
      trainAcc: onTrain.accuracy,
      valAcc: onValidation.accuracy,
      testAcc: onTest.accuracy,
      ms: trainedAt - begun,
      evalMs: evaluatedAt - trainedAt,
    };
    epochs.push(record);
    // The same rule as on the device: the first minimum wins; without validation nodes, the last epoch.
    if (!best || counts.validation === 0 || losses[1] < best.loss) best = { epoch, loss: losses[1], test: onTest };
    job.onEpoch?.(record);
  }
  return { epochs, best: best! };
}
