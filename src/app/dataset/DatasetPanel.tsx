import { ActionIcon, Button, FileButton, Progress } from '@mantine/core';
import { lazy, Suspense, useEffect, useRef } from 'react';
import type { DatasetEntry, OrderingName } from '../../worker/protocol.ts';
import { bringDataset, cancelLoad, chooseDataset, removeDataset } from '../state/datasetActions.ts';
import { dropFiles } from '../state/previewActions.ts';
import { isBusy, type PageGraph, tellError, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { Popover } from '../theme/Popover.tsx';
import classes from './DatasetPanel.module.css';
import { DownloadOffer } from './DownloadOffer.tsx';
import { chosenFiles } from './droppedFiles.ts';
import { Generate } from './Generate.tsx';
import { ORDER_NAMES } from './OrderOfRows.tsx';

const GraphStatistics = lazy(async () => ({ default: (await import('./GraphStatistics.tsx')).GraphStatistics }));

/** What there is to train on, and how to bring a graph of one's own. */
export function DatasetPanel() {
  const datasets = usePage((state) => state.datasets);
  const graph = usePage((state) => state.graph);
  const progress = usePage((state) => state.progress);
  const noStorage = usePage((state) => state.device?.noStorage ?? null);
  const storageNote = usePage((state) => state.device?.storageNote ?? null);
  const loading = usePage((state) => state.loading);
  const busy = usePage(isBusy);
  const list = useRef<HTMLUListElement>(null);
  const [current, listed] = [graph?.id, datasets.length];
  // A graph that was dropped is the last of a list that shows a dozen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is current moves when these do.
  useEffect(() => reveal(list.current!), [current, listed]);
  return (
    <section className={classes.panel} aria-label="Dataset">
      <h2>Dataset</h2>
      {/* Its rows are disabled during a run: then the list itself can be scrolled by keys. */}
      <ul ref={list} className={classes.list} aria-label="Datasets" tabIndex={busy ? 0 : undefined}>
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
        <FileButton multiple inputProps={FOLDER} onChange={(files) => files.length > 0 && choose(files)}>
          {(props) => (
            <Button {...props} size="compact-xs" variant="default" disabled={busy}>
              Open a folder
            </Button>
          )}
        </FileButton>
        <span>or drop a graph, a folder or a zip anywhere.</span>
      </div>
      {storageNote && <p className={classes.note}>{storageNote}</p>}
      {noStorage && <p className={classes.note}>Dropped graphs are gone with the tab. {noStorage}</p>}
      {graph && (
        <Popover
          label={`Statistics of ${graph.info.name}`}
          width={340}
          button={(opens) => (
            <Button {...opens} size="compact-xs" variant="subtle" className={classes.counts}>
              Degrees, classes, homophily
            </Button>
          )}
        >
          <Suspense fallback={<p>Counting…</p>}>
            <GraphStatistics key={graph.info.fingerprint} graph={graph} />
          </Suspense>
        </Popover>
      )}
      {graph && <Notes graph={graph} />}
    </section>
  );
}

/** Scrolls the list to its current row, and not the page. */
function reveal(list: HTMLElement): void {
  const row = list.querySelector('[aria-current]')?.getBoundingClientRect();
  if (!row) return;
  const { top, bottom } = list.getBoundingClientRect();
  if (row.top < top) list.scrollTop -= top - row.top;
  else if (row.bottom > bottom) list.scrollTop += row.bottom - bottom;
}

/** An input that takes a folder: in every browser, and in no standard (https://wicg.github.io/entries-api). */
const FOLDER = { webkitdirectory: '' } as object;

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
  const order = entry.ordering && ORDER_NAMES[entry.ordering];
  const bring = (ordering: OrderingName) => {
    popover.current?.hidePopover();
    void bringDataset(entry.id, ordering);
  };
  const button = (opens: { popoverTarget: string } | null) => (
    <button
      type="button"
      className={classes.row}
      aria-current={current || undefined}
      disabled={busy}
      {...(opens ?? { onClick: () => void chooseDataset(entry.id) })}
    >
      <span className={classes.title}>{entry.title}</span>
      <span className={classes.size}>
        {absent ? (
          <>
            {entry.bytes !== null && formatBytes(entry.bytes)} <Icon name={entry.kind === 'public' ? 'down' : 'plus'} />
          </>
        ) : (
          `${formatCount(entry.nodes)} nodes`
        )}
      </span>
      {order && <span className={classes.order}>rows on disk {order}</span>}
    </button>
  );
  return (
    <li className={classes.item}>
      {absent ? (
        <Popover ref={popover} label={entry.title} width={entry.kind === 'public' ? 460 : 340} button={button}>
          {entry.kind === 'public' ? (
            <DownloadOffer entry={entry} onDownload={bring} />
          ) : (
            <div className={classes.ask}>
              <p>{entry.about}</p>
              <Generate entry={entry} onGenerate={bring} />
            </div>
          )}
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

/** What the reader dropped or assumed. */
function Notes({ graph }: { graph: PageGraph }) {
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
