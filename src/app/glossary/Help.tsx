import type { ReactNode } from 'react';
import { Popover } from '../theme/Popover.tsx';
import classes from './Help.module.css';
import { TERMS, type Term } from './terms.ts';

/** A small `?` that explains what stands before it, one click or one key away. */
export function Help({ about, children }: { about: string; children: ReactNode }) {
  return (
    <Popover
      label={`About ${about}`}
      width={280}
      button={(opens) => (
        <button type="button" className={classes.mark} aria-label={`What is ${about}?`} {...opens}>
          ?
        </button>
      )}
    >
      {children}
    </Popover>
  );
}

/** A term of the glossary with its `?`. */
export function TermHelp({ term, about = term }: { term: Term; about?: string }) {
  return <Help about={about}>{TERMS[term]}</Help>;
}
