import { Button } from '@mantine/core';
import { useState } from 'react';
import { fileNameOf } from '../../run/dataUrl.ts';
import { cancelLoad } from '../state/datasetActions.ts';
import { fetchWanted } from '../state/previewActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatBytes } from '../theme/format.ts';
import classes from './PublicFileOffer.module.css';

/** The public file that a link names: nothing is asked of its host before somebody says so. */
export function PublicFileOffer({ url }: { url: string }) {
  const busy = usePage(isBusy);
  const progress = usePage((state) => state.progress);
  const previewed = usePage((state) => state.preview?.url === url);
  const [asked, setAsked] = useState(false);
  const [fetching, setFetching] = useState(false);
  const { host } = new URL(url);
  const fetchIt = async () => {
    setAsked(true);
    setFetching(true);
    await fetchWanted();
    setFetching(false);
  };
  if (previewed) return null;
  return (
    <div className={classes.offer}>
      <p>
        The link names a graph on another host: <b>{fileNameOf(url)}</b> from <b>{host}</b>.
        {!asked && ' Nothing has been asked of it so far.'} Fetched, the file is shown as it is understood, and kept
        only if you use it.
      </p>
      <p>
        <a href={url} target="_blank" rel="noreferrer">
          {url}
        </a>{' '}
        <span className={classes.dim}>or save it yourself, and drop it here.</span>
      </p>
      <div className={classes.actions}>
        {fetching ? (
          <Button size="compact-sm" variant="default" onClick={cancelLoad}>
            Cancel
          </Button>
        ) : (
          <Button size="compact-sm" disabled={busy} onClick={() => void fetchIt()}>
            Fetch it from {host}
          </Button>
        )}
        {fetching && progress?.unit === 'bytes' && (
          <span role="status" className={classes.dim}>
            {formatBytes(progress.done)}
            {progress.total !== null && ` of ${formatBytes(progress.total)}`}
          </span>
        )}
      </div>
    </div>
  );
}
