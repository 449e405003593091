import { useId, useState } from 'react';
import type { Config } from '../../config/schema.ts';
import type { MemoryBytes } from '../../run/record.ts';
import { formatBytes } from '../theme/format.ts';
import { BudgetField } from './BudgetField.tsx';
import { BUDGETS, type BudgetKey, type Place } from './budgets.ts';
import { bytesText } from './describePlan.ts';
import classes from './Places.module.css';

interface PlacesProps {
  /** Bytes by place, as predicted. */
  readonly forecast: MemoryBytes;
  /** What is held now, or was at the most in the last run; null before the first. */
  readonly measured: MemoryBytes | null;
  readonly live: boolean;
  readonly budgets: Pick<Config, BudgetKey>;
  readonly onBudget: (key: BudgetKey, bytes: number) => void;
  /** Why the budgets cannot be moved now; null where they can. */
  readonly disabled: string | null;
}

/** The budget of the GPU has the slider above. */
const PLACES: readonly { readonly place: Place; readonly name: string; readonly label: string | null }[] = [
  { place: 'gpu', name: 'GPU', label: null },
  { place: 'host', name: 'worker', label: 'worker memory budget' },
  { place: 'disk', name: 'disk', label: 'disk budget' },
];

/** Bytes by place: as predicted, what they may be, and beside it what is held or was held at the most. */
export function Places({ disabled, ...props }: PlacesProps) {
  return (
    <dl className={classes.places} title={disabled ?? undefined}>
      {PLACES.map((row) => (
        <Row key={row.place} {...row} {...props} disabled={disabled !== null} />
      ))}
    </dl>
  );
}

type RowProps = (typeof PLACES)[number] & Omit<PlacesProps, 'disabled'> & { readonly disabled: boolean };

function Row({ place, name, label, forecast, measured, live, budgets, onBudget, disabled }: RowProps) {
  const id = useId();
  const [error, setError] = useState<string | null>(null);
  const budget = BUDGETS[place];
  return (
    <div>
      <dt>{name}</dt>
      <dd title={bytesText(forecast[place])}>{formatBytes(forecast[place])}</dd>
      {label && (
        <dd className={classes.budget}>
          <label htmlFor={id}>
            of<span className={classes.spoken}> {label}</span>
          </label>
          <BudgetField
            id={id}
            budget={budget}
            className={classes.field}
            value={budgets[budget]}
            onChange={(bytes) => onBudget(budget, bytes)}
            disabled={disabled}
            error={error}
            onError={setError}
          />
        </dd>
      )}
      {measured && (
        <dd className={classes.measured} title={bytesText(measured[place])}>
          {live ? 'now' : 'last run'} {formatBytes(measured[place])}
        </dd>
      )}
      {error !== null && (
        <dd className={classes.error}>
          <p id={`${id}-error`} role="alert">
            {error}
          </p>
        </dd>
      )}
    </div>
  );
}
