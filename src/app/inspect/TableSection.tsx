import { ActionIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { Help } from '../glossary/Help.tsx';
import { Icon } from '../theme/Icon.tsx';
import { csvText } from './csv.ts';
import { saveFile } from './saveFile.ts';
import classes from './TableSection.module.css';

export interface TableSectionProps {
  readonly title: string;
  readonly help: ReactNode;
  /** Of the download, without its ending. */
  readonly file: string;
  /** What the download holds, the names of its columns first. */
  readonly rows: () => readonly (readonly (string | number)[])[];
  /** Beside the title. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** A table with its title, what it means, and its download as CSV. */
export function TableSection({ title, help, file, rows, action, children }: TableSectionProps) {
  const about = title.toLowerCase();
  const label = `Download the ${about} as CSV`;
  return (
    <section className={classes.section} aria-label={title}>
      <header className={classes.head}>
        <h3>
          {title}
          <Help about={`the ${about}`}>{help}</Help>
        </h3>
        {action}
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={label}
          title={label}
          onClick={() => saveFile(`${file}.csv`, csvText(rows()), 'text/csv')}
        >
          <Icon name="down" />
        </ActionIcon>
      </header>
      {children}
    </section>
  );
}

/** Instead of a table that cannot be shown. */
export function TableNote({ children }: { children: ReactNode }) {
  return <p className={classes.note}>{children}</p>;
}
