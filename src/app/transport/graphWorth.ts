import { diffConfigs } from '../../config/describe.ts';
import type { RunRecord } from '../../run/record.ts';
import type { KeptRun } from '../runs/keptRuns.ts';

/** A run with the graph and one without it that may be set against each other; test accuracies as fractions. */
export interface Worth {
  readonly withGraph: number;
  readonly without: number;
}

/** What two runs must have in common for their difference to be the graph's. */
const SHARED: ReadonlySet<string> = new Set(['data.split', 'training.seed', 'training.epochs']);

/**
 * The newest run on this graph beside the newest one of the other sort (with and without the edges) that saw the same split,
 * seed and number of epochs, neither of them changed by hand on the way, nor opened from a file; null where there is no such pair.
 */
export function worthOf(kept: readonly KeptRun[], datasetId: string): Worth | null {
  const runs = kept.filter((run) => run.datasetId === datasetId && whole(run)).map(({ record }) => record);
  const newest = runs.at(-1);
  if (!newest) return null;
  const other = runs.findLast((record) => blind(record) !== blind(newest) && alike(record, newest));
  if (!other) return null;
  const [edges, none] = blind(newest) ? [other, newest] : [newest, other];
  return { withGraph: edges.result.testAcc, without: none.result.testAcc };
}

const blind = ({ config }: RunRecord) => config['model.kind'] === 'mlp';
const whole = ({ record, openedFrom }: KeptRun) => record.events.length === 0 && openedFrom === undefined;

function alike(a: RunRecord, b: RunRecord): boolean {
  return (
    a.dataset.fingerprint === b.dataset.fingerprint &&
    !diffConfigs(a.config, b.config).some(({ key }) => SHARED.has(key))
  );
}
