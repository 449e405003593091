import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import type { Ledger } from '../device/ledger.ts';
import type { KernelTime } from '../device/times.ts';
import type { DeviceInfo, EpochRecord, MemoryBytes, RunEvent } from '../run/record.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import type { Plan } from '../tensor/plan.ts';
import type { OpenBatchSource } from './batchSource.ts';
import type { ResumePoint } from './checkpoint.ts';
import type { Fit } from './fit.ts';
import type { Instruments } from './forecast.ts';
import type { Predictions } from './predictions.ts';
import type { Backend } from './target.ts';

/** A run as it is asked for: what to do, on what, who watches and who steers. */
export interface Job extends Observer {
  readonly graph: AnyGraph;
  readonly config: Config;
  readonly backend: Backend;
  /** Change what must be changed to stay inside memory.gpuBudget; otherwise a run that is too large is refused. */
  readonly fit: boolean;
  /** What to carry besides training; all of it is part of the forecast. */
  readonly instruments?: Instruments;
  /** With instruments.checkpoints: milliseconds from one to the next, at the least; each waits for a read-back. Default: 2000. */
  readonly checkpointMs?: number;
  /** Where sampled passes read the graph from, if memory.store asks for more than memory. */
  readonly store?: ChunkStore;
  /** Who samples; default: this thread. */
  readonly openBatchSource?: OpenBatchSource;
  /** Ends the run between two batches; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly control?: Control;
  /** Changes to carry out again, at their steps: a replay. */
  readonly events?: readonly RunEvent[];
  /**
   * Hands over where an earlier process left this run: it goes on from there, with the events of then. Asked once; the run frees the state
   * when it has a newer one, so nobody else may hold it. Needs instruments.checkpoints.
   */
  readonly resume?: () => ResumePoint;
  /** With onCheckpoint: bytes on disk of what was kept of this run before. */
  readonly keptBytes?: number;
}

/** An epoch that is under way, as its record will count it. */
export type EpochSoFar = Pick<EpochRecord, 'epoch' | 'ms' | 'sampleMs' | 'readMs'>;

/** Told what happens, as it happens. */
export interface Observer {
  /** The plan is made; nothing is allocated yet. */
  readonly onStart?: (fit: Fit, device: DeviceInfo) => void;
  /** What the run is carried out by: after each start, each new plan and each lost device. */
  readonly onOpen?: (opened: Opened) => void;
  /**
   * Takes the place of the executor in whatever follows: it must do what that does, and may tell when. For traces.
   * Asked whenever a device is opened.
   */
  readonly observeExecutor?: (executor: Executor, plan: Plan) => Executor;
  /** The ledgers have changed: a buffer was allocated, all is open, an epoch is done. */
  readonly onMemory?: (memory: Held) => void;
  /** A step begins: this many are behind it. */
  readonly onStep?: (steps: number, soFar: EpochSoFar) => void;
  /** The mean loss of the steps of `epoch` so far, a little after `wantsLoss` said so; it may come when the epoch is over. */
  readonly onRunningLoss?: (epoch: number, loss: number) => void;
  /** After a lost device, epochs since the last checkpoint come again. */
  readonly onEpoch?: (epoch: EpochRecord, steps: number) => void;
  readonly onEvent?: (event: RunEvent) => void;
  /** A change by hand needs another plan: this one. */
  readonly onReplan?: (fit: Fit) => void;
  /** The device was lost; the run goes on from the end of `epoch`, on a new one. */
  readonly onRecover?: (epoch: number, reason: string, device: DeviceInfo) => void;
  /**
   * Where the run is, for whoever keeps it: every training.checkpointEvery epochs, with instruments.checkpoints no more often than
   * those are taken, and where the run is paused. Not called again before its promise settles, which must not reject: a run does not end
   * because nobody could keep it.
   */
  readonly onCheckpoint?: (point: ResumePoint, ledgers: KeepingLedgers) => Promise<void>;
  /** Of every dispatch of `epoch`, where `wantsProfile` said so. */
  readonly onProfile?: (epoch: number, times: readonly KernelTime[]) => void;
  /**
   * What the model says of each node after `epoch`, where `wantsPredictions` said so. Needs instruments.predictions. The arrays
   * are written anew the next time; after the run they are the observer's.
   */
  readonly onPredictions?: (epoch: number, predictions: Predictions) => void;
}

/** How a run is steered while it goes on. Each is asked before a step, an epoch or a read-back. */
export interface Control {
  /** Settles when the run may go on: a paused run waits here. */
  ready(at: 'epoch' | 'step'): Promise<void> | void;
  /** Takes the changes that were asked for since the last call. Only live keys. */
  changes(): Partial<Config>;
  wantsPredictions(lastEpoch: boolean): boolean;
  /** True before a step reads what the losses of its epoch have added up to; asked of sampled training only. */
  wantsLoss?(): boolean;
  /** True times every kernel of the next epoch. Needs instruments.timestamps on a GPU. */
  wantsProfile?(): boolean;
  /** True ends the run: an epoch that is under way is dropped, the record says how many epochs it had. */
  stopping(): boolean;
  /** True where the run is about to wait, or waits. */
  pausing?(): boolean;
}

/** Charged by whoever keeps a checkpoint: with its bytes in main memory until they are written, with what lies on disk. */
export interface KeepingLedgers {
  readonly host: Ledger;
  readonly disk: Ledger;
}

export interface Opened {
  readonly executor: Executor;
  /** Makes the device go away as a driver reset would; nothing on the CPU. */
  lose(): void;
}

/** Bytes that are held now. */
export interface Held extends MemoryBytes {
  /** The most that was held at once since the device was opened. */
  readonly peak: MemoryBytes;
  /** Of the device's buffers. */
  readonly purposes: Readonly<Record<string, number>>;
}
