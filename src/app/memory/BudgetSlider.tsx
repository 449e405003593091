import { type KeyboardEvent, useId, useState } from 'react';
import { formatBytes } from '../theme/format.ts';
import { BudgetField } from './BudgetField.tsx';
import classes from './BudgetSlider.module.css';
import { type BudgetRange, bytesAt, positionOf, stepBudget } from './budgetScale.ts';
import { bytesText } from './describePlan.ts';

export interface BudgetMark {
  readonly bytes: number;
  readonly label: string;
}

interface BudgetSliderProps extends BudgetRange {
  /** Bytes; 0 is no limit. */
  readonly value: number;
  readonly marks: readonly BudgetMark[];
  /** At every move. */
  readonly onChange: (bytes: number) => void;
  /** Why it cannot be moved now; null where it can. */
  readonly disabled: string | null;
}

/** What the keys do, besides those that the range input brings. */
const KEYS: Readonly<Record<string, (value: number, range: BudgetRange) => number>> = {
  ArrowRight: (value, range) => stepBudget(value, 1, range),
  ArrowUp: (value, range) => stepBudget(value, 1, range),
  ArrowLeft: (value, range) => stepBudget(value, -1, range),
  ArrowDown: (value, range) => stepBudget(value, -1, range),
  Home: (_, { min }) => min,
  End: () => 0,
};

/** "My GPU has [ 64 MB ]": a text field, and a slider on a logarithmic scale with "no limit" as its end stop. */
export function BudgetSlider({ value, min, max, marks, onChange, disabled }: BudgetSliderProps) {
  const id = useId();
  const [error, setError] = useState<string | null>(null);
  const range = { min, max };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = KEYS[event.key]?.(value, range);
    if (next === undefined) return;
    event.preventDefault();
    if (next !== value) onChange(next);
  };
  return (
    <div className={classes.budget} title={disabled ?? undefined}>
      <label className={classes.label} htmlFor={`${id}-field`}>
        My GPU has
      </label>
      <BudgetField
        id={`${id}-field`}
        budget="memory.gpuBudget"
        className={classes.field}
        value={value}
        onChange={onChange}
        disabled={disabled !== null}
        error={error}
        onError={setError}
      />
      <div className={classes.scale}>
        <input
          className={classes.range}
          type="range"
          title={value === 0 ? 'no limit' : bytesText(value)}
          aria-label="GPU memory budget"
          aria-valuetext={value === 0 ? 'no limit' : formatBytes(value)}
          min={0}
          max={1}
          step="any"
          value={positionOf(value, range)}
          disabled={disabled !== null}
          onChange={(event) => onChange(bytesAt(event.currentTarget.valueAsNumber, range))}
          onKeyDown={onKeyDown}
        />
        <div className={classes.marks} aria-hidden="true">
          {[{ bytes: min, label: formatBytes(min) }, ...marks, { bytes: 0, label: 'no limit' }].map(
            ({ bytes, label }) => (
              <span key={label} className={classes.mark} style={{ left: `${100 * positionOf(bytes, range)}%` }}>
                {label}
              </span>
            ),
          )}
        </div>
      </div>
      {error !== null && (
        <p id={`${id}-field-error`} className={classes.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
