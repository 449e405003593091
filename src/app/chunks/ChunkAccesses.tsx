import { useEffect } from 'react';
import { Help } from '../glossary/Help.tsx';
import { watchChunks } from '../state/inspectActions.ts';
import { isActive } from '../state/run.ts';
import { usePage } from '../state/store.ts';
import { formatBytes, formatPercent } from '../theme/format.ts';
import classes from './ChunkAccesses.module.css';
import { HeatStrip } from './HeatStrip.tsx';
import { heatRows, hitRate } from './heatRows.ts';

const SOON = 'the chunks that batches are read from appear here.';
const IN_MEMORY =
  'This graph is in memory: no chunk is read. Chunks are read of a graph that stays on disk, or where batches are sampled ' +
  'and memory.store names a store.';

/** Which chunks of a stored graph its batches ask for, and which of them are read. The worker counts while this is on show. */
export function ChunkAccesses() {
  const run = usePage((state) => state.run);
  const planned = usePage((state) => state.forecast);
  useEffect(() => {
    watchChunks(true);
    return () => watchChunks(false);
  }, []);
  const heat = run?.chunks ?? null;
  const forecast = isActive(run) ? (run.forecast ?? planned) : planned;
  return (
    <section className={classes.panel} aria-label="Chunk accesses">
      <header className={classes.head}>
        <h2>
          Chunk accesses
          <Help about="chunk accesses">
            A stored graph lies on disk in chunks. Each cell is a chunk, or a few that follow each other: the stronger
            its colour, the more often batches asked for it in the last seconds. Blue was found in the cache of a
            worker, orange was read from disk.
          </Help>
        </h2>
        {heat && (
          <>
            <p>
              {formatPercent(hitRate(heat))} found in the cache
              {heat.batches > 0 && <>, {formatBytes(Math.round(heat.bytesRead / heat.batches))} read per batch</>}
            </p>
            <ul className={classes.key} aria-hidden>
              <li>
                <span data-kind="found" /> found in the cache
              </li>
              <li>
                <span data-kind="read" /> read from disk
              </li>
            </ul>
          </>
        )}
      </header>
      {heat ? (
        heatRows(heat).map((row) => <HeatStrip key={row.name} row={row} chunksPerBin={heat.chunksPerBin} />)
      ) : (
        <p className={classes.empty}>
          {forecast && (forecast.fromDisk ? `${isActive(run) ? 'One moment' : 'Press Train'}: ${SOON}` : IN_MEMORY)}
        </p>
      )}
    </section>
  );
}
