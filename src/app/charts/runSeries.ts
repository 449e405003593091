import type { EpochRecord } from '../../run/record.ts';
import type { CurvePoint, MeanCurve } from '../../run/seedGroups.ts';
import type { Series } from './series.ts';

/** From epochs to curves. The first run is the current one; the others lie under it, fainter. */
export interface NamedRun {
  readonly name: string;
  readonly color: string;
  readonly epochs: readonly CurvePoint[];
  /** Of a mean over seeds: its interval, epoch by epoch. */
  readonly band?: MeanCurve['band'];
}

/** Colours of what one run shows at once. */
const TRAINING = '#8a8f98';
const VALIDATION = '#4477aa';
const TEST = '#ee7733';

export function accuracySeries([current, ...others]: readonly NamedRun[]): Series[] {
  if (!current) return [];
  return [
    ...both(others, 'valAcc', 'testAcc', 'test'),
    column(current, 'trainAcc', 'training', TRAINING),
    column(current, 'valAcc', 'validation', VALIDATION),
    column(current, 'testAcc', 'test', TEST),
  ].sort(frontFirst);
}

export function lossSeries([current, ...others]: readonly NamedRun[]): Series[] {
  if (!current) return [];
  return [
    column(current, 'trainLoss', 'training', TRAINING),
    column(current, 'valLoss', 'validation', VALIDATION),
    ...both(others, 'trainLoss', 'valLoss', 'validation').filter(({ name }) => name.endsWith('validation')),
  ];
}

/** Milliseconds of each epoch by what they were spent on; compute is what is left of the training time. */
export function timeSeries(epochs: readonly EpochRecord[]): Series[] {
  const x = epochs.map(({ epoch }) => epoch);
  const compute = ({ ms, sampleMs, readMs, uploadMs }: EpochRecord) => Math.max(0, ms - sampleMs - readMs - uploadMs);
  const parts: [string, string, (epoch: EpochRecord) => number][] = [
    ['sample', '#228833', ({ sampleMs }) => sampleMs],
    ['read', '#ccbb44', ({ readMs }) => readMs],
    ['upload', '#66ccee', ({ uploadMs }) => uploadMs],
    ['compute', '#4477aa', compute],
    ['evaluate', '#aa3377', ({ evalMs }) => evalMs],
  ];
  return parts.map(([name, color, value]) => ({ name, color, x, y: epochs.map(value) }));
}

type Column = 'trainLoss' | 'valLoss' | 'trainAcc' | 'valAcc' | 'testAcc';

function column({ epochs }: NamedRun, key: Column, name: string, color: string): Series {
  return { name, color, x: epochs.map(({ epoch }) => epoch), y: epochs.map((epoch) => epoch[key]) };
}

/** Two columns of each overlaid run: the first dashed, the second named `second`. */
function both(runs: readonly NamedRun[], dashed: Column, plain: Column, second: string): Series[] {
  return runs.flatMap((run) => [
    {
      ...column(run, dashed, `${run.name}, ${second === 'test' ? 'validation' : 'training'}`, run.color),
      dash: true,
      faint: true,
    },
    { ...column(run, plain, `${run.name}, ${second}`, run.color), faint: true, ...bandOf(run, plain) },
  ]);
}

function bandOf({ band }: NamedRun, key: Column): Pick<Series, 'band'> {
  if (!band) return {};
  return { band: { low: band.low.map((point) => point[key]), high: band.high.map((point) => point[key]) } };
}

/** The current run is told first and drawn last. */
function frontFirst(a: Series, b: Series): number {
  return Number(a.faint ?? false) - Number(b.faint ?? false);
}
