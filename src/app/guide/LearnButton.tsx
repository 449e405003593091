import { Button } from '@mantine/core';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { Popover } from '../theme/Popover.tsx';

const LearnMenu = lazy(async () => ({ default: (await import('./LearnMenu.tsx')).LearnMenu }));

/** Opens the menu of lessons, tour and keys; their code comes with the first press. */
export function LearnButton() {
  const popover = useRef<HTMLDivElement>(null);
  useKeys();
  return (
    <Popover
      ref={popover}
      label="Learn"
      width={340}
      button={(opens) => (
        <Button size="compact-sm" variant="default" {...opens}>
          Learn
        </Button>
      )}
    >
      <Suspense>
        <LearnMenu onChoose={() => popover.current?.hidePopover()} />
      </Suspense>
    </Popover>
  );
}

/** The first key that is pressed brings the code of the keys. */
function useKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.length !== 1) return;
      void import('./shortcuts.ts').then(({ pressed }) => pressed(event));
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
