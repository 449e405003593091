import { Button } from '@mantine/core';
import { fileNameOf } from '../../run/dataUrl.ts';
import { cancelLoad } from '../state/datasetActions.ts';
import { fetchWanted } from '../state/previewActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import classes from './PublicFileOffer.module.css';

/** The public file that a link names: nothing is asked of its host before somebody says so. */
export function PublicFileOffer({ url }: { url: string }) {
  const busy = usePage(isBusy);
  const fetching = usePage(({ loading, progress }) => loading && (progress?.task.startsWith('Fetching from') ?? false));
  const previewed = usePage((state) => state.preview?.url === url);
  const { host } = new URL(url);
  if (previewed) return null;
  return (
    <div className={classes.offer}>
      <p>
        The link names a graph on another host: <b>{fileNameOf(url)}</b> from <b>{host}</b>. Nothing has been asked of
        it so far. Fetched, the file is shown as it is understood, and kept only if you use it.
      </p>
      <p>
        <a href={url} target="_blank" rel="noreferrer">
          {url}
        </a>{' '}
        <span>or save it yourself, and drop it here.</span>
      </p>
      {fetching ? (
        <Button size="compact-sm" variant="default" onClick={cancelLoad}>
          Cancel
        </Button>
      ) : (
        <Button size="compact-sm" disabled={busy} onClick={() => void fetchWanted()}>
          Fetch it from {host}
        </Button>
      )}
    </div>
  );
}
