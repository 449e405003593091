import type { Config } from '../config/schema.ts';
import type { DeviceInfo } from '../run/record.ts';
import { checkTrainable } from './check.ts';
import type { Job } from './job.ts';
import { checkStore, openRun, type Run } from './run.ts';
import { planJob } from './session.ts';
import { findTarget } from './target.ts';

/** How fast a configuration trains here, from a short try. */
export interface Speed {
  readonly device: DeviceInfo;
  /** As it ran, with what was fitted. */
  readonly config: Config;
  readonly fitted: Partial<Config>;
  /** Milliseconds per optimiser step, one figure for each group of steps that the device was waited for after. */
  readonly stepMs: readonly number[];
  /** Steps that were timed: those before them warmed up. */
  readonly steps: number;
}

/**
 * Steps are queued behind one another, as in a run, and waited for in groups that take about this long: waiting after each short
 * one would be timed too. A full batch is waited for after each step, because a run does that before it evaluates.
 */
const GROUP_MS = 50;

/** Thrown between two steps, when there are enough. */
class Enough extends Error {}

/**
 * Trains for about `forMs` milliseconds and keeps nothing: no record, no checkpoint, no evaluation. The first step, which compiles and
 * fills, is not timed; at least one that follows it is.
 *
 * @throws InputError where the job cannot run, DeviceError where the device fails, the reason of an aborted signal
 */
export async function measureSpeed(job: Job, forMs: number): Promise<Speed> {
  checkTrainable(job.graph, job.config);
  const target = await findTarget(job.backend);
  const fit = await planJob(job, target);
  checkStore(job, fit.forecast);
  const stepMs: number[] = [];
  let run: Run | null = null;
  let warm = false;
  let steps = 0;
  let group = 0;
  let begun = 0;
  let first = 0;
  const waits = fit.forecast.capacity.train === undefined ? 0 : GROUP_MS;

  /** Waits for the steps since the last time, and notes what each took. */
  const note = async () => {
    const now = await run!.executor.done();
    if (!warm) {
      warm = true;
      first = now;
    } else {
      stepMs.push((now - begun) / group);
      steps += group;
    }
    group = 0;
    // The CPU executor never waits: signals and messages get their turn here.
    await new Promise((resolve) => setTimeout(resolve));
    job.signal?.throwIfAborted();
    if (stepMs.length > 0 && now - first >= forMs) throw new Enough();
    begun = performance.now();
  };
  const before = async (what: 'step' | 'batch') => {
    job.signal?.throwIfAborted();
    if (what === 'batch') return;
    if (group > 0 && (!warm || performance.now() - begun >= waits)) await note();
    group++;
  };

  try {
    run = await openRun(job, target, fit, { before });
    for (let epoch = 1; ; epoch++) await run.train!.epoch(epoch);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    const { config } = fit.forecast;
    return { device: target.device, config, fitted: fit.fitted, stepMs, steps };
  } finally {
    await run?.close();
  }
}
