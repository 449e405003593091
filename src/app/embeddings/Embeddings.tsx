import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { isActive } from '../state/run.ts';
import { isBusy, usePage } from '../state/store.ts';
import { Doing } from './Doing.tsx';
import { EmbeddingPicture } from './EmbeddingPicture.tsx';
import classes from './Embeddings.module.css';
import { compute, useEmbedding } from './embeddingActions.ts';

/** What a layer of the trained model makes of each node, as a picture, and which nodes it puts next to each other. */
export function Embeddings() {
  const graph = usePage((state) => state.graph);
  const run = usePage((state) => state.run);
  const read = useEmbedding((state) => state.read);
  const doing = useEmbedding((state) => state.doing);
  const dismissed = useEmbedding((state) => state.dismissed);
  const busy = usePage(isBusy);
  const done = run?.status === 'done';
  const when = isActive(run) ? 'when this run is done' : 'after a run: press Train';
  // A graph that is drawn is evaluated in a moment: what was asked for by opening the tab need not be asked for again.
  const atOnce = done && !read && !dismissed && graph !== null && graph.positions !== null;
  useEffect(() => {
    if (atOnce) void compute('embedding');
  }, [atOnce]);
  if (!graph) return null;
  return (
    <section className={classes.panel} aria-label="Embeddings">
      {read ? (
        <EmbeddingPicture read={read} />
      ) : (
        !doing && (
          <div className={classes.empty}>
            <p>
              {done
                ? 'What the hidden layers of the trained model make of every node is computed when it is asked for.'
                : `What the hidden layers make of each node is shown here ${when}.`}
            </p>
            {done && (
              <Button size="xs" variant="default" disabled={busy} onClick={() => void compute('embedding')}>
                Compute the embedding
              </Button>
            )}
          </div>
        )
      )}
      {!read && <Doing />}
    </section>
  );
}
