import { type CSSProperties, useId, useState } from 'react';
import type { Config } from '../../config/schema.ts';
import type { MemoryBytes } from '../../run/record.ts';
import { formatBytes } from '../theme/format.ts';
import { BudgetField } from './BudgetField.tsx';
import { shortBudget } from './budgetScale.ts';
import { BUDGETS, type BudgetKey, type Place } from './budgets.ts';
import { bytesText } from './describePlan.ts';
import classes from './Places.module.css';
import { isFar, isOver, type Rung, shareOf } from './rungScale.ts';

interface PlacesProps {
  /** Bytes by place, as predicted; null where nothing fits: then a budget can still be changed. */
  readonly forecast: MemoryBytes | null;
  /** What is held now; null where no run goes on. */
  readonly held: MemoryBytes | null;
  /** The most that the run, or the last one, held; null before the first. */
  readonly peak: MemoryBytes | null;
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

/** The memory ladder, GPU – worker – disk: as predicted, as it is, at the most, and what it may be. */
export function Places({ disabled, ...props }: PlacesProps) {
  return (
    <div className={classes.ladder}>
      <ul className={classes.key} aria-hidden>
        <li>
          <span className={classes.bar}>
            <span className={classes.forecast} />
          </span>
          forecast
        </li>
        <li>
          <span className={classes.bar}>
            <span className={classes.held} />
          </span>
          held now
        </li>
        <li>
          <span className={classes.peak} /> at most so far
        </li>
        <li>
          <span className={classes.limit} /> budget
        </li>
      </ul>
      <dl className={classes.places} title={disabled ?? undefined}>
        {PLACES.map((row) => (
          <Row key={row.place} {...row} {...props} disabled={disabled !== null} />
        ))}
      </dl>
    </div>
  );
}

type RowProps = (typeof PLACES)[number] & Omit<PlacesProps, 'disabled'> & { readonly disabled: boolean };

function Row({ place, name, label, budgets, onBudget, disabled, ...bytes }: RowProps) {
  const id = useId();
  const [error, setError] = useState<string | null>(null);
  const budget = BUDGETS[place];
  const forecast = bytes.forecast?.[place] ?? null;
  const held = bytes.held?.[place] ?? null;
  const peak = bytes.peak?.[place] ?? null;
  return (
    <div>
      <dt>{name}</dt>
      <dd className={classes.number} title={forecast === null ? 'nothing fits' : bytesText(forecast)}>
        {forecast === null ? '–' : formatBytes(forecast)}
      </dd>
      <Bar rung={{ forecast: forecast ?? 0, held, peak, budget: budgets[budget] }} />
      <Measured held={held} peak={peak} />
      <dd className={classes.budget}>
        {label === null ? (
          <span title={budgets[budget] > 0 ? bytesText(budgets[budget]) : undefined}>
            of {budgets[budget] > 0 ? shortBudget(budgets[budget]) : 'no limit'}
          </span>
        ) : (
          <>
            <label htmlFor={id}>
              of<span className={classes.spoken}> {label}</span>
            </label>
            <BudgetField
              id={id}
              budget={budget}
              className={classes.field}
              value={budgets[budget]}
              onChange={(value) => onBudget(budget, value)}
              disabled={disabled}
              error={error}
              onError={setError}
            />
          </>
        )}
      </dd>
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

/** The same as a picture: the figures beside it say what it shows. */
function Bar({ rung }: { rung: Rung }) {
  const { forecast, held, peak, budget } = rung;
  const until = (bytes: number): CSSProperties => ({ width: `${100 * shareOf(bytes, rung)}%` });
  const at = (bytes: number): CSSProperties => ({ left: `${100 * shareOf(bytes, rung)}%` });
  const far = isFar(rung);
  return (
    <dd className={classes.bar} data-over={isOver(rung) || undefined} aria-hidden>
      {forecast > 0 && (
        <span className={classes.forecast} style={until(forecast)} title={`forecast ${bytesText(forecast)}`} />
      )}
      {held !== null && <span className={classes.held} style={until(held)} title={`now ${bytesText(held)}`} />}
      {peak !== null && peak > 0 && (
        <span className={classes.peak} style={at(peak)} title={`at most ${bytesText(peak)}`} />
      )}
      {budget > 0 && (
        <span
          className={classes.limit}
          data-far={far || undefined}
          style={far ? undefined : at(budget)}
          title={`budget ${bytesText(budget)}${far ? ', beyond the end of the bar' : ''}`}
        />
      )}
    </dd>
  );
}

function Measured({ held, peak }: Pick<Rung, 'held' | 'peak'>) {
  if (held !== null) {
    const most = Math.max(held, peak ?? 0);
    return (
      <dd className={classes.measured} title={`now ${bytesText(held)}, at most ${bytesText(most)}`}>
        now {formatBytes(held)}, at most {formatBytes(most)}
      </dd>
    );
  }
  return (
    <dd className={classes.measured} title={peak === null ? undefined : bytesText(peak)}>
      {peak !== null && `last run at most ${formatBytes(peak)}`}
    </dd>
  );
}
