import type { DeviceInfo } from '../run/record.ts';
import { checkTrainable } from './check.ts';
import type { Job } from './job.ts';
import { openRun } from './run.ts';
import { planJob } from './session.ts';
import { findTarget } from './target.ts';

/** A run that is trained step by step from outside: for benches, which must not time the evaluation. */
export interface Trainer {
  readonly device: DeviceInfo;
  /** Trains for some epochs without evaluating, waits for completion, gives the loss of the last. */
  run(epochs: number): Promise<number>;
  close(): Promise<void>;
}

export async function openTrainer(job: Job): Promise<Trainer> {
  checkTrainable(job.graph, job.config);
  const target = await findTarget(job.backend);
  const { executor, fit, train, weights, close } = await openRun(job, target, await planJob(job, target));
  let epoch = 0;
  return {
    device: target.device,
    async run(epochs) {
      for (let i = 0; i < epochs; i++) await train!.epoch(++epoch);
      const results = await executor.results();
      return results.get(fit.forecast.training.trainLoss)![0] / weights.train;
    },
    close,
  };
}
