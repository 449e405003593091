import type { EpochRecord } from '../run/record.ts';
import { type Scores, scores } from '../task/metrics.ts';
import type { Value } from '../tensor/value.ts';
import type { Forecast } from './forecast.ts';
import { scalarsOf } from './passes.ts';
import type { Job, Run } from './run.ts';

/** The epochs of a run, and what is read back of each: one small result, never waited for by the next epoch. */

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
  let clock = performance.now();

  const finish = async (epoch: number, begun: number, trained: Promise<number>, results: Promise<Results>) => {
    const trainedAt = await trained;
    const { values, at } = await results;
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
      ms: trainedAt - Math.max(begun, clock),
      evalMs: at - trainedAt,
    };
    clock = at;
    epochs.push(record);
    // The same rule as on the device: the first minimum wins; without validation nodes, the last epoch.
    if (!best || counts.validation === 0 || losses[1] < best.loss) best = { epoch, loss: losses[1], test: onTest };
    job.onEpoch?.(record);
  };

  let pending: Promise<void>[] = [];
  for (let epoch = 1; epoch <= config['training.epochs']; epoch++) {
    job.signal?.throwIfAborted();
    const begun = performance.now();
    await train!.epoch(epoch);
    const trained = executor.done();
    await evaluate.epoch(epoch);
    await executor.run('keep', { sizes: {}, scalars: scalarsOf(config), key: context.root });
    const results = executor.results().then((values) => ({ values, at: performance.now() }));
    // In order, at most two epochs behind the one that runs.
    const previous = pending.at(-1) ?? Promise.resolve();
    pending.push(previous.then(() => finish(epoch, begun, trained, results)));
    if (pending.length > 2) await pending[0];
    pending = pending.slice(-2);
  }
  await Promise.all(pending);
  return { epochs, best: best! };
}

interface Results {
  readonly values: ReadonlyMap<Value, ArrayLike<number>>;
  readonly at: number;
}
