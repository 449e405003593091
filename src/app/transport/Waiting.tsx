import { Help } from '../glossary/Help.tsx';
import { usePage } from '../state/store.ts';
import { describeWaiting } from './describeWaiting.ts';
import classes from './Waiting.module.css';

/** How long the trainer waits for batches, while an epoch goes on and over those that are done; nothing of a full batch. */
export function Waiting() {
  const text = usePage(({ run }) => run && describeWaiting(run.epochs, run.within));
  if (!text) return null;
  return (
    <section className={classes.waiting} aria-label="Waiting for batches">
      <h2>
        Waiting for batches
        <Help about="waiting for batches">
          How much of the training time the trainer stood still because the next batch was not there yet: still being
          drawn, or being read from disk. More sampler workers, a larger cache or another order of rows may help; none
          of them changes the curves.
        </Help>
      </h2>
      <p>{text}</p>
    </section>
  );
}
