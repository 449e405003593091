import type { Checkpoint, ResumePoint } from './checkpoint.ts';
import type { Control, Job, KeepingLedgers } from './job.ts';

/** What a checkpoint that is being kept takes of the stretch that it is of. */
interface Place {
  /** Count its values until they are written. */
  readonly ledgers: KeepingLedgers;
  /** Of the values. */
  readonly bytes: number;
  /** Says what the ledgers hold now. */
  tellMemory(): void;
}

/** Handing checkpoints on to whoever keeps them for after the process. */
export interface Keeper {
  /** Hands the checkpoint on where it is due and the one before is written; training goes on meanwhile. */
  offer(checkpoint: Checkpoint | null, place: Place): void;
  /** The same, due or not, once the one before is written: for a run that is about to wait. */
  insist(checkpoint: Checkpoint | null, place: Place): Promise<void>;
  /** Resolves when nothing is being written. */
  done(): Promise<void>;
}

/**
 * @param from epochs that are kept already
 * @param describe what a checkpoint lacks to be resumed from
 */
export function newKeeper(
  { config, onCheckpoint }: Pick<Job, 'config' | 'onCheckpoint'>,
  from: number,
  describe: () => Omit<ResumePoint, keyof Checkpoint>,
): Keeper {
  const every = config['training.checkpointEvery'];
  let kept = from;
  let writing: Promise<void> | null = null;
  const hand = (checkpoint: Checkpoint | null, least: number, { ledgers, bytes, tellMemory }: Place) => {
    if (!onCheckpoint || every === 0 || writing || !checkpoint || checkpoint.epochs.length - kept < least) return;
    kept = checkpoint.epochs.length;
    // The run may have a newer one long before this one is written.
    ledgers.host.add('checkpoint', bytes);
    writing = onCheckpoint({ ...checkpoint, ...describe() }, ledgers).finally(() => {
      ledgers.host.remove('checkpoint', bytes);
      writing = null;
      tellMemory();
    });
  };
  const done = async () => {
    await writing;
  };
  return {
    offer: (checkpoint, place) => hand(checkpoint, every, place),
    async insist(checkpoint, place) {
      await done();
      hand(checkpoint, 1, place);
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
