import { Popover, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Help.module.css';
import { TERMS, type Term } from './terms.ts';

/** A small `?` that explains what stands before it, one click or one key away. */
export function Help({ about, children }: { about: string; children: ReactNode }) {
  return (
    <Popover width={280} position="bottom-start" withArrow trapFocus={false}>
      <Popover.Target>
        <UnstyledButton className={classes.mark} aria-label={`What is ${about}?`}>
          ?
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.text}>{children}</Popover.Dropdown>
    </Popover>
  );
}

/** A term of the glossary with its `?`. */
export function TermHelp({ term, about = term }: { term: Term; about?: string }) {
  return <Help about={about}>{TERMS[term]}</Help>;
}
