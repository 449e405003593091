import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { ConfigKey } from '../../config/schema.ts';
import type { RunRecord } from '../../run/record.ts';
import { repetitions } from '../../run/seedGroups.ts';
import { toggleOverlay } from '../state/keptActions.ts';
import { usePage } from '../state/store.ts';
import { formatMs } from '../theme/format.ts';
import { groupChanges } from './changes.ts';
import { ModelsCell } from './ModelCell.tsx';
import { median } from './median.ts';
import { deviceText, peakText, RunRow } from './RunRow.tsx';
import classes from './RunsTable.module.css';
import { groupName, runColor } from './runName.ts';
import { meanScore } from './scores.ts';
import { type SeedRuns, settingOf } from './seedRuns.ts';

export interface SeedRowProps {
  readonly group: SeedRuns;
  /** Settings that have a column. */
  readonly keys: readonly ConfigKey[];
}

/** How many of the runs that count have a curve of their own: seeds that agree to the bit would be worth a look. */
function curvesText(records: readonly RunRecord[]): string {
  const curves = new Set(records.map(({ result }) => result.curveHash)).size;
  return curves === 1 ? 'one curve' : `${curves} curves`;
}

/** Runs over seeds as one: their mean with its interval. It opens to the single runs. */
export function SeedRow({ group, keys }: SeedRowProps) {
  const kept = usePage((state) => state.kept);
  const overlaid = usePage((state) => state.overlaid);
  const [open, setOpen] = useState(false);
  const { key, runs, samples } = group;
  const records = samples.map(({ record }) => record);
  const [{ device }] = records;
  const score = meanScore(records.map(({ result }) => result));
  const shown = overlaid.includes(key);
  const name = groupName(group);
  const again = repetitions(runs);
  return (
    <>
      <tr>
        <td>
          <Checkbox
            size="xs"
            checked={shown}
            color={shown ? runColor(overlaid, key) : undefined}
            aria-label={`Draw the mean of ${name} over the current run`}
            onChange={() => toggleOverlay(key)}
          />
        </td>
        <th scope="row">
          <button type="button" className={classes.opener} aria-expanded={open} onClick={() => setOpen(!open)}>
            <span aria-hidden>{open ? '▾' : '▸'}</span> {name}
          </button>
        </th>
        <ModelsCell runs={runs} />
        <td className={classes.changes}>{groupChanges(kept, runs)}</td>
        <td className={classes.number} title={score.title}>
          {score.text}
        </td>
        <td className={classes.number} title="Median over all epochs of these runs">
          {formatMs(median(records.flatMap(({ epochs }) => epochs.map(({ ms }) => ms))))}
        </td>
        <td className={classes.number} title="The largest of these runs">
          {peakText(device.backend, Math.max(...records.map(({ memory }) => memory.peak.gpu)))}
        </td>
        <td>{deviceText(samples[0])}</td>
        <td>{curvesText(records)}</td>
        {keys.map((setting) => (
          <td key={setting} className={classes.number}>
            {settingOf(samples, setting)}
          </td>
        ))}
        <td />
      </tr>
      {open &&
        runs
          .toReversed()
          .map((run) => (
            <RunRow
              key={run.id}
              run={run}
              keys={keys}
              inGroup={{ repeats: again.get(run) ?? null, counts: samples.includes(run) }}
            />
          ))}
    </>
  );
}
