import { differences, formatValue } from '../../config/describe.ts';
import { PRESETS } from '../../config/presets.ts';
import { CONFIG_KEYS, DEFAULTS } from '../../config/schema.ts';
import {
  BENCH_SUITES,
  type BenchResult,
  type Figure,
  MEASURES,
  type Measure,
  type Unit,
} from '../../run/benchResult.ts';
import type { DeviceInfo } from '../../run/record.ts';
import { closestPreset } from '../../run/sharedRun.ts';
import { labelOf } from '../controls/labels.ts';
import { deviceName, formatBytes, formatCount, formatMs, formatPercent } from '../theme/format.ts';
import type { KeptBenchmark } from './keptBenchmarks.ts';

/** Results of benchmarks in words and numbers. */

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  ms: formatMs,
  bytes: formatBytes,
  fraction: formatPercent,
  loss: (value) => value.toPrecision(4),
};

export function formatIn(unit: Unit, value: number): string {
  return FORMATS[unit](value);
}

/** At an axis: as short as it may be. */
export function formatTick(unit: Unit, value: number): string {
  const short = (amount: number) => String(Number(amount.toPrecision(2)));
  if (unit === 'fraction') return `${short(100 * value)} %`;
  if (unit === 'ms') return value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
  if (unit === 'bytes') {
    if (value >= 1e9) return `${short(value / 1e9)} GB`;
    return value >= 1e6 ? `${short(value / 1e6)} MB` : `${short(value / 1e3)} kB`;
  }
  return short(value);
}

/** `12.3 ms`, and its interval where there is one. */
export function formatFigure(measure: Measure, { median, lo, hi }: Figure): { median: string; interval: string } {
  const { unit } = MEASURES[measure];
  return {
    median: formatIn(unit, median),
    interval: lo === hi ? '' : `${formatIn(unit, lo)} – ${formatIn(unit, hi)}`,
  };
}

/** The measures of which a result has at least one figure. */
export function measuresOf(results: readonly BenchResult[]): readonly Measure[] {
  const all: readonly Measure[] = BENCH_SUITES[results[0].suite].measures;
  return all.filter((measure) => results.some(({ rows }) => rows.some(({ figures }) => figures[measure])));
}

/** What runs on the processor is never drawn or ranked beside a GPU. */
export function onProcessor({ software, backend }: DeviceInfo): boolean {
  return software || backend === 'cpu';
}

export function deviceText(device: DeviceInfo): string {
  return `${deviceName(device)}${device.software && device.backend !== 'cpu' ? ' (software adapter)' : ''}`;
}

/** `GCN on karate, hidden width 24`: what was trained, and what differs from the protocol that it is closest to. */
export function trainedText({ trained }: BenchResult): string {
  if (!trained) return '';
  const { dataset, config } = trained;
  const preset = closestPreset(config, dataset.catalogueId);
  const changed = differences(config, { ...DEFAULTS, ...PRESETS[preset].values });
  const words = CONFIG_KEYS.filter((key) => key !== 'model.kind' && changed[key] !== undefined).map(
    (key) => `${labelOf(key)} ${formatValue(key, changed[key]!)}`,
  );
  const name = dataset.name || `somebody's own graph of ${formatCount(dataset.nodes)} nodes`;
  return [`${config['model.kind'].toUpperCase()} on ${name}`, ...words].join(', ');
}

/** The figure that a row of all results is remembered by. */
export function headline({ suite, rows }: BenchResult): string {
  const [first] = rows;
  if (suite === 'kernels') {
    const shares = rows.flatMap(({ name, figures }) =>
      name.startsWith('spmm') && figures.share ? [figures.share.median] : [],
    );
    return shares.length > 0 ? `aggregation up to ${formatPercent(Math.max(...shares))} of the copy` : '–';
  }
  if (suite === 'ladder') {
    const { training, peak } = first?.figures ?? {};
    return training && peak ? `${first.name}: ${formatMs(training.median)}, ${formatBytes(peak.median)}` : '–';
  }
  const least = rows.findLast(({ figures }) => figures.plan);
  const score = least?.figures.accuracy ?? least?.figures.rocAuc;
  return least && score ? `${formatPercent(score.median)} in ${formatBytes(least.figures.plan!.median)}` : '–';
}

export const whose = ({ mine }: KeptBenchmark) => (mine ? 'mine' : 'theirs');

/** `2 · theirs`: by which a result is called beside others. */
export const shortName = (kept: KeptBenchmark) => `${kept.id} · ${whose(kept)}`;

/** All figures of some results of one suite, for a file. */
export function csvRows(list: readonly KeptBenchmark[]): (string | number)[][] {
  const measures = measuresOf(list.map(({ result }) => result));
  const columns = measures.flatMap((measure) => {
    const { title, unit } = MEASURES[measure];
    const name = unit === 'ms' || unit === 'bytes' ? `${title} (${unit})` : title;
    return [name, `${name} low`, `${name} high`];
  });
  return [
    ['result', 'device', 'software', 'row', ...columns, 'note'],
    ...list.flatMap((kept) =>
      kept.result.rows.map(({ name, note, figures }) => [
        shortName(kept),
        deviceName(kept.result.device),
        onProcessor(kept.result.device) ? 'yes' : 'no',
        name,
        ...measures.flatMap((measure): (string | number)[] => {
          const found = figures[measure];
          return found ? [found.median, found.lo, found.hi] : ['', '', ''];
        }),
        note,
      ]),
    ),
  ];
}
