import { Button } from '@mantine/core';
import type { DatasetEntry } from '../../worker/protocol.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import classes from './DownloadOffer.module.css';

/** A public dataset before anything is asked of its host: what it is, how large, whose, and under which licence. */
export function DownloadOffer({ entry, onDownload }: { entry: DatasetEntry; onDownload: () => void }) {
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
      <p>{licence}</p>
      <p>{citation}</p>
      <Button size="compact-sm" onClick={onDownload}>
        Download {title}
      </Button>
    </div>
  );
}

function sizeOf({ bytes, files }: DatasetEntry): string {
  if (bytes !== null) return files === 1 ? formatBytes(bytes) : `${formatBytes(bytes)} in ${files} files`;
  return files === 1 ? 'a file whose size is not known here' : `${files} files, one of a size that is not known here,`;
}
