import type { Config } from '../../config/schema.ts';
import type { DeviceInfo, EpochRecord, MemoryBytes, RunEvent, RunRecord } from '../../run/record.ts';
import { historyRoom } from '../../worker/historyRoom.ts';
import type { ForecastView, KernelTime, MemoryView, StreamMessage, WithinEpoch } from '../../worker/protocol.ts';
import { type ChunkHeat, warmed } from './chunkHeat.ts';
import { type Frame, frameAt, NO_HISTORY, type PredictionHistory, withFrame } from './predictionHistory.ts';

/** The run that goes on, or the last one: what the stream has told of it so far. */
export interface LiveRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly config: Config;
  readonly datasetId: string;
  readonly forecast: ForecastView | null;
  readonly device: DeviceInfo | null;
  readonly epochs: readonly EpochRecord[];
  /** Where in an epoch of many steps it is. */
  readonly within: WithinEpoch | null;
  readonly events: readonly RunEvent[];
  readonly memory: MemoryView | null;
  /** The most that was held in each place. */
  readonly peak: MemoryBytes;
  /** What was held after each epoch, aligned with `epochs`. */
  readonly held: readonly MemoryView[];
  /** The latest, and those before. */
  readonly predictions: Frame | null;
  readonly history: PredictionHistory;
  /** The epoch that is looked at again; null: the latest. */
  readonly shown: number | null;
  /** Of a run that reads from a store, while somebody looks. */
  readonly chunks: ChunkHeat | null;
  readonly times: { readonly epoch: number; readonly times: readonly KernelTime[] } | null;
  /** Devices that were lost, and where the run went on from. */
  readonly recoveries: readonly { readonly epoch: number; readonly reason: string }[];
}

type ActiveStatus = 'starting' | 'running' | 'paused';
export type RunStatus = ActiveStatus | 'done' | 'failed';

export const isActive = (run: LiveRun | null): run is LiveRun & { readonly status: ActiveStatus } =>
  run !== null && ['starting', 'running', 'paused'].includes(run.status);

export function newRun(id: number, config: Config, datasetId: string): LiveRun {
  return {
    id,
    status: 'starting',
    config,
    datasetId,
    forecast: null,
    device: null,
    epochs: [],
    within: null,
    events: [],
    memory: null,
    peak: { gpu: 0, host: 0, disk: 0 },
    held: [],
    predictions: null,
    history: NO_HISTORY,
    shown: null,
    chunks: null,
    times: null,
    recoveries: [],
  };
}

type RunMessage = Extract<StreamMessage, { run: number }>;

/** After an epoch of an earlier visit. */
const NO_BYTES = { gpu: Number.NaN, host: Number.NaN, disk: Number.NaN };
const NOT_KNOWN: MemoryView = { ...NO_BYTES, peak: NO_BYTES, purposes: {} };

/**
 * The run after some messages, which are all about it. Pure, and one copy of the epochs however many messages there are; none where no
 * epoch came, so that nobody draws them again. A late word changes nothing of a run that is over.
 */
export function advance(run: LiveRun, messages: readonly RunMessage[]): LiveRun {
  if (!isActive(run)) return run;
  const came = messages.some(({ type }) => type === 'epoch' || type === 'resumed');
  const epochs = came ? [...run.epochs] : [];
  const held = came ? [...run.held] : [];
  let next: LiveRun = came ? { ...run, epochs, held } : run;
  for (const message of messages) {
    switch (message.type) {
      case 'started':
        next = { ...next, status: 'running', device: message.device, forecast: message.forecast };
        break;
      case 'resumed':
        message.epochs.forEach((epoch, i) => {
          epochs[i] = epoch;
          held[i] = NOT_KNOWN;
        });
        break;
      case 'memory':
        next = { ...next, ...memoryAfter(next, message.memory) };
        break;
      case 'step':
        next = { ...next, within: message.within };
        break;
      case 'epoch':
        // After a lost device, epochs since the last checkpoint come again, and are the same.
        epochs[message.epoch.epoch - 1] = message.epoch;
        held[message.epoch.epoch - 1] = message.memory;
        next = { ...next, within: null, ...memoryAfter(next, message.memory) };
        break;
      case 'predictions': {
        const { epoch, classes, confidence } = message;
        const predictions = { epoch, classes, confidence };
        const room = historyRoom(run.config['training.epochs']);
        next = { ...next, predictions, history: withFrame(next.history, predictions, room) };
        break;
      }
      case 'chunks':
        next = { ...next, chunks: warmed(next.chunks, message.chunks) };
        break;
      case 'event':
        next = { ...next, events: [...next.events, message.event] };
        break;
      case 'paused':
        next = { ...next, status: message.paused ? 'paused' : 'running' };
        break;
      case 'replanned':
        next = { ...next, forecast: message.forecast };
        break;
      case 'recovered': {
        const { epoch, reason, device } = message;
        next = { ...next, within: null, device, recoveries: [...next.recoveries, { epoch, reason }] };
        break;
      }
      case 'profile':
        next = { ...next, times: { epoch: message.epoch, times: message.times } };
        break;
    }
  }
  return next;
}

/** What is held now, and the most so far: on whatever devices and plans. */
function memoryAfter({ peak }: LiveRun, memory: MemoryView): Pick<LiveRun, 'memory' | 'peak'> {
  const most = (place: keyof MemoryBytes) => Math.max(peak[place], memory.peak[place]);
  return { memory, peak: { gpu: most('gpu'), host: most('host'), disk: most('disk') } };
}

/** What the page shows of each node: what was predicted last or, where an earlier epoch is looked at, then. */
export function shownPredictions({ run }: { readonly run: LiveRun | null }): Frame | null {
  if (!run || run.shown === null) return run?.predictions ?? null;
  return run.history.frames[frameAt(run.history, run.shown)] ?? null;
}

/** Whether that is an earlier epoch than the latest. */
export const isPast = (state: { readonly run: LiveRun | null }) =>
  shownPredictions(state) !== (state.run?.predictions ?? null);

/** A kept run as if it had just ended, with what its model says of every node, where that is known. */
export function reopened({ id, datasetId, record }: Reopened, predictions: Frame | null): LiveRun {
  const { config, device, epochs } = record;
  const held = epochs.map(() => NOT_KNOWN);
  return conclude({ ...newRun(id, config, datasetId), device, held, predictions }, record, id);
}

interface Reopened {
  readonly id: number;
  readonly datasetId: string;
  readonly record: RunRecord;
}

/** The run as its record tells it, under the id by which it is kept: what was dropped of it (an epoch cut short) is gone. */
export function conclude(run: LiveRun, { epochs, events }: RunRecord, id: number): LiveRun {
  const held = run.held.slice(0, epochs.length);
  return { ...run, id, status: 'done', within: null, epochs, events, held };
}
