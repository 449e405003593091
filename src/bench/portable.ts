import { CONFIG_KEYS, type Config, DEFAULTS, entryOf } from '../config/schema.ts';
import {
  BENCH_SCHEMA,
  type BenchDataset,
  type BenchResult,
  type BenchSuite,
  type ResultRow,
} from '../run/benchResult.ts';
import type { DeviceInfo } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { Job } from '../train/job.ts';
import type { Backend } from '../train/target.ts';
import { budgets } from './budgets.ts';
import { kernelShares } from './kernelShares.ts';
import { ladder } from './ladder.ts';
import type { Drift } from './stats.ts';

/**
 * The suites that the page and the command line both run, by the same code: on one device, on the graph that is open there.
 * Every suite warms up, repeats what it measures in turns, so that a busy machine disturbs all of it alike, and gives medians.
 */
export interface BenchRequest {
  readonly backend: Backend;
  readonly config: Config;
  readonly repetitions: number;
  /** What trains with a configuration: whoever asks knows the graph, its store and who samples. */
  job(config: Config): Omit<Job, 'fit' | 'signal'>;
  /** Ends the suite, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** How much is done of how much, in units of the suite's own, and what it is doing. */
  progress(done: number, total: number, doing: string): void;
}

/** What a suite has found; the rest of a result is known to whoever asked. */
export interface Measurement extends Drift {
  readonly device: DeviceInfo;
  readonly rows: readonly ResultRow[];
}

const SUITES: Readonly<Record<BenchSuite, (request: BenchRequest) => Promise<Measurement>>> = {
  ladder,
  budgets,
  kernels: kernelShares,
};

/** @throws InputError where nothing of the suite can be run; the signal's reason where it was cancelled */
export async function runSuite(
  suite: BenchSuite,
  request: BenchRequest,
  dataset: BenchDataset | null,
): Promise<BenchResult> {
  return resultOf(suite, await SUITES[suite](request), request, dataset);
}

export function resultOf(
  suite: BenchSuite,
  { device, rows, ratio, throttled }: Measurement,
  { config, repetitions }: Pick<BenchRequest, 'config' | 'repetitions'>,
  dataset: BenchDataset | null,
): BenchResult {
  // Where things lie here is nobody else's matter.
  const local = CONFIG_KEYS.filter((key) => entryOf(key).local).map((key) => [key, DEFAULTS[key]]);
  return {
    schema: BENCH_SCHEMA,
    suite,
    engine: ENGINE_VERSION,
    device,
    at: Date.now(),
    repetitions,
    trained: dataset && { dataset, config: { ...config, ...Object.fromEntries(local) } },
    rows,
    throttled,
    drift: Math.fround(ratio),
  };
}
