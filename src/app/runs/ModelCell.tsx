import { Button } from '@mantine/core';
import { graphIsHere, openModel } from '../state/modelActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import type { KeptRun } from './keptRuns.ts';
import classes from './RunsTable.module.css';

/** Whether the model of a run is kept, and one click to have it back. */
export function ModelCell({ run }: { readonly run: KeptRun }) {
  return (
    <td className={classes.model}>
      <Model run={run} />
    </td>
  );
}

/** How many of the runs of a group have theirs: its rows open them. */
export function ModelsCell({ runs }: { readonly runs: readonly KeptRun[] }) {
  const count = usePage(({ models }) => models.filter(({ slot }) => runs.some((run) => run.slot === slot)).length);
  return <td className={classes.model}>{count > 0 ? `${formatCount(count)} kept` : '–'}</td>;
}

function Model({ run }: { readonly run: KeptRun }) {
  const model = usePage(({ models }) => models.find(({ slot }) => slot === run.slot) ?? null);
  const open = usePage((state) => state.run?.id === run.id && state.run.status === 'done');
  const here = usePage((state) => graphIsHere(run, state));
  const busy = usePage(isBusy);
  if (open) return 'open';
  if (!model) return '–';
  if (!here)
    return <span title={`Choose ${run.record.dataset.name}, or drop its files, to open it`}>graph not here</span>;
  return (
    <Button
      size="compact-xs"
      variant="default"
      disabled={busy}
      aria-label={`Open the model of run ${run.id}`}
      title={`Its predictions, weights, embedding and what-if, as after training; ${formatBytes(model.bytes)} on disk`}
      onClick={() => void openModel(run)}
    >
      Open
    </Button>
  );
}
