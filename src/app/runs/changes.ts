import { formatValue } from '../../config/describe.ts';
import type { ConfigKey } from '../../config/schema.ts';
import { diffRuns } from '../../run/diff.ts';
import { labelOf } from '../controls/labels.ts';
import { formatCount } from '../theme/format.ts';
import type { KeptRun } from './keptRuns.ts';

/** What the person changed against the run before on the same graph, in words; the identical run says that it is. */
export function changes(kept: readonly KeptRun[], run: KeptRun, without: readonly ConfigKey[] = []): string {
  const before = kept.filter(({ id, datasetId }) => id < run.id && datasetId === run.datasetId).at(-1);
  const words = run.openedFrom === undefined ? [] : [`opened from ${run.openedFrom}`];
  const { resumed = [] } = run.record;
  if (resumed.length > 0)
    words.push(`resumed after epoch ${resumed.map(({ epoch }) => formatCount(epoch)).join(', ')}`);
  if (!before) return words.join(', ') || 'first run on this graph';
  const diff = diffRuns(before.record, run.record);
  const settings = diff.config.filter(({ key }) => !without.includes(key));
  words.push(...settings.map(({ key, after }) => `${labelOf(key)} ${formatValue(key, after)}`));
  if (!diff.sameEvents) words.push('changes by hand');
  if (!diff.sameDevice) words.push('another device');
  if (!diff.sameEngine) words.push('another version');
  if (diff.sameCurve) words.push('identical, bit for bit');
  return words.join(', ') || 'nothing';
}
