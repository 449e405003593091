import { ActionIcon, Checkbox } from '@mantine/core';
import type { ConfigKey } from '../../config/schema.ts';
import { forget, toggleOverlay } from '../state/keptActions.ts';
import { saveRun } from '../state/openedActions.ts';
import { usePage } from '../state/store.ts';
import { deviceName, formatBytes, formatMs } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { changes } from './changes.ts';
import type { KeptRun } from './keptRuns.ts';
import { ModelCell } from './ModelCell.tsx';
import { median } from './median.ts';
import classes from './RunsTable.module.css';
import { runColor, runName } from './runName.ts';
import { scoreText } from './scores.ts';
import { settingOf } from './seedRuns.ts';

export interface RunRowProps {
  readonly run: KeptRun;
  /** Settings that have a column. */
  readonly keys: readonly ConfigKey[];
  /** One of an open group over seeds. */
  readonly inGroup?: InGroup;
}

interface InGroup {
  /** The run with the same seed before it, of which it is a re-run. */
  readonly repeats: KeptRun | null;
  /** Whether it is in the mean: of each seed the newest is. */
  readonly counts: boolean;
}

export function RunRow({ run, keys, inGroup }: RunRowProps) {
  const kept = usePage((state) => state.kept);
  const overlaid = usePage((state) => state.overlaid);
  const { id, record } = run;
  const shown = overlaid.includes(id);
  return (
    <tr data-in-group={inGroup !== undefined || undefined}>
      <td>
        <Checkbox
          size="xs"
          checked={shown}
          color={shown ? runColor(overlaid, id) : undefined}
          aria-label={`Draw run ${id} over the current one`}
          onChange={() => toggleOverlay(id)}
        />
      </td>
      <th scope="row">
        {runName(run)}
        {inGroup && <span className={classes.aside}>{standing(inGroup)}</span>}
      </th>
      <ModelCell run={run} />
      <td className={classes.changes}>{changes(kept, run)}</td>
      <td className={classes.number}>{scoreText(record.result)}</td>
      <td className={classes.number}>{formatMs(median(record.epochs.map(({ ms }) => ms)))}</td>
      <td className={classes.number}>{peakText(record.device.backend, record.memory.peak.gpu)}</td>
      <td>{deviceText(run)}</td>
      <td>
        <code>{record.result.curveHash.slice(0, 8)}</code>
      </td>
      {keys.map((key) => (
        <td key={key} className={classes.number}>
          {settingOf([run], key)}
        </td>
      ))}
      <td className={classes.actions}>
        <ActionIcon
          variant="subtle"
          size="sm"
          color="gray"
          aria-label={`Save run ${id} as a file`}
          title="Save as a file, for this page and for edgewise on the command line"
          onClick={() => saveRun(run)}
        >
          <Icon name="down" />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          size="sm"
          color="gray"
          aria-label={`Delete run ${id}`}
          title="Delete"
          onClick={() => void forget(id)}
        >
          <Icon name="bin" />
        </ActionIcon>
      </td>
    </tr>
  );
}

/** ` · re-run of 3`, ` · not in the mean`; nothing for a seed that ran once. */
function standing({ repeats, counts }: InGroup): string {
  const words = [repeats && `re-run of ${repeats.id}`, counts ? null : 'not in the mean'];
  return words.map((word) => (word ? ` · ${word}` : '')).join('');
}

/** The CPU executor holds nothing on a GPU. */
export function peakText(backend: string, bytes: number): string {
  return backend === 'cpu' ? '–' : formatBytes(bytes);
}

export function deviceText({ record: { device } }: KeptRun): string {
  return `${deviceName(device)}${device.software && device.backend !== 'cpu' ? ' (software)' : ''}`;
}
