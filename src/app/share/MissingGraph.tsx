import { Button } from '@mantine/core';
import { useRef } from 'react';
import type { LinkDataset } from '../../run/link.ts';
import type { SharedRun } from '../../run/sharedRun.ts';
import type { OrderingName } from '../../worker/protocol.ts';
import { DownloadOffer } from '../dataset/DownloadOffer.tsx';
import { bringDataset, chooseDataset } from '../state/datasetActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import { Popover } from '../theme/Popover.tsx';
import classes from './Share.module.css';

/** The graph that is not there: a button that brings it, or what the visitor must bring. */
export function MissingGraph({
  dataset: { catalogueId },
  shared,
}: {
  dataset: Pick<LinkDataset, 'catalogueId'>;
  shared: SharedRun | null;
}) {
  const entry = usePage((state) => state.datasets.find(({ id }) => id === catalogueId));
  const busy = usePage(isBusy);
  const popover = useRef<HTMLDivElement>(null);
  const needs = `This ${shared ? 'run' : 'link'} needs`;
  if (catalogueId === null) {
    const about =
      shared && ` with ${formatCount(shared.dataset.nodes)} nodes and ${formatCount(shared.dataset.edges)} edges`;
    return (
      <p>
        {needs} its owner's graph{about}: drop its files here.
      </p>
    );
  }
  if (!entry || (entry.kind === 'generated' && !entry.stored)) {
    return (
      <p>
        {needs} the dataset {entry?.title ?? catalogueId}: choose it under Dataset.
      </p>
    );
  }
  const bring = (ordering: OrderingName) => {
    popover.current?.hidePopover();
    void bringDataset(entry.id, ordering);
  };
  const there = entry.stored || entry.kind === 'embedded';
  return (
    <div className={classes.actions}>
      <p>
        {needs} the dataset {entry.title}.
      </p>
      {there ? (
        <Button size="compact-sm" disabled={busy} onClick={() => void chooseDataset(entry.id)}>
          Open {entry.title}
        </Button>
      ) : (
        <Popover
          ref={popover}
          label={entry.title}
          width={460}
          button={(opens) => (
            <Button {...opens} size="compact-sm" disabled={busy}>
              Download it
              {entry.bytes !== null && `, ${formatBytes(entry.bytes)}`} …
            </Button>
          )}
        >
          <DownloadOffer entry={entry} onDownload={bring} />
        </Popover>
      )}
    </div>
  );
}
