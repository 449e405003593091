import { sameValue } from '../config/describe.ts';
import { CONFIG_KEYS, type Config, type ConfigKey, entryOf } from '../config/schema.ts';
import type { RunEvent } from '../run/record.ts';
import type { Job } from './job.ts';

/**
 * The configuration of a run as it changes by hand, and the events that tell what was changed after which step. A replay
 * carries the same events out after the same steps, through the same code.
 *
 * What the next optimiser step reads (learning rate, weight decay, momentum, dropout) changes between steps; what shapes an epoch (batch
 * size, fan-out, number of epochs) between epochs.
 */
export interface Steering {
  /** As it is now: what was asked for, with the changes so far. */
  readonly config: Config;
  /** What was carried out, in order. */
  readonly events: readonly RunEvent[];
  /** The same, with what of a replay is still to come. */
  readonly script: readonly RunEvent[];
  /** Begins after `steps`, in a run that goes on: what the replay has of before was carried out. */
  begin(steps: number): void;
  /** Carries out what is due. `at` says whether an epoch begins too; true where that changed anything. */
  advance(at: 'epoch' | 'step', steps: number): boolean;
  /**
   * Goes back to how things were after `steps`: what was carried out since will be again, when its step comes. What was not
   * yet carried out waits until the run is back where it was: it must neither come before an older change nor alter epochs
   * that were already seen.
   */
  rewind(steps: number): void;
  /** Ends the run here: from now on it is one of `epochs` epochs. */
  stop(epochs: number, steps: number): void;
}

const BETWEEN_STEPS: ReadonlySet<ConfigKey> = new Set([
  'training.lr',
  'training.weightDecay',
  'training.weightDecayLinear',
  'training.momentum',
  'model.dropout',
]);

export function newSteering(job: Pick<Job, 'config' | 'events' | 'control' | 'onEvent'>): Steering {
  let { config } = job;
  let events: RunEvent[] = [];
  let replay = [...(job.events ?? [])];
  /** A rewound event is not news. */
  const told = new Set<RunEvent>();
  /** The furthest that the run has come. */
  let reached = 0;
  /** Asked for, not yet due; the last value of a key counts. */
  let waiting: Partial<Config> = {};

  const carryOut = (event: RunEvent) => {
    config = { ...config, [event.key]: event.value };
    events.push(event);
    if (told.has(event)) return;
    told.add(event);
    job.onEvent?.(event);
  };
  const due = (key: ConfigKey, at: 'epoch' | 'step') =>
    at === 'epoch' || (BETWEEN_STEPS.has(key) && !opensDropout(key));
  // A plan without dropout has no kernels for it: the epoch after needs another plan.
  const opensDropout = (key: ConfigKey) => key === 'model.dropout' && config[key] === 0;

  return {
    get config() {
      return config;
    },
    get events() {
      return events;
    },
    get script() {
      return [...events, ...replay];
    },
    begin(steps) {
      for (const event of replay.filter(({ step }) => step < steps)) carryOut(event);
      replay = replay.filter(({ step }) => step >= steps);
      reached = steps;
    },
    advance(at, steps) {
      const before = events.length;
      replay = replay.filter((event) => {
        if (event.step > steps || !due(event.key, at)) return true;
        carryOut(event);
        return false;
      });
      waiting = { ...waiting, ...job.control?.changes() };
      if (steps < reached) return events.length > before;
      reached = steps;
      for (const key of CONFIG_KEYS) {
        const value = waiting[key];
        if (value === undefined || !entryOf(key).live || !due(key, at)) continue;
        delete (waiting as Record<string, unknown>)[key];
        if (!sameValue(value, config[key])) carryOut({ step: steps, key, value });
      }
      return events.length > before;
    },
    rewind(steps) {
      replay = [...events.filter(({ step }) => step >= steps), ...replay];
      events = events.filter(({ step }) => step < steps);
      config = { ...job.config, ...Object.fromEntries(events.map(({ key, value }) => [key, value])) };
    },
    stop(epochs, steps) {
      this.rewind(steps);
      replay = [];
      if (epochs < config['training.epochs']) carryOut({ step: steps, key: 'training.epochs', value: epochs });
    },
  };
}
