import { ActionIcon, Button } from '@mantine/core';
import { TermHelp } from '../glossary/Help.tsx';
import { isActive, type LiveRun } from '../state/run.ts';
import { playOrPause, reset, runWithoutGraph, stepOnce, stop } from '../state/runActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatCount, formatMs } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { describeWithin } from './describeWaiting.ts';
import classes from './Transport.module.css';

/** Play, pause, step, stop, reset, and how far the run is. */
export function Transport() {
  const run = usePage((state) => state.run);
  const series = usePage((state) => state.series);
  const refused = usePage((state) => state.refusal !== null);
  const ready = usePage(
    (state) => state.graph !== null && state.device !== null && state.refusal === null && !isBusy(state),
  );
  const active = isActive(run);
  const main = !active ? 'Train' : run.status === 'paused' ? 'Go on' : 'Pause';
  return (
    <section className={classes.transport} aria-label="Training">
      <Button
        size="sm"
        miw={104}
        leftSection={<Icon name={main === 'Pause' ? 'pause' : 'play'} />}
        disabled={!ready && !active}
        onClick={playOrPause}
      >
        {main}
      </Button>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="Train one epoch"
        title="Train one epoch"
        disabled={!ready && !active}
        onClick={stepOnce}
      >
        <Icon name="step" />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="Stop, and keep the run"
        title="Stop, and keep the run"
        disabled={!active}
        onClick={stop}
      >
        <Icon name="stop" />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="Reset to an untrained model"
        title="Reset to an untrained model"
        disabled={run === null}
        onClick={() => void reset()}
      >
        <Icon name="reset" />
      </ActionIcon>
      <p className={classes.state} role="status">
        {series && `Seed ${series.at} of ${series.of}. `}
        {describe(run, refused)}
      </p>
      <WithoutGraph run={run} />
    </section>
  );
}

function describe(run: LiveRun | null, refused: boolean): string {
  if (!run) return refused ? 'Cannot train: the memory plan says why' : 'Not trained yet';
  const total = run.events.findLast(({ key }) => key === 'training.epochs')?.value ?? run.config['training.epochs'];
  const last = run.epochs.at(-1);
  const progress = `epoch ${formatCount(run.epochs.length)} of ${formatCount(Number(total))}`;
  if (run.status === 'starting') return 'Opening the device';
  const time = last ? `, ${formatMs(last.ms + last.evalMs)} per epoch` : '';
  const state = { running: '', paused: 'Paused: ', done: 'Done: ', failed: 'Failed: ' }[run.status];
  return `${state}${progress}${describeWithin(run.within)}${time}`;
}

/** What the graph is worth: the same run without it, one click away. */
function WithoutGraph({ run }: { run: LiveRun | null }) {
  const kind = usePage((state) => state.config['model.kind']);
  const busy = usePage(isBusy);
  if (kind === 'mlp' || isActive(run) || !run) return null;
  return (
    <span className={classes.beside}>
      <Button size="compact-sm" variant="default" disabled={busy} onClick={() => void runWithoutGraph()}>
        Run without the graph
      </Button>
      <TermHelp term="mlp" about="a run without the graph" />
    </span>
  );
}
