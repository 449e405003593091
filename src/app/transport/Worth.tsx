import { useMemo } from 'react';
import { usePage } from '../state/store.ts';
import { formatPercent } from '../theme/format.ts';
import { worthOf } from './graphWorth.ts';
import classes from './Worth.module.css';

/** What the graph is worth, in one sentence, where there are two runs that say so. */
export function Worth() {
  const kept = usePage((state) => state.kept);
  const graph = usePage((state) => state.graph?.id ?? '');
  const multiLabel = usePage((state) => state.graph?.info.multiLabel ?? false);
  const worth = useMemo(() => worthOf(kept, graph), [kept, graph]);
  if (!worth) return null;
  const points = 100 * (worth.withGraph - worth.without);
  const verdict =
    points > 0 ? `the graph is worth ${points.toFixed(1)} points` : `the graph costs ${(-points).toFixed(1)} points`;
  return (
    <p className={classes.worth} role="status">
      {multiLabel && 'Micro-F1 of '}
      {formatPercent(worth.withGraph)} {multiLabel ? 'on' : 'of'} the test nodes with the graph,{' '}
      {formatPercent(worth.without)} without it: <b>{verdict}</b>.
    </p>
  );
}
