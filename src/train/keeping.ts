import type { Checkpoint, ResumePoint } from './checkpoint.ts';
import type { Control, Job } from './job.ts';
import type { Run } from './run.ts';

/** Handing checkpoints on to whoever keeps them for after the process. */
export interface Keeper {
  /**
   * Hands the checkpoint on where it is due and the one before is written; training goes on meanwhile.
   *
   * @param ledger counts its bytes until they are written
   */
  offer(checkpoint: Checkpoint | null, ledger: Ledger, bytes: number): void;
  /** The same, due or not, once the one before is written: for a run that is about to wait. */
  insist(checkpoint: Checkpoint | null, ledger: Ledger, bytes: number): Promise<void>;
  /** Resolves when nothing is being written. */
  done(): Promise<void>;
}

type Ledger = Run['context']['host'];

/** @param describe what a checkpoint lacks to be resumed from */
export function newKeeper(
  { config, onCheckpoint, resume }: Pick<Job, 'config' | 'onCheckpoint' | 'resume'>,
  describe: () => Omit<ResumePoint, keyof Checkpoint>,
): Keeper {
  const every = config['training.checkpointEvery'];
  let kept = resume?.epochs.length ?? 0;
  let writing: Promise<void> | null = null;
  const hand = (checkpoint: Checkpoint | null, least: number, ledger: Ledger, bytes: number) => {
    if (!onCheckpoint || every === 0 || writing || !checkpoint || checkpoint.epochs.length - kept < least) return;
    kept = checkpoint.epochs.length;
    ledger.add('checkpoint', bytes);
    writing = onCheckpoint({ ...checkpoint, ...describe() }).finally(() => {
      ledger.remove('checkpoint', bytes);
      writing = null;
    });
  };
  const done = async () => {
    await writing;
  };
  return {
    offer: (checkpoint, ledger, bytes) => hand(checkpoint, every, ledger, bytes),
    async insist(checkpoint, ledger, bytes) {
      await done();
      hand(checkpoint, 1, ledger, bytes);
    },
    done,
  };
}

/** The same job, with something done wherever its run is about to wait; nothing where nobody keeps checkpoints. */
export function beforeWaiting(job: Job, work: (at: 'epoch' | 'step') => Promise<void>): Job {
  const { control, onCheckpoint, instruments, config } = job;
  if (!control || !onCheckpoint || !instruments?.checkpoints || config['training.checkpointEvery'] === 0) return job;
  const ready: Control['ready'] = async (at) => {
    if (control.pausing?.()) await work(at);
    await control.ready(at);
  };
  return { ...job, control: { ...control, ready } };
}
