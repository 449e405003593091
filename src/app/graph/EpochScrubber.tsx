import { ActionIcon, Button } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import { showEpoch } from '../state/inspectActions.ts';
import { changedNodes, frameAt } from '../state/predictionHistory.ts';
import { usePage } from '../state/store.ts';
import { formatCount } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './EpochScrubber.module.css';

/** Between two frames while it plays: fast enough to be a film, slow enough to see single nodes change. */
const FRAME_MS = 150;
/** For whoever wants no motion: one picture after the other. */
const SLIDE_MS = 1500;

/** Replays how the predictions changed: the graph, the classes and the tables show the epoch that it stands at. */
export function EpochScrubber() {
  const run = usePage((state) => state.run);
  const [playing, setPlaying] = useState(false);
  const range = useRef<HTMLInputElement>(null);
  const still = useReducedMotion(false, { getInitialValueInEffect: false });
  const id = run?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run begins anew
  useEffect(() => setPlaying(false), [id]);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setPlaying(goOn()), still ? SLIDE_MS : FRAME_MS);
    return () => clearInterval(timer);
  }, [playing, still]);

  const { frames } = run?.history ?? NONE;
  const last = frames.length - 1;
  const at = run && run.shown !== null ? frameAt(run.history, run.shown) : last;
  const [now, before] = [frames[at], frames[at - 1]];
  const changed = useMemo(() => (now && before ? changedNodes(now, before) : null), [now, before]);
  if (!run || last < 1) return null;

  const label = `epoch ${formatCount(now.epoch)} of ${formatCount(Math.max(run.epochs.length, frames[last].epoch))}`;
  const play = () => {
    if (at === last) showEpoch(frames[0].epoch);
    setPlaying(!playing);
  };
  return (
    <section className={classes.scrubber} aria-label="Epoch on show">
      <ActionIcon
        variant="default"
        aria-label={playing ? 'Pause the replay' : 'Replay how the predictions changed'}
        title={playing ? 'Pause the replay' : 'Replay how the predictions changed'}
        onClick={play}
      >
        <Icon name={playing ? 'pause' : 'play'} />
      </ActionIcon>
      <input
        ref={range}
        className={classes.range}
        type="range"
        aria-label="Epoch on show"
        aria-valuetext={label}
        min={0}
        max={last}
        value={at}
        onChange={(event) => {
          const index = event.currentTarget.valueAsNumber;
          setPlaying(false);
          // At its end it follows the run.
          showEpoch(index === last ? null : frames[index].epoch);
        }}
      />
      <p className={classes.label}>
        <b>{label}</b>
        {changed !== null && (
          <span>
            {formatCount(changed)} {changed === 1 ? 'node' : 'nodes'} changed since epoch {formatCount(before.epoch)}
          </span>
        )}
      </p>
      <Button
        size="compact-xs"
        variant="default"
        disabled={at === last}
        onClick={() => {
          setPlaying(false);
          showEpoch(null);
          // The button is of no more use, and would take the focus with it.
          range.current?.focus();
        }}
      >
        Latest
      </Button>
    </section>
  );
}

const NONE = { frames: [] } as const;

/** Goes one frame on; false where that was the last one, and the latest is shown again. */
function goOn(): boolean {
  const { run } = usePage.getState();
  if (!run || run.shown === null) return false;
  const { frames } = run.history;
  const next = frameAt(run.history, run.shown) + 1;
  showEpoch(next < frames.length - 1 ? frames[next].epoch : null);
  return next < frames.length - 1;
}
