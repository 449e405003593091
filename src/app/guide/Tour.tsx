import { ActionIcon, Button } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { set } from '../state/store.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './Tour.module.css';
import { TOUR } from './tourSteps.ts';

const close = () => set({ guide: null });

/** The tour: a card that walks along the page. The page stays usable; Escape, Skip and the cross end it. */
export function Tour() {
  const [steps] = useState(() => TOUR.filter(({ at }) => document.querySelector(at)));
  const [index, setIndex] = useState(0);
  const { title, text, at } = steps[index];
  const card = useRef<HTMLElement>(null);
  const ring = useRef<HTMLDivElement>(null);
  const last = index === steps.length - 1;

  useLayoutEffect(() => {
    const element = document.querySelector(at);
    const place = () => {
      const rect = element?.getBoundingClientRect();
      if (!rect || !ring.current) return;
      const { style } = ring.current;
      style.transform = `translate(${rect.left - 4 + scrollX}px, ${rect.top - 4 + scrollY}px)`;
      style.width = `${rect.width + 8}px`;
      style.height = `${rect.height + 8}px`;
    };
    element?.scrollIntoView({ block: 'center', behavior: 'instant' });
    place();
    // What is loaded later moves what stands below it.
    const observer = new ResizeObserver(place);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [at]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each step is read out from its beginning.
  useEffect(() => card.current?.focus({ preventScroll: true }), [index]);

  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);

  return (
    <>
      <div ref={ring} className={classes.ring} />
      <section
        ref={card}
        className={classes.card}
        role="dialog"
        aria-label={`Tour, ${index + 1} of ${steps.length}: ${title}`}
        tabIndex={-1}
        onKeyDown={({ key }) => {
          if (key === 'Escape') close();
          if (key === 'ArrowRight' && !last) setIndex(index + 1);
          if (key === 'ArrowLeft' && index > 0) setIndex(index - 1);
        }}
      >
        <div className={classes.head}>
          <h2>{title}</h2>
          <span>
            {index + 1} of {steps.length}
          </span>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="End the tour" onClick={close}>
            <Icon name="close" />
          </ActionIcon>
        </div>
        <p>{text}</p>
        <div className={classes.actions}>
          {!last && (
            <Button size="compact-sm" variant="subtle" onClick={close}>
              Skip
            </Button>
          )}
          <Button size="compact-sm" variant="default" disabled={index === 0} onClick={() => setIndex(index - 1)}>
            Back
          </Button>
          <Button size="compact-sm" onClick={() => (last ? close() : setIndex(index + 1))}>
            {last ? 'Done' : 'Next'}
          </Button>
        </div>
      </section>
    </>
  );
}
