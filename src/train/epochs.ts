import type { EpochRecord } from '../run/record.ts';
import { type Scores, scores } from '../task/metrics.ts';
import type { Value } from '../tensor/value.ts';
import type { Forecast } from './forecast.ts';
import { scalarsOf } from './passes.ts';
import type { Job, Run } from './run.ts';

/** The epochs of a run, and what is read back of each: one small result, never waited for by the next epoch. */

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
  let clock = performance.now();
  let breathed = clock;

  const finish = async (epoch: number, begun: number, trained: Promise<number>, results: Promise<Results>) => {
    const trainedAt = await trained;
    const { values, at } = await results;
    // Of two epochs under way, the end of the first may be seen after the next has trained: no time counts twice.
    const from = Math.max(begun, clock);
    const trainedBy = Math.max(trainedAt, from);
    clock = Math.max(at, trainedBy);
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
      ms: trainedBy - from,
      evalMs: clock - trainedBy,
    };
    epochs.push(record);
    // The same rule as on the device: the first minimum wins; without validation nodes, the last epoch.
    if (!best || counts.validation === 0 || losses[1] < best.loss) best = { epoch, loss: losses[1], test: onTest };
    job.onEpoch?.(record);
  };

  let pending: Promise<void>[] = [];
  try {
    for (let epoch = 1; epoch <= config['training.epochs']; epoch++) {
      if (performance.now() - breathed > BREATH_MS) {
        await new Promise((resolve) => setTimeout(resolve));
        breathed = performance.now();
      }
      job.signal?.throwIfAborted();
      const begun = performance.now();
      await train!.epoch(epoch);
      const trained = handled(executor.done());
      await evaluate.epoch(epoch);
      await executor.run('keep', { sizes: {}, scalars: scalarsOf(config), key: context.root });
      const results = handled(executor.results().then((values) => ({ values, at: performance.now() })));
      // In order, at most two epochs behind the one that runs.
      const previous = pending.at(-1) ?? Promise.resolve();
      pending.push(handled(previous.then(() => finish(epoch, begun, trained, results))));
      if (pending.length > 2) await pending[0];
      pending = pending.slice(-2);
    }
    await Promise.all(pending);
  } finally {
    // Whatever ended the run, nothing is under way when its buffers are released.
    await Promise.allSettled(pending);
  }
  return { epochs, best: best! };
}

/** A rejection waits here until somebody asks for the result; without a handler at once, Node would end the process. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

interface Results {
  readonly values: ReadonlyMap<Value, ArrayLike<number>>;
  readonly at: number;
}
