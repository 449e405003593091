import { Button } from '@mantine/core';
import { useState } from 'react';
import { set, usePage } from '../state/store.ts';
import { tourIsNew, tourIsSeen } from './seen.ts';
import classes from './TourOffer.module.css';

/** On a first visit that has come for nothing in particular, and has no run to go on with: one line that can be answered or ignored. */
export function TourOffer() {
  const [open, setOpen] = useState(tourIsNew);
  const came = usePage(
    ({ shared, wanted, lesson, interrupted }) =>
      shared !== null || wanted !== null || lesson !== null || interrupted.length > 0,
  );
  if (!open || came) return null;
  const answer = (guide: 'tour' | null) => {
    tourIsSeen();
    setOpen(false);
    set({ guide });
  };
  return (
    <aside className={classes.offer} aria-label="A tour for new visitors">
      <span>New here? One minute shows what is where.</span>
      <Button size="compact-xs" onClick={() => answer('tour')}>
        Take the tour
      </Button>
      <Button size="compact-xs" variant="subtle" onClick={() => answer(null)}>
        Not now
      </Button>
    </aside>
  );
}
