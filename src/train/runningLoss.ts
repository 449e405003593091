import type { Job } from './job.ts';
import type { Run } from './run.ts';

/**
 * The mean training loss of an epoch so far, where somebody asks for it before a step. The device adds the losses up anyway, and
 * the copy takes its place behind the steps that are queued: nobody waits for it, and no bit of the run depends on it.
 */
export function newRunningLoss(job: Pick<Job, 'control' | 'onRunningLoss'>) {
  let reading = false;
  return async ({ context, executor, fit }: Pick<Run, 'context' | 'executor' | 'fit'>): Promise<void> => {
    const { epoch, lossWeight } = context;
    if (reading || lossWeight === 0 || !job.control?.wantsLoss?.()) return;
    reading = true;
    try {
      const values = await executor.results();
      const [sum] = values.get(fit.forecast.training.trainLoss)!;
      job.onRunningLoss?.(epoch, sum / lossWeight);
    } catch {
      // A device that is lost is told to whoever uses it next, and a run that has ended has no running loss.
    } finally {
      reading = false;
    }
  };
}
