import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { GraphStatistics as Counts } from '../../worker/protocol.ts';
import { graphStatistics } from '../state/datasetActions.ts';
import { isBusy, type PageGraph, tellError, usePage } from '../state/store.ts';
import { Statistics } from './Statistics.tsx';

/** What the graph that is there is like, counted when somebody looks. */
export function GraphStatistics({ graph }: { graph: PageGraph }) {
  const busy = usePage(isBusy);
  const [counts, setCounts] = useState<Counts | null>(null);
  useEffect(() => {
    let stale = false;
    graphStatistics(false).then((found) => !stale && setCounts(found), tellError);
    return () => {
      stale = true;
    };
  }, []);
  if (!counts) return <p role="status">Counting…</p>;
  return (
    <Statistics statistics={counts} classNames={graph.classNames} directed={false}>
      {graph.diskBytes !== null && (
        <>
          Not counted: its edges stay on disk.{' '}
          <Button
            size="compact-xs"
            variant="default"
            disabled={busy}
            onClick={() => void graphStatistics(true).then(setCounts, tellError)}
          >
            Read and count them
          </Button>
        </>
      )}
    </Statistics>
  );
}
