import { meanInterval } from './meanInterval.ts';
import { CURVE_COLUMNS, type EpochRecord, type RunRecord } from './record.ts';

/** Runs that differ in nothing but their seed, told as one. */

/** What of an epoch a mean curve has. */
export type CurvePoint = Pick<EpochRecord, 'epoch' | (typeof CURVE_COLUMNS)[number]>;

export interface MeanCurve {
  readonly mean: readonly CurvePoint[];
  /** The mean minus and plus half of its interval; null with fewer runs than an interval needs. */
  readonly band: { readonly low: readonly CurvePoint[]; readonly high: readonly CurvePoint[] } | null;
}

/**
 * The same text for runs that may stand for one another but for their seed: same settings as they ran, same graph, device and
 * engine. Null for a run that was changed by hand: its steps depend on when somebody pressed a key. The kernels that autotune chose are
 * not looked at: the first run of a series may have had no time for all of them.
 */
export function seedGroupKey({ config, fitted, dataset, device, engine, events }: RunRecord): string | null {
  if (events.length > 0) return null;
  const { 'training.seed': _, ...settings } = { ...config, ...fitted };
  return JSON.stringify([
    dataset.fingerprint,
    device,
    engine,
    Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** Of runs with the same seed the last one: a repetition is no further sample. */
export function oneOfEachSeed<R extends { readonly record: RunRecord }>(runs: readonly R[]): R[] {
  const bySeed = new Map(runs.map((run) => [run.record.config['training.seed'], run]));
  return [...bySeed.values()].sort((a, b) => seedOf(a) - seedOf(b));
}

/** Of each run whose seed ran before it among these, that earlier run: a repetition of it. */
export function repetitions<R extends { readonly record: RunRecord }>(runs: readonly R[]): Map<R, R> {
  const found = new Map<R, R>();
  runs.forEach((run, i) => {
    const earlier = runs.slice(0, i).findLast((other) => seedOf(other) === seedOf(run));
    if (earlier) found.set(run, earlier);
  });
  return found;
}

const seedOf = ({ record }: { readonly record: RunRecord }) => record.config['training.seed'];

/** Epoch by epoch, for as many as all of the runs have: beyond that the mean would be one of those that went on. */
export function meanCurve(runs: readonly { readonly epochs: readonly CurvePoint[] }[]): MeanCurve {
  const length = Math.min(...runs.map(({ epochs }) => epochs.length));
  const points = Array.from({ length }, (_, i) => pointOf(runs.map(({ epochs }) => epochs[i])));
  const bounded = points.every(({ low }) => low !== null);
  return {
    mean: points.map(({ mean }) => mean),
    band: bounded ? { low: points.map(({ low }) => low!), high: points.map(({ high }) => high!) } : null,
  };
}

function pointOf(epochs: readonly CurvePoint[]) {
  const intervals = CURVE_COLUMNS.map((column) => meanInterval(epochs.map((epoch) => epoch[column])));
  const point = (value: (i: number) => number) =>
    ({
      epoch: epochs[0].epoch,
      ...Object.fromEntries(CURVE_COLUMNS.map((column, i) => [column, value(i)])),
    }) as CurvePoint;
  const half = (i: number) => intervals[i].half ?? 0;
  const bounded = intervals.every((interval) => interval.half !== null);
  return {
    mean: point((i) => intervals[i].mean),
    low: bounded ? point((i) => intervals[i].mean - half(i)) : null,
    high: bounded ? point((i) => intervals[i].mean + half(i)) : null,
  };
}
