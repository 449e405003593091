import { Button, NativeSelect, Switch } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { MatRole, MatView, ReadChoices } from '../../worker/protocol.ts';
import { closePreview, keepPreviewed, orderAs, readAs } from '../state/previewActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatBytes } from '../theme/format.ts';
import { accountLines } from './account.ts';
import { withVariable } from './choices.ts';
import { OrderOfRows } from './OrderOfRows.tsx';
import classes from './Preview.module.css';
import { Statistics } from './Statistics.tsx';
import { TablePreview } from './TablePreview.tsx';

/** What was understood of dropped files, to be corrected or used; nothing is kept before. */
export function Preview() {
  const preview = usePage((state) => state.preview);
  const busy = usePage(isBusy);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = preview?.understood ? preview.files : null;
  useEffect(() => {
    if (shown) heading.current?.focus();
  }, [shown]);
  if (!preview?.understood) return null;
  const { files, url, choices, ordering, understood } = preview;
  const { what, tables, mat, graph, error, staysOnDisk } = understood;
  return (
    <section className={classes.preview} aria-labelledby="preview-heading">
      <h2 id="preview-heading" ref={heading} tabIndex={-1}>
        Read as {what}
      </h2>
      {url !== null && (
        <p className={classes.more}>
          {formatBytes(files[0].file.size)}, the file that the link names on {new URL(url).host}. Nothing of it is kept
          before you use it.
        </p>
      )}
      {tables.length > 0 && (
        <div className={classes.tables}>
          {tables.map((table) => (
            <TablePreview key={table.file} table={table} choices={choices} several={tables.length > 1} />
          ))}
        </div>
      )}
      {mat && <Variables mat={mat} choices={choices} />}
      <Switch
        size="xs"
        label="Edges have a direction"
        checked={choices.directed === true}
        onChange={(event) => readAs({ ...choices, directed: event.currentTarget.checked })}
      />
      {(choices.selfLoops === 'keep' || (graph?.dropped.loops ?? 0) > 0) && (
        <Switch
          size="xs"
          label="Keep edges from a node to itself"
          checked={choices.selfLoops === 'keep'}
          onChange={(event) => readAs({ ...choices, selfLoops: event.currentTarget.checked ? 'keep' : 'drop' })}
        />
      )}
      {error && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
      {graph && (
        <div className={classes.account} role="status">
          {accountLines(graph).map((line) => (
            <p key={line}>{line}</p>
          ))}
          {graph.notes.length > 0 && (
            <>
              <h3>Left out or assumed</h3>
              <ul>
                {graph.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            </>
          )}
        </div>
      )}
      {graph && <Statistics statistics={graph.statistics} classNames={graph.classNames} directed={graph.directed} />}
      {staysOnDisk && <OrderOfRows value={ordering} onChange={orderAs} />}
      <div className={classes.actions}>
        <Button size="compact-sm" disabled={busy || !graph} onClick={() => void keepPreviewed()}>
          Use this graph
        </Button>
        <Button size="compact-sm" variant="default" onClick={closePreview}>
          Cancel
        </Button>
      </div>
    </section>
  );
}

const MAT_LABELS: Readonly<Record<MatRole, string>> = {
  network: 'Adjacency matrix',
  attributes: 'Features',
  labels: 'Classes',
};
const NONE = '';

function Variables({ mat, choices }: { mat: MatView; choices: ReadChoices }) {
  return (
    <div className={classes.controls}>
      {(Object.keys(MAT_LABELS) as MatRole[]).map((role) => (
        <NativeSelect
          key={role}
          size="xs"
          label={MAT_LABELS[role]}
          value={mat.roles[role] ?? NONE}
          data={[
            { value: NONE, label: role === 'network' ? 'choose one' : 'none' },
            ...mat.variables.map(({ name, type }) => ({ value: name, label: `${name} (${type})` })),
          ]}
          onChange={(event) => readAs(withVariable(choices, role, event.currentTarget.value || null))}
        />
      ))}
    </div>
  );
}
