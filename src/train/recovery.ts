import { DeviceError, type DeviceLostError } from '../config/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Progress } from './epochs.ts';
import type { Job } from './job.ts';
import { findTarget, type Target } from './target.ts';

/** What follows the loss of a device: another one, or the end of the run. */

/** A device that is lost more often than this, with no epoch saved in between, is not worth another try. */
const MOST_LOSSES = 3;
/** Between the tries to find an adapter: while a driver starts again there is none. About two seconds in all. */
const WAITS_MS = [50, 100, 200, 300, 400, 500, 500];

/**
 * Finds where a run goes on that lost its device. To be called before what happened is rolled back to the checkpoint.
 *
 * @throws DeviceError, which says how far the run came, where it keeps no checkpoints, loses one device after the other, or is
 *   stopped or out of patience before an adapter is found; the reason of `job.signal` where that is aborted
 */
export type Recover = (error: DeviceLostError, progress: Progress, checkpoint: Checkpoint | null) => Promise<Target>;

export function newRecovery(job: Pick<Job, 'backend' | 'instruments' | 'signal' | 'control'>): Recover {
  let losses = 0;
  let savedAtLoss = 0;
  return async (error, { epochs }, checkpoint) => {
    const saved = checkpoint?.steps ?? 0;
    losses = saved > savedAtLoss ? 1 : losses + 1;
    savedAtLoss = saved;
    const ended = (why: string, cause: unknown) => {
      const when = epochs.length > 0 ? `after epoch ${epochs.length}` : 'before its first epoch was done';
      return new DeviceError(`the run ended ${when}: ${why}`, { cause });
    };
    if (!job.instruments?.checkpoints || losses > MOST_LOSSES) throw ended(error.message, error);
    try {
      return await findAgain(job);
    } catch (cause) {
      if (!(cause instanceof DeviceError)) throw cause;
      throw ended('its device was lost, and no other was found; reload, or run on the CPU', cause);
    }
  };
}

async function findAgain({ backend, signal, control }: Pick<Job, 'backend' | 'signal' | 'control'>): Promise<Target> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await findTarget(backend);
    } catch (error) {
      if (!(error instanceof DeviceError) || tries === WAITS_MS.length || control?.stopping()) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, WAITS_MS[tries]));
  }
}
