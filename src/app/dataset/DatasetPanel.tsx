import { ActionIcon, Button, FileButton, Progress } from '@mantine/core';
import { useRef } from 'react';
import type { DatasetEntry, GraphView } from '../../worker/protocol.ts';
import { cancelLoad, chooseDataset, removeDataset } from '../state/datasetActions.ts';
import { dropFiles } from '../state/previewActions.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { Popover } from '../theme/Popover.tsx';
import classes from './DatasetPanel.module.css';
import { chosenFiles } from './droppedFiles.ts';

/** What there is to train on, and how to bring a graph of one's own. */
export function DatasetPanel() {
  const datasets = usePage((state) => state.datasets);
  const graph = usePage((state) => state.graph);
  const progress = usePage((state) => state.progress);
  const noStorage = usePage((state) => state.device?.noStorage ?? null);
  const storageNote = usePage((state) => state.device?.storageNote ?? null);
  const loading = usePage((state) => state.loading);
  const busy = usePage(isBusy);
  return (
    <section className={classes.panel} aria-label="Dataset">
      <h2>Dataset</h2>
      <ul className={classes.list}>
        {datasets.map((entry) => (
          <Row key={entry.id} entry={entry} current={entry.id === graph?.id} busy={busy} />
        ))}
      </ul>
      {progress && (
        <div className={classes.progress} role="status">
          {progress.task}
          {progress.total !== null &&
            progress.unit === 'bytes' &&
            `: ${formatBytes(progress.done)} of ${formatBytes(progress.total)}`}
          <Progress
            size="xs"
            animated={progress.total === null}
            aria-label={progress.task}
            value={progress.total === null ? 100 : (100 * progress.done) / Math.max(1, progress.total)}
          />
          {loading && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={cancelLoad}>
              Cancel
            </Button>
          )}
        </div>
      )}
      <div className={classes.own}>
        <FileButton multiple onChange={(files) => files.length > 0 && choose(files)}>
          {(props) => (
            <Button {...props} size="compact-xs" variant="default" disabled={busy}>
              Open files
            </Button>
          )}
        </FileButton>
        <span>or drop a graph anywhere.</span>
      </div>
      {storageNote && <p className={classes.note}>{storageNote}</p>}
      {noStorage && <p className={classes.note}>Dropped graphs are gone with the tab. {noStorage}</p>}
      {graph && <Notes graph={graph} />}
    </section>
  );
}

function choose(files: File[]): void {
  try {
    void dropFiles(chosenFiles(files));
  } catch (error) {
    tellError(error);
  }
}

function Row({ entry, current, busy }: { entry: DatasetEntry; current: boolean; busy: boolean }) {
  const popover = useRef<HTMLDivElement>(null);
  const absent = (entry.kind === 'public' || entry.kind === 'generated') && !entry.stored;
  const choose = () => {
    popover.current?.hidePopover();
    void chooseDataset(entry.id);
  };
  const button = (opens: { popoverTarget: string } | null) => (
    <button
      type="button"
      className={classes.row}
      aria-current={current || undefined}
      disabled={busy}
      {...(opens ?? { onClick: choose })}
    >
      <span className={classes.title}>{entry.title}</span>
      <span className={classes.size}>
        {absent ? (
          <>
            {formatBytes(entry.bytes ?? 0)} <Icon name={entry.kind === 'public' ? 'down' : 'plus'} />
          </>
        ) : (
          `${formatCount(entry.nodes)} nodes`
        )}
      </span>
    </button>
  );
  return (
    <li className={classes.item}>
      {absent ? (
        <Popover ref={popover} label={entry.title} width={300} button={button}>
          <div className={classes.ask}>
            <p>{entry.about}</p>
            {entry.kind === 'public' ? <Download entry={entry} /> : <Generate entry={entry} />}
            <Button size="compact-sm" onClick={choose} data-autofocus>
              {entry.kind === 'public' ? 'Download' : 'Generate'} {entry.title}
            </Button>
          </div>
        </Popover>
      ) : (
        button(null)
      )}
      {entry.stored && (
        <ActionIcon
          variant="subtle"
          size="sm"
          color="gray"
          aria-label={`Delete ${entry.title} from this browser`}
          title={`Delete from this browser${entry.bytes === null ? '' : ` (${formatBytes(entry.bytes)})`}`}
          disabled={busy || current}
          onClick={() => void removeDataset(entry.id)}
        >
          <Icon name="bin" />
        </ActionIcon>
      )}
    </li>
  );
}

function Download({ entry }: { entry: DatasetEntry }) {
  return (
    <>
      <p>
        {formatCount(entry.nodes)} nodes, {formatCount(entry.edges)} edges. Downloads {formatBytes(entry.bytes ?? 0)}{' '}
        from <b>{entry.host}</b> once, and keeps it in this browser.
      </p>
      <p>{entry.licence}</p>
    </>
  );
}

function Generate({ entry }: { entry: DatasetEntry }) {
  const { nodes, edges, features, classes, bytes, makingBytes } = entry;
  const more =
    makingBytes !== null && makingBytes > (bytes ?? 0) ? `, ${formatBytes(makingBytes)} while it is made` : '';
  return (
    <p>
      {formatCount(nodes)} nodes, {formatCount(edges)} edges, {formatCount(features)} features, {formatCount(classes)}{' '}
      classes. Made here once and kept in this browser: up to {formatBytes(bytes ?? 0)} on disk{more}.
    </p>
  );
}

/** What the reader dropped or assumed. */
function Notes({ graph }: { graph: GraphView }) {
  if (graph.notes.length === 0) return null;
  return (
    <details className={classes.notes}>
      <summary>
        {graph.notes.length === 1 ? 'One note' : `${graph.notes.length} notes`} on how the graph was read
      </summary>
      <ul>
        {graph.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}
