import type { Backend, Target } from '../train/target.ts';
import type { KernelCase } from './kernelCases.ts';
import { copies, type Sizes } from './kernelSizes.ts';
import { type Effort, interleave, openKernel, sampler, type Timed } from './kernelTiming.ts';
import { type Interval, medianInterval } from './stats.ts';

/** Times kernels in turns with the fastest copy of the device. Shares are quotients of neighbouring samples. */

export interface Bench {
  readonly backend: Backend;
  readonly target: Target;
  readonly effort: Effort;
  /** Told what does not fit, and why. */
  leaveOut(kernel: KernelCase, why: string): void;
}

export interface Measured {
  readonly kernel: KernelCase;
  readonly flops: number;
  /** Milliseconds. */
  readonly time: Interval;
  /** The same in times of the reference, the fastest copy, which was timed in turns with it. */
  readonly relative: Interval;
}

/** Everything that was timed, and the times of the one copy that was timed from beginning to end. */
export interface AllMeasured {
  readonly measured: readonly Measured[];
  readonly copied: readonly number[];
}

/**
 * The copies, then each of `kernels` in turns with the fastest of them.
 * @param found told of each, with how many of `kernels` are done
 */
export async function measureAll(
  bench: Bench,
  sizes: Sizes,
  kernels: readonly KernelCase[],
  found: (one: Measured | null, done: number) => void,
): Promise<AllMeasured> {
  const { measured, reference, copied } = await measureCopies(bench, copies(sizes));
  try {
    for (const one of measured) found(one, 0);
    for (const [i, kernel] of kernels.entries()) {
      const one = await measure(bench, kernel, reference);
      if (one) {
        measured.push(one.measured);
        copied.push(...one.copied);
      }
      found(one?.measured ?? null, i + 1);
    }
  } finally {
    reference.close();
  }
  return { measured, copied };
}

/** Opens a case; null where it is left out. */
export async function open({ leaveOut, backend, target, effort }: Bench, kernel: KernelCase): Promise<Timed | null> {
  if (kernel.part === 'copy' && backend.kind === 'cpu') return copyOfArrays(kernel, effort);
  const timed = await openKernel(kernel, target, effort);
  if (typeof timed !== 'string') return timed;
  leaveOut(kernel, timed);
  return null;
}

async function copyOfArrays({ moved }: KernelCase, effort: Effort): Promise<Timed> {
  const [from, to] = [0, 1].map((value) => new Float32Array(moved / 8).fill(value));
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) to.set(from);
  };
  return { flops: 0, sample: await sampler(run, 1, effort), close: () => {} };
}

/** Times the copies, and leaves the fastest open. */
async function measureCopies(bench: Bench, kernels: readonly KernelCase[]) {
  const opened: { kernel: KernelCase; timed: Timed }[] = [];
  let kept: Timed | null = null;
  try {
    for (const kernel of kernels) {
      const timed = await open(bench, kernel);
      if (timed) opened.push({ kernel, timed });
    }
    const all = await interleave(
      opened.map(({ timed }) => timed),
      bench.effort,
    );
    const times = all.map(medianInterval);
    const speeds = opened.map(({ kernel }, i) => kernel.moved / times[i].median);
    const best = speeds.indexOf(Math.max(...speeds));
    if (best < 0) throw new Error('kernels: no copy fits on this device, and everything is a share of one');
    const measured = opened.map(({ kernel, timed: { flops } }, i): Measured => {
      return { kernel, flops, time: times[i], relative: quotients(all[i], all[best]) };
    });
    kept = opened[best].timed;
    return { measured, reference: kept, copied: all[best] };
  } finally {
    for (const { timed } of opened) if (timed !== kept) timed.close();
  }
}

async function measure(bench: Bench, kernel: KernelCase, reference: Timed) {
  const timed = await open(bench, kernel);
  if (!timed) return null;
  try {
    const [samples, copied] = await interleave([timed, reference], bench.effort);
    const relative = quotients(samples, copied);
    return { measured: { kernel, flops: timed.flops, time: medianInterval(samples), relative }, copied };
  } finally {
    timed.close();
  }
}

function quotients(samples: readonly number[], others: readonly number[]): Interval {
  return medianInterval(samples.map((ms, round) => ms / others[round]));
}

/** Bytes that the fastest copy moved, and operations of the fastest square product, in the time of the reference. */
export function ceilingsOf(measured: readonly Measured[]): { bytes: number; flops: number } {
  const most = (list: readonly Measured[], count: (of: Measured) => number) =>
    Math.max(...list.map((one) => count(one) / one.relative.median));
  return {
    bytes: most(
      measured.filter(({ kernel }) => kernel.part === 'copy'),
      ({ kernel }) => kernel.moved,
    ),
    flops: most(
      measured.filter(({ kernel }) => kernel.side !== undefined),
      ({ flops }) => flops,
    ),
  };
}

/** How much of `most`, in the time of the reference, a kernel does that counts as `count`: a fraction. */
export function shareOf(count: number, most: number, { relative }: Measured): Interval {
  const share = (times: number) => count / times / most;
  return { median: share(relative.median), lo: share(relative.hi), hi: share(relative.lo) };
}
