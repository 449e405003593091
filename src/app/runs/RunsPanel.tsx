import { Button, Checkbox, FileButton, NativeSelect } from '@mantine/core';
import { useRef, useState } from 'react';
import { CONFIG_KEYS } from '../../config/schema.ts';
import { varyingKeys } from '../../run/diff.ts';
import { csvText } from '../inspect/csv.ts';
import { saveFile } from '../inspect/saveFile.ts';
import { openRunFile } from '../state/openedActions.ts';
import { endSeries, trainSeeds } from '../state/seriesActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { KeptModels } from './KeptModels.tsx';
import { NoRuns } from './NoRuns.tsx';
import classes from './RunsPanel.module.css';
import { RunsTable } from './RunsTable.tsx';
import { runsCsv } from './runsCsv.ts';

/** The runs of this browser: over seeds, out and in, and side by side. */
export function RunsPanel() {
  const kept = usePage((state) => state.kept);
  const busy = usePage(isBusy);
  const [differences, setDifferences] = useState(true);
  const reset = useRef<() => void>(null);
  const choose = (file: File | null) => {
    // The same file again is a choice too.
    reset.current?.();
    if (file) void openRunFile(file);
  };
  const keys = differences ? varyingKeys(kept.map(({ record }) => record)) : CONFIG_KEYS;
  return (
    <section className={classes.panel} aria-label="Runs">
      <div className={classes.bar}>
        <Seeds />
        <FileButton resetRef={reset} accept=".json,application/json" onChange={choose}>
          {(props) => (
            <Button {...props} size="compact-xs" variant="default" disabled={busy}>
              Open run file
            </Button>
          )}
        </FileButton>
        {kept.length > 0 && (
          <>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => saveFile('edgewise-runs.csv', csvText(runsCsv(kept, keys)), 'text/csv')}
            >
              Download as CSV
            </Button>
            <Checkbox
              className={classes.differences}
              size="xs"
              label="differences only"
              title="Settings in which no two runs differ have no column"
              checked={differences}
              onChange={(event) => setDifferences(event.currentTarget.checked)}
            />
          </>
        )}
      </div>
      {kept.length > 0 ? <RunsTable kept={kept} keys={keys} /> : <NoRuns />}
      <KeptModels />
    </section>
  );
}

const COUNTS = ['3', '5', '10', '20'];

/** One configuration with several seeds, one after another. */
function Seeds() {
  const series = usePage((state) => state.series);
  const ready = usePage((state) => state.graph !== null && state.refusal === null && !isBusy(state));
  const [count, setCount] = useState('5');
  if (series) {
    return (
      <div className={classes.seeds}>
        <span role="status">
          Seed {series.at} of {series.of}
        </span>
        <Button size="compact-xs" variant="default" onClick={endSeries}>
          End with this seed
        </Button>
      </div>
    );
  }
  return (
    <div className={classes.seeds}>
      <Button size="compact-xs" variant="default" disabled={!ready} onClick={() => void trainSeeds(Number(count))}>
        Train with {count} seeds
      </Button>
      <NativeSelect
        size="xs"
        aria-label="Number of seeds"
        data={COUNTS}
        value={count}
        onChange={(event) => setCount(event.currentTarget.value)}
      />
    </div>
  );
}
