import { usePage } from '../state/store.ts';
import { formatPercent } from '../theme/format.ts';
import classes from './Worth.module.css';

/** What the graph is worth: the last run with it and the last run without it, on this graph, in one sentence. */
export function Worth() {
  const kept = usePage((state) => state.kept);
  const graph = usePage((state) => state.graph?.id);
  const here = kept.filter(({ datasetId }) => datasetId === graph);
  const without = here.findLast(({ record }) => record.config['model.kind'] === 'mlp')?.record.result.testAcc;
  const withGraph = here.findLast(({ record }) => record.config['model.kind'] !== 'mlp')?.record.result.testAcc;
  if (without === undefined || withGraph === undefined) return null;
  const points = 100 * (withGraph - without);
  const verdict =
    points > 0 ? `the graph is worth ${points.toFixed(1)} points` : `the graph costs ${(-points).toFixed(1)} points`;
  return (
    <p className={classes.worth} role="status">
      {formatPercent(withGraph)} of the test nodes with the graph, {formatPercent(without)} without it: <b>{verdict}</b>
      .
    </p>
  );
}
