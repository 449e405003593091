import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePage } from '../state/store.ts';
import { formatCount } from '../theme/format.ts';
import classes from './Predictions.module.css';

/** Parts of a split by their code. */
export const PARTS = ['', 'training', 'validation', 'test'] as const;
export const TEST = 3;

const CONTROLS = [
  { value: '1', label: 'Training' },
  { value: '2', label: 'Validation' },
  { value: '3', label: 'Test' },
];

/** `Epoch 12`; where a finished run was best before its last one, and its weights are from there, `Best epoch, 7`. */
export function EpochName({ epoch }: { readonly epoch: number }) {
  const best = usePage(({ run, kept }) => {
    const record = kept.find(({ id }) => id === run?.id)?.record;
    return record?.result.bestEpoch === epoch && epoch < record.epochs.length;
  });
  return `${best ? 'Best epoch,' : 'Epoch'} ${formatCount(epoch)}`;
}

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
