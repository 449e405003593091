import { formatValue } from '../../config/describe.ts';
import type { ConfigKey } from '../../config/schema.ts';
import { deviceName } from '../theme/format.ts';
import type { KeptRun } from './keptRuns.ts';
import { median } from './median.ts';
import { scoreOf } from './scores.ts';
import { ranWith } from './seedRuns.ts';

/** Columns before the settings, and how each is read from a run. Fractions, milliseconds, bytes. */
const COLUMNS: readonly [string, (run: KeptRun) => string | number][] = [
  ['run', ({ id }) => id],
  ['kept at', ({ at }) => new Date(at).toISOString()],
  ['opened from', ({ openedFrom }) => openedFrom ?? ''],
  ['dataset', ({ record }) => record.dataset.name],
  ['model', ({ record }) => record.config['model.kind']],
  ['seed', ({ record }) => record.config['training.seed']],
  ['changes by hand', ({ record }) => record.events.length],
  ['resumed after epochs', ({ record }) => (record.resumed ?? []).map(({ epoch }) => epoch).join(' ')],
  ['epochs', ({ record }) => record.epochs.length],
  ['best epoch', ({ record }) => record.result.bestEpoch],
  ['metric', ({ record }) => record.result.metric],
  ['test score', ({ record }) => scoreOf(record.result)],
  ['test accuracy', ({ record }) => record.result.testAcc],
  ['median epoch ms', ({ record }) => median(record.epochs.map(({ ms }) => ms))],
  ['GPU peak bytes', ({ record }) => record.memory.peak.gpu],
  ['device', ({ record }) => deviceName(record.device)],
  ['software device', ({ record }) => String(record.device.software)],
  ['version', ({ record }) => record.engine],
  ['curve', ({ record }) => record.result.curveHash],
];

/** The table of runs, one of each, oldest first, with the settings `keys` as they ran. */
export function runsCsv(kept: readonly KeptRun[], keys: readonly ConfigKey[]): (string | number)[][] {
  return [
    [...COLUMNS.map(([name]) => name), ...keys],
    ...kept.map((run) => [
      ...COLUMNS.map(([, value]) => value(run)),
      ...keys.map((key) => formatValue(key, ranWith(run)[key])),
    ]),
  ];
}
