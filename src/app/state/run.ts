import type { Config } from '../../config/schema.ts';
import type { DeviceInfo, EpochRecord, RunEvent, RunRecord } from '../../run/record.ts';
import type { ForecastView, KernelTime, MemoryView, StreamMessage } from '../../worker/protocol.ts';

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
  readonly within: { readonly step: number; readonly of: number } | null;
  readonly events: readonly RunEvent[];
  readonly memory: MemoryView | null;
  /** What was held after each epoch, aligned with `epochs`. */
  readonly held: readonly MemoryView[];
  readonly predictions: {
    readonly epoch: number;
    readonly classes: Uint16Array;
    readonly confidence: Uint8Array;
  } | null;
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
    held: [],
    predictions: null,
    times: null,
    recoveries: [],
  };
}

type RunMessage = Extract<StreamMessage, { run: number }>;

/**
 * The run after some messages, which are all about it. Pure, and one copy of the epochs however many messages there are. A late
 * word changes nothing of a run that is over.
 */
export function advance(run: LiveRun, messages: readonly RunMessage[]): LiveRun {
  if (!isActive(run)) return run;
  const epochs = [...run.epochs];
  const held = [...run.held];
  let next: LiveRun = { ...run, epochs, held };
  for (const message of messages) {
    switch (message.type) {
      case 'started':
        next = { ...next, status: 'running', device: message.device, forecast: message.forecast };
        break;
      case 'memory':
        next = { ...next, memory: message.memory };
        break;
      case 'step':
        next = { ...next, within: { step: message.step, of: message.of } };
        break;
      case 'epoch':
        // After a lost device, epochs since the last checkpoint come again, and are the same.
        epochs[message.epoch.epoch - 1] = message.epoch;
        held[message.epoch.epoch - 1] = message.memory;
        next = { ...next, within: null, memory: message.memory };
        break;
      case 'predictions': {
        const { epoch, classes, confidence } = message;
        next = { ...next, predictions: { epoch, classes, confidence } };
        break;
      }
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

/** The run as its record tells it, under the id by which it is kept: what was dropped of it (an epoch cut short) is gone. */
export function conclude(run: LiveRun, { epochs, events }: RunRecord, id: number): LiveRun {
  const held = run.held.slice(0, epochs.length);
  return { ...run, id, status: 'done', within: null, epochs, events, held };
}
