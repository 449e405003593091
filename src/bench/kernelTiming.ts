import { DeviceError, InputError } from '../config/errors.ts';
import { seedKey } from '../graph/random.ts';
import { newGraph } from '../tensor/graph.ts';
import { makePlan, type Plan } from '../tensor/plan.ts';
import { type Feed, newFeed, writeFeed } from '../train/feed.ts';
import type { Target } from '../train/target.ts';
import type { KernelCase } from './kernelCases.ts';

/**
 * Times one op on a device: through the planner and the executor that train, many times between two synchronisations, because
 * timestamps are quantised and waiting takes longer than a small kernel.
 */

/** Something that can be timed again and again. */
export interface Timed {
  /** Operations of one run of the op; 0 where they are not counted. */
  readonly flops: number;
  /** Milliseconds per run of the op, one sample. */
  sample(): Promise<number>;
  close(): void;
}

/** How long it may take. */
export interface Effort {
  readonly samples: number;
  /** Least milliseconds of one sample. */
  readonly sampleMs: number;
  /** Ends it between two samples, with the signal's reason. */
  readonly signal?: AbortSignal;
}

const WARM_UP = 1;
/** A slow kernel gets fewer samples, but never fewer than an interval of 95 % needs. */
const LEAST_SAMPLES = 6;
const MOST_MS = 4000;
/** One plan repeats an op until it moves about so many bytes (a multiply-add counts as half a byte), at most so often. */
const PLAN_BYTES = 512e6;
const MOST_REPEATS = 32;
/** Buffers of one plan. */
const MOST_BYTES = 2 * 1024 ** 3;

/** The op of a case, `repeats` times one after the other. */
export function planCase(kernel: KernelCase, { limits }: Pick<Target, 'limits'>) {
  const graph = newGraph();
  const feed = newFeed();
  const add = kernel.declare(graph, feed);
  const plan = () => makePlan({ graph, capacity: feed.sizes, results: [], readable: [] }, limits);
  add();
  const flops = flopsOf(plan(), feed);
  const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.floor(PLAN_BYTES / (kernel.moved + flops / 4))));
  for (let i = 1; i < repeats; i++) add();
  return { plan: plan(), feed, flops, repeats };
}

const stepOf = ({ sizes }: Feed) => ({ sizes, scalars: {}, key: seedKey(0) });

function flopsOf({ routines }: Plan, feed: Feed): number {
  return routines.main.reduce((sum, dispatch) => sum + dispatch.at(stepOf(feed)).flops, 0);
}

/** Opens a case on a device, or says why it does not fit. */
export async function openKernel(kernel: KernelCase, target: Target, effort: Effort): Promise<Timed | string> {
  try {
    const { plan, feed, flops, repeats } = planCase(kernel, target);
    if (plan.placements.some(({ piece }) => piece.panel > 0)) return 'larger than the device binds at once';
    if (plan.bytes > MOST_BYTES) return `takes ${plan.bytes} bytes, more than the bench allows itself`;
    const { executor, close } = await target.open(plan);
    writeFeed(executor, feed);
    const step = stepOf(feed);
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) await executor.run('main', step);
      await executor.done();
    };
    return { flops, sample: await sampler(run, repeats, effort), close };
  } catch (error) {
    if (error instanceof InputError || error instanceof DeviceError) return error.message;
    throw error;
  }
}

/**
 * A function that takes one sample: milliseconds per op.
 * @param run runs something that holds `repeats` ops so often, and waits for the last of them
 */
export async function sampler(run: (times: number) => Promise<void>, repeats: number, { sampleMs }: Effort) {
  const time = async (times: number) => {
    const begun = performance.now();
    await run(times);
    return performance.now() - begun;
  };
  await time(1);
  const times = Math.max(1, Math.ceil(sampleMs / (await time(1))));
  return async () => (await time(times)) / (times * repeats);
}

/** Samples of several things in turns, so that a noisy machine is as noisy for each: `samples[i][round]`. */
export async function interleave(list: readonly Timed[], { samples, signal }: Effort): Promise<number[][]> {
  const sample = (timed: Timed) => {
    signal?.throwIfAborted();
    return timed.sample();
  };
  for (let i = 0; i < WARM_UP; i++) for (const timed of list) await sample(timed);
  const taken: number[][] = list.map(() => []);
  const begun = performance.now();
  for (let round = 0; round < samples; round++) {
    if (round >= LEAST_SAMPLES && performance.now() - begun > MOST_MS * list.length) break;
    for (const [i, timed] of list.entries()) taken[i].push(await sample(timed));
  }
  return taken;
}
