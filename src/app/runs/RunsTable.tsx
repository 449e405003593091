import { ActionIcon, Checkbox } from '@mantine/core';
import { formatValue } from '../../config/describe.ts';
import { diffRuns } from '../../run/diff.ts';
import { labelOf } from '../controls/labels.ts';
import { TermHelp } from '../glossary/Help.tsx';
import { forget, toggleOverlay } from '../state/keptActions.ts';
import { usePage } from '../state/store.ts';
import { deviceName, formatBytes, formatMs, formatPercent } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import type { KeptRun } from './keptRuns.ts';
import { median } from './median.ts';
import classes from './RunsTable.module.css';
import { runColor, runName } from './runName.ts';

/** Runs that this browser keeps, newest first, each with what changed against the one before. */
export function RunsTable() {
  const kept = usePage((state) => state.kept);
  const overlaid = usePage((state) => state.overlaid);
  if (kept.length === 0) {
    return (
      <p className={classes.empty}>
        No runs yet. Each run is kept in this browser with its settings, its curves and its device.
      </p>
    );
  }
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">show</th>
            <th scope="col">run</th>
            <th scope="col">changed against the run before</th>
            <th scope="col" className={classes.number}>
              test score
            </th>
            <th scope="col" className={classes.number}>
              epoch
            </th>
            <th scope="col" className={classes.number}>
              GPU peak
            </th>
            <th scope="col">device</th>
            <th scope="col">
              curve <TermHelp term="curveHash" about="the hash of a curve" />
            </th>
            <th scope="col">
              <span className={classes.hidden}>delete</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {kept.toReversed().map((run) => (
            <Row key={run.id} run={run} before={previous(kept, run)} overlaid={overlaid} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The run before on the same graph. */
function previous(kept: readonly KeptRun[], run: KeptRun): KeptRun | null {
  const earlier = kept.filter(({ id, datasetId }) => id < run.id && datasetId === run.datasetId);
  return earlier.at(-1) ?? null;
}

function Row({ run, before, overlaid }: { run: KeptRun; before: KeptRun | null; overlaid: readonly number[] }) {
  const { record } = run;
  const shown = overlaid.includes(run.id);
  const time = median(record.epochs.map(({ ms }) => ms));
  return (
    <tr>
      <td>
        <Checkbox
          size="xs"
          checked={shown}
          color={shown ? runColor(overlaid, run.id) : undefined}
          aria-label={`Draw run ${run.id} over the current one`}
          onChange={() => toggleOverlay(run.id)}
        />
      </td>
      <th scope="row">{runName(run)}</th>
      <td className={classes.changes}>{changes(before, run)}</td>
      <td className={classes.number}>{score(record.result)}</td>
      <td className={classes.number}>{formatMs(time)}</td>
      <td className={classes.number}>{record.device.backend === 'cpu' ? '–' : formatBytes(record.memory.peak.gpu)}</td>
      <td>
        {deviceName(record.device)}
        {record.device.software && record.device.backend !== 'cpu' && ' (software)'}
      </td>
      <td>
        <code>{record.result.curveHash.slice(0, 8)}</code>
      </td>
      <td>
        <ActionIcon
          variant="subtle"
          size="sm"
          color="gray"
          aria-label={`Delete run ${run.id}`}
          onClick={() => void forget(run.id)}
        >
          <Icon name="bin" />
        </ActionIcon>
      </td>
    </tr>
  );
}

/** The test score of the best epoch, by the figure that the run was judged by. */
function score(result: KeptRun['record']['result']): string {
  const name = SCORES[result.metric];
  return name ? `${formatPercent(result[name[0]] ?? Number.NaN)} ${name[1]}` : formatPercent(result.testAcc);
}

/** Figures other than accuracy: where they are in a result, and what they are called. */
const SCORES: Readonly<
  Record<string, readonly ['testRocAuc' | 'testMacroF1' | 'testMicroF1' | 'testWeightedF1', string]>
> = {
  rocAuc: ['testRocAuc', 'ROC-AUC'],
  macroF1: ['testMacroF1', 'macro F1'],
  microF1: ['testMicroF1', 'micro F1'],
  weightedF1: ['testWeightedF1', 'weighted F1'],
};

/** What the person changed, in words; the identical run says that it is. */
function changes(before: KeptRun | null, run: KeptRun): string {
  if (!before) return 'first run on this graph';
  const diff = diffRuns(before.record, run.record);
  const words = diff.config.map(({ key, after }) => `${labelOf(key)} ${formatValue(key, after)}`);
  if (!diff.sameEvents) words.push('changes by hand');
  if (!diff.sameDevice) words.push('another device');
  if (!diff.sameEngine) words.push('another version');
  if (diff.sameCurve) words.push('identical, bit for bit');
  return words.join(', ') || 'nothing';
}
