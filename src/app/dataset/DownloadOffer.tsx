import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { DatasetEntry, FileSize, OrderingName } from '../../worker/protocol.ts';
import { staysOnDisk } from '../../worker/staysOnDisk.ts';
import { downloadSizes } from '../state/datasetActions.ts';
import { tellError, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import classes from './DownloadOffer.module.css';
import { OrderOfRows } from './OrderOfRows.tsx';
import { sizeSentence, troubleSentence } from './sizeSentence.ts';

interface DownloadOfferProps {
  readonly entry: DatasetEntry;
  readonly onDownload: (ordering: OrderingName) => void;
}

/**
 * A public dataset before it is downloaded: what it is, how large, whose, under which licence, and how it is to be kept. Where nobody
 * here has counted its bytes, its host is asked for them, for somebody looks at it now.
 */
export function DownloadOffer({ entry, onDownload }: DownloadOfferProps) {
  const [ordering, setOrdering] = useState<OrderingName>('none');
  const config = usePage((state) => state.config);
  const noStorage = usePage((state) => state.device?.noStorage ?? null);
  // Of what its files hold besides, nothing is known before they are here.
  const stays = noStorage === null && entry.leastBytes !== null && staysOnDisk(entry.leastBytes, config);
  const { title, about, nodes, edges, features, classes: kinds, bytes, address, licence, citation } = entry;
  const host = address && new URL(address, location.href).host;
  return (
    <div className={classes.offer}>
      {/* Whose it is comes before what to do: a long text begins at its beginning. */}
      <p tabIndex={-1} data-autofocus>
        {about}
      </p>
      <p>
        {formatCount(nodes)} nodes, {formatCount(edges)} edges, {formatCount(features)} features, {formatCount(kinds)}{' '}
        classes{bytes === null && ', as its authors count them'}.
      </p>
      <p>
        Downloads {sizeOf(entry)} from <b>{host}</b> once, checks {entry.files === 1 ? 'its' : 'their'} content and
        keeps it in this browser{entry.files === 1 ? '' : '; the first of them'}:
      </p>
      <p className={classes.address}>
        <a href={address ?? undefined} target="_blank" rel="noreferrer">
          {address}
        </a>
      </p>
      {entry.sizeHost !== null && <ToldSize id={entry.id} host={entry.sizeHost} />}
      <p>{licence}</p>
      <p>{citation}</p>
      {stays && <OrderOfRows value={ordering} onChange={setOrdering} />}
      <Button mt={stays ? 10 : undefined} size="compact-sm" onClick={() => onDownload(stays ? ordering : 'none')}>
        Download {title}
      </Button>
    </div>
  );
}

function sizeOf({ bytes, files }: DatasetEntry): string {
  if (bytes === null) return files === 1 ? 'one file' : `${files} files`;
  return files === 1 ? formatBytes(bytes) : `${formatBytes(bytes)} in ${files} files`;
}

function ToldSize({ id, host }: { id: string; host: string }) {
  const [sizes, setSizes] = useState<readonly FileSize[] | null>(null);
  useEffect(() => {
    let open = true;
    downloadSizes(id).then((told) => open && setSizes(told), tellError);
    return () => {
      open = false;
    };
  }, [id]);
  const trouble = sizes && troubleSentence(sizes);
  return (
    <div role="status">
      <p className={sizes ? undefined : classes.asking}>Size: {sizes ? sizeSentence(sizes) : `asking ${host}…`}</p>
      {trouble && <p>{trouble}</p>}
    </div>
  );
}
