import type { Config } from '../config/schema.ts';
import type { DatasetInfo, DeviceInfo } from './record.ts';

/**
 * The result of a benchmark that the page and the command line both run: what was measured, on what, with what. It is what
 * `npm run bench -- ladder --json` prints, what a link of a result carries, and a row of the page's table. One device each.
 */
export interface BenchResult {
  readonly schema: typeof BENCH_SCHEMA;
  readonly suite: BenchSuite;
  /** Version of Edgewise that ran. */
  readonly engine: string;
  readonly device: DeviceInfo;
  /** When it ended: milliseconds since 1970. */
  readonly at: number;
  /** How often everything was run, in turns; of kernels, how often each was timed. */
  readonly repetitions: number;
  /** What was trained, with what the suite itself sets left as it was asked for; null for a suite that trains nothing. */
  readonly trained: { readonly dataset: BenchDataset; readonly config: Config } | null;
  readonly rows: readonly ResultRow[];
  /** Whether the same measurement took longer at the end than at the beginning: such times are not the device's best. */
  readonly throttled: boolean;
  /** Times of the last third of the repetitions in those of the first, of what drifted most. */
  readonly drift: number;
}

/** Of a graph a result says no more than a run's link does; `name` stays out of links where it is somebody's own. */
export interface BenchDataset extends Omit<DatasetInfo, 'multiLabel'> {
  readonly catalogueId: string | null;
}

export interface ResultRow {
  readonly name: string;
  /** What the row was run with, or why it could not be: then it has no figures. */
  readonly note: string;
  readonly figures: Readonly<Partial<Record<Measure, Figure>>>;
}

/** A median with its interval (95 %, or the extremes of fewer than six values). */
export interface Figure {
  readonly median: number;
  readonly lo: number;
  readonly hi: number;
}

export const BENCH_SCHEMA = 1;

/** What is measured, by its key in rows. The order is that of links: a new one goes to the end. */
export const MEASURES = {
  training: { title: 'training', unit: 'ms' },
  epoch: { title: 'training and evaluation', unit: 'ms' },
  peak: { title: 'peak memory', unit: 'bytes' },
  loss: { title: 'last loss', unit: 'loss' },
  plan: { title: 'memory of the plan', unit: 'bytes' },
  accuracy: { title: 'test accuracy', unit: 'fraction' },
  rocAuc: { title: 'test ROC-AUC', unit: 'fraction' },
  time: { title: 'time', unit: 'ms' },
  share: { title: 'share of the ceiling', unit: 'fraction' },
} as const satisfies Record<string, { readonly title: string; readonly unit: Unit }>;

export type Unit = 'ms' | 'bytes' | 'fraction' | 'loss';
export type Measure = keyof typeof MEASURES;
export const MEASURE_KEYS = Object.keys(MEASURES) as readonly Measure[];

/** The suites, in the order of links, and what each is run with where nobody says otherwise. */
export const BENCH_SUITES = {
  ladder: {
    title: 'Ladder',
    about:
      'What each way of saving buys: full batch as it is, sampled, sampled in half precision, compiled, and compiled with ' +
      'recomputation. Time per epoch, and peak memory by the ledger.',
    trains: true,
    /** Runs, or kernels, in one repetition; a test holds it against the suite. */
    parts: 5,
    repetitions: 3,
    /** Of each run; null is as many as the configuration asks for. */
    epochs: 10,
    measures: ['training', 'epoch', 'peak', 'loss'],
  },
  budgets: {
    title: 'Accuracy against memory',
    about:
      'What accuracy and time less memory costs: trained in full batch, then within a half, a quarter, an eighth and a ' +
      'sixteenth of the memory that it takes, each with another seed in every repetition.',
    trains: true,
    parts: 5,
    repetitions: 3,
    epochs: null,
    measures: ['plan', 'epoch', 'accuracy', 'rocAuc'],
  },
  kernels: {
    title: 'Kernels',
    about:
      'How near the kernels come to what this device can do: aggregation as a share of its own fastest copy, matrix ' +
      'products as a share of its own best one.',
    trains: false,
    parts: 13,
    repetitions: 9,
    epochs: null,
    measures: ['time', 'share'],
  },
} as const satisfies Record<
  string,
  {
    readonly title: string;
    readonly about: string;
    readonly trains: boolean;
    readonly parts: number;
    readonly repetitions: number;
    readonly epochs: number | null;
    readonly measures: readonly Measure[];
  }
>;

export type BenchSuite = keyof typeof BENCH_SUITES;
export const SUITE_NAMES = Object.keys(BENCH_SUITES) as readonly BenchSuite[];

/** The first epochs of every run of the ladder, which are not timed. */
export const WARM_UP = 3;

export const MOST_REPETITIONS = 100;

/** Bytes are whole and the rest has the precision of float32: a result is the same in a file and in a link. */
export function figure(measure: Measure, { median, lo, hi }: Figure): Figure {
  const round = MEASURES[measure].unit === 'bytes' ? Math.round : Math.fround;
  return { median: round(median), lo: round(lo), hi: round(hi) };
}

/** What is wrong with the figure of some measure that came from outside; null where nothing is. */
export function wrongFigure(measure: Measure, { median, lo, hi }: Figure): string | null {
  if (![median, lo, hi].every(Number.isFinite)) return 'a number';
  if (!(lo >= 0 && lo <= median && median <= hi)) return 'from 0, its median inside its interval';
  if (MEASURES[measure].unit === 'bytes' && ![median, lo, hi].every(Number.isSafeInteger)) return 'whole bytes';
  return (measure === 'accuracy' || measure === 'rocAuc') && hi > 1 ? 'a fraction' : null;
}

/** Whether two results are one: the same suite at the same time on the same device, with the same figures. */
export function sameResult(a: BenchResult, b: BenchResult): boolean {
  const key = ({ suite, at, device, rows }: BenchResult) =>
    JSON.stringify([
      suite,
      at,
      device.description,
      rows.map(({ figures }) => MEASURE_KEYS.map((measure) => figures[measure])),
    ]);
  return key(a) === key(b);
}

/** The warning that a result carries, as sentences; null where it carries none. */
export function throttleWarning({ throttled, drift }: BenchResult): string | null {
  if (!throttled) return null;
  return (
    `Times rose by ${Math.round(100 * (drift - 1))} % from the first third of the repetitions to the last: the device ` +
    'slows down when it grows hot, or something else takes its time. Let it rest, then run it again.'
  );
}
