import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DatasetEntry, OrderingName } from '../../worker/protocol.ts';
import { staysOnDisk } from '../../worker/staysOnDisk.ts';
import { usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import classes from './DatasetPanel.module.css';
import { OrderOfRows } from './OrderOfRows.tsx';

interface DownloadProps {
  readonly entry: DatasetEntry;
  readonly onDownload: (ordering: OrderingName) => void;
}

/** Where a public graph comes from and whose it is, and how it is to be kept. */
export function Download({ entry, onDownload }: DownloadProps) {
  const [ordering, setOrdering] = useState<OrderingName>('none');
  const config = usePage((state) => state.config);
  const noStorage = usePage((state) => state.device?.noStorage ?? null);
  // Of what its files hold besides, nothing is known before they are here.
  const stays = noStorage === null && entry.leastBytes !== null && staysOnDisk(entry.leastBytes, config);
  const { title, nodes, edges, features, classes: kinds, bytes, address, licence, citation } = entry;
  const host = address && new URL(address, location.href).host;
  return (
    <>
      <p>
        {formatCount(nodes)} nodes, {formatCount(edges)} edges, {formatCount(features)} features, {formatCount(kinds)}{' '}
        classes{bytes === null && ', as its authors count them'}.
      </p>
      <p>
        Downloads {bytes === null ? 'a file whose size is not known here' : formatBytes(bytes)} from <b>{host}</b> once,
        checks its content and keeps it in this browser:
      </p>
      <p className={classes.address}>
        <a href={address ?? undefined} target="_blank" rel="noreferrer">
          {address}
        </a>
      </p>
      <p>{licence}</p>
      <p>{citation}</p>
      {stays && <OrderOfRows value={ordering} onChange={setOrdering} />}
      <Button mt={stays ? 10 : undefined} size="compact-sm" onClick={() => onDownload(stays ? ordering : 'none')}>
        Download {title}
      </Button>
    </>
  );
}
