import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Predictions.module.css';

/** Parts of a split by their code. */
export const PARTS = ['', 'training', 'validation', 'test'] as const;
export const TEST = 3;

const CONTROLS = [
  { value: '1', label: 'Training' },
  { value: '2', label: 'Validation' },
  { value: '3', label: 'Test' },
];

interface JudgedByProps {
  readonly part: number;
  readonly onChange: (part: number) => void;
  /** What they say together. */
  readonly children: ReactNode;
}

/** By which nodes predictions are judged. */
export function JudgedBy({ part, onChange, children }: JudgedByProps) {
  return (
    <header className={classes.head}>
      <SegmentedControl
        size="xs"
        aria-label="Nodes to judge by"
        value={String(part)}
        onChange={(value) => onChange(Number(value))}
        data={CONTROLS}
      />
      <p>{children}</p>
    </header>
  );
}
