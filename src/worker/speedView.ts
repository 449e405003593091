import { type Interval, medianInterval } from '../bench/stats.ts';
import type { Config } from '../config/schema.ts';
import type { DeviceInfo } from '../run/record.ts';
import type { Job } from '../train/job.ts';
import { measureSpeed } from '../train/speed.ts';
import { stepsPerEpoch } from './views.ts';

/** How long an epoch takes here, from a try of about two seconds. Training alone: evaluation comes on top. */
export interface SpeedView {
  readonly device: DeviceInfo;
  /** What was changed to stay inside memory.gpuBudget. */
  readonly fitted: Partial<Config>;
  /** Optimiser steps that were timed, and how often the device was waited for: so many figures the interval is made of. */
  readonly steps: number;
  readonly samples: number;
  readonly stepsPerEpoch: number;
  /** Milliseconds per optimiser step: median and an interval of at least 95 % for it; below six samples the extremes. */
  readonly stepMs: Interval;
  /** The same for an epoch. */
  readonly epochMs: Interval;
}

const FOR_MS = 2000;

/** Throws as `measureSpeed`. */
export async function speedView(job: Job): Promise<SpeedView> {
  const { device, config, fitted, stepMs: samples, steps } = await measureSpeed(job, FOR_MS);
  const stepMs = medianInterval(samples);
  const perEpoch = stepsPerEpoch(job.graph, config);
  const epochMs = { median: perEpoch * stepMs.median, lo: perEpoch * stepMs.lo, hi: perEpoch * stepMs.hi };
  return { device, fitted, steps, samples: samples.length, stepsPerEpoch: perEpoch, stepMs, epochMs };
}
