import type { Config } from '../../config/schema.ts';
import type { RunEvent } from '../../run/record.ts';
import type { Fit } from '../fit.ts';
import type { Job, Opened } from '../job.ts';
import { type Trained, train } from '../session.ts';
import { configOf, SAMPLED, testGraph } from './graphs.ts';

/** Plays a run in which something is done after given epochs or before given steps, and tells how it went. */

export const graph = testGraph({ nodes: 200 });
export const EPOCHS = 12;
export const FULL = configOf({ 'training.epochs': EPOCHS });
export const BATCHES = configOf({ ...SAMPLED, 'training.epochs': EPOCHS, 'sampling.batchSize': 16 });

/** Changes asked for by hand, the end of the run, or a device that goes away. */
type Action = Partial<Config> | 'stop' | 'lose';

export interface Plot {
  /** By the number of the epoch; each happens once. */
  readonly after?: Readonly<Record<number, Action | undefined>>;
  /** By the number of steps behind it; each happens once. */
  readonly before?: Readonly<Record<number, Action>>;
  /** While the first lost device is replaced. */
  readonly recovering?: Action;
  readonly job?: Partial<Job>;
}

export interface Story {
  readonly run: Trained;
  readonly replanned: Fit[];
  /** The epochs after which the run went on elsewhere. */
  readonly recovered: number[];
  readonly told: RunEvent[];
  /** Steps at the end of each epoch. */
  readonly steps: number[];
}

export async function play(
  backend: Job['backend'],
  config: Config,
  { after = {}, before = {}, recovering, job = {} }: Plot,
): Promise<Story> {
  let wanted: Partial<Config> = {};
  let stop = false;
  let opened: Opened | null = null;
  const done = new Set<string>();
  const replanned: Fit[] = [];
  const recovered: number[] = [];
  const told: RunEvent[] = [];
  const steps: number[] = [];
  const act = (name: string, action?: Action) => {
    if (!action || done.has(name)) return;
    done.add(name);
    if (action === 'stop') stop = true;
    else if (action === 'lose') opened!.lose();
    else wanted = action;
  };
  const run = await train({
    graph,
    config,
    backend,
    fit: true,
    control: {
      ready() {},
      changes() {
        const taken = wanted;
        wanted = {};
        return taken;
      },
      wantsPredictions: () => false,
      stopping: () => stop,
    },
    onOpen: (now) => {
      opened = now;
    },
    onStep: (count) => act(`step ${count}`, before[count]),
    onEpoch: ({ epoch }, count) => {
      steps[epoch - 1] = count;
      act(`epoch ${epoch}`, after[epoch]);
    },
    onReplan: (fit) => replanned.push(fit),
    onRecover: (epoch) => {
      recovered.push(epoch);
      act('recovery', recovering);
    },
    onEvent: (event) => told.push(event),
    ...job,
  });
  return { run, replanned, recovered, told, steps };
}

/** All that a record and its weights hold, without what a clock measured. */
export function bits({ epochs, events, result, weights, kernels }: Trained) {
  const curve = epochs.map(({ ms: _, sampleMs: __, readMs: ___, uploadMs: ____, evalMs: _____, ...rest }) => rest);
  return { curve, events, result, weights, kernels };
}
