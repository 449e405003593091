import { Button } from '@mantine/core';
import { discardRun, resumeRun } from '../state/resumeActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import classes from './InterruptedRuns.module.css';

/** Runs of earlier visits that were cut short: each can go on where it was, or be given up. */
export function InterruptedRuns() {
  const runs = usePage((state) => state.interrupted);
  const busy = usePage(isBusy);
  return (
    <section className={classes.banner} aria-label="Interrupted runs">
      {runs.map((run) => {
        const { slot, at, name, epoch, epochs, config, bytes, problem } = run;
        const title = `${config['model.kind'].toUpperCase()} on ${name}`;
        return (
          <div key={slot} className={classes.run}>
            <p>
              <strong>{title}</strong> was interrupted at epoch {formatCount(epoch)} of {formatCount(epochs)}
              <span className={classes.dim}>
                , {WHEN.format(at)}
                {bytes !== null && `, ${formatBytes(bytes)} on disk`}
              </span>
              {problem && <span className={classes.problem}>It cannot go on here: {problem}</span>}
            </p>
            <div className={classes.actions}>
              {!problem && (
                <Button
                  size="compact-sm"
                  disabled={busy}
                  aria-label={`Resume ${title}`}
                  onClick={() => void resumeRun(run)}
                >
                  Resume
                </Button>
              )}
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Discard ${title}`}
                onClick={() => void discardRun(slot)}
              >
                Discard
              </Button>
            </div>
          </div>
        );
      })}
    </section>
  );
}

const WHEN = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
