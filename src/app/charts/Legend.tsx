import classes from './Chart.module.css';
import { useHoveredEpoch } from './hoveredEpoch.ts';
import type { Series, Unit } from './series.ts';
import { UNITS } from './units.ts';
import { valueAt } from './xScale.ts';

/** Names, colours and values of a chart's series: at the epoch under the pointer in any chart, else the last ones. */
export function Legend({ series, unit }: { readonly series: readonly Series[]; readonly unit: Unit }) {
  const epoch = useHoveredEpoch();
  return (
    <ul className={classes.legend}>
      {series.map(({ name, color, dash, x, y }) => (
        <li key={name}>
          <span className={classes.swatch} data-dash={dash || undefined} style={{ color }} />
          {name} <b>{UNITS[unit].format(epoch === null ? (y.at(-1) ?? Number.NaN) : valueAt({ x, y }, epoch))}</b>
        </li>
      ))}
    </ul>
  );
}
