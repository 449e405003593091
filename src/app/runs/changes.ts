import { formatValue } from '../../config/describe.ts';
import type { ConfigKey } from '../../config/schema.ts';
import { diffRuns } from '../../run/diff.ts';
import { labelOf } from '../controls/labels.ts';
import { formatCount } from '../theme/format.ts';
import type { KeptRun } from './keptRuns.ts';

/** What the person changed against the run before on the same graph, in words; the identical run says that it is. */
export function changes(kept: readonly KeptRun[], run: KeptRun): string {
  const { resumed = [] } = run.record;
  const epochs = resumed.map(({ epoch }) => formatCount(epoch)).join(', ');
  return against(kept, run, resumed.length > 0 ? [`resumed after epoch ${epochs}`] : []);
}

/** The same of runs over seeds, as the first of them says it, and how many of them were resumed: their rows say after which epochs. */
export function groupChanges(kept: readonly KeptRun[], runs: readonly KeptRun[]): string {
  const resumed = runs.filter(({ record }) => (record.resumed ?? []).length > 0).length;
  return against(kept, runs[0], resumed > 0 ? [`${resumed} of ${runs.length} runs resumed`] : [], ['training.seed']);
}

function against(
  kept: readonly KeptRun[],
  run: KeptRun,
  resumed: readonly string[],
  without: readonly ConfigKey[] = [],
): string {
  const before = kept.filter(({ id, datasetId }) => id < run.id && datasetId === run.datasetId).at(-1);
  const words = [...(run.openedFrom === undefined ? [] : [`opened from ${run.openedFrom}`]), ...resumed];
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
