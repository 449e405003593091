import type { ConfigKey } from '../../config/schema.ts';
import { labelOf } from '../controls/labels.ts';
import { TermHelp } from '../glossary/Help.tsx';
import type { KeptRun } from './keptRuns.ts';
import { RunRow } from './RunRow.tsx';
import classes from './RunsTable.module.css';
import { SeedRow } from './SeedRow.tsx';
import { tableRows } from './seedRuns.ts';

export interface RunsTableProps {
  readonly kept: readonly KeptRun[];
  /** Settings that have a column. */
  readonly keys: readonly ConfigKey[];
}

/** Runs that this browser keeps, newest first, each with what changed against the one before; those over seeds as one. */
export function RunsTable({ kept, keys }: RunsTableProps) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">show</th>
            <th scope="col">run</th>
            <th scope="col">model</th>
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
            {keys.map((key) => (
              <th key={key} scope="col" className={classes.number} title={key}>
                {labelOf(key)}
              </th>
            ))}
            <th scope="col">
              <span className={classes.hidden}>save or delete</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tableRows(kept).map((row) =>
            'key' in row ? (
              <SeedRow key={row.key} group={row} keys={keys} />
            ) : (
              <RunRow key={row.id} run={row} keys={keys} />
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}
