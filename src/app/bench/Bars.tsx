import type { Figure, Unit } from '../../run/benchResult.ts';
import { type Axis, linearAxis, logAxis } from './axis.ts';
import classes from './Bench.module.css';
import { formatIn, formatTick } from './benchText.ts';

export interface Bar {
  readonly key: string;
  readonly color: string;
  readonly figure: Figure;
}

interface BarsProps {
  readonly title: string;
  readonly unit: Unit;
  readonly scale: 'log' | 'linear';
  /** One group for each row, with a bar for each result that has a figure there. */
  readonly groups: readonly { readonly name: string; readonly bars: readonly Bar[] }[];
}

/** Grouped bars with their intervals. A picture of the table below it, which is what a screen reader reads. */
export function Bars({ title, unit, scale, groups }: BarsProps) {
  const shown = groups.filter(({ bars }) => bars.length > 0);
  const values = shown.flatMap(({ bars }) => bars.flatMap(({ figure }) => [figure.lo, figure.hi]));
  if (values.length === 0) return null;
  const axis = scale === 'log' ? logAxis(values) : linearAxis(values, true);
  return (
    <div className={classes.figure} role="img" aria-label={`${title}, as bars; the numbers are in the table`}>
      <p className={classes.caption}>
        {title}
        {scale === 'log' && <span className={classes.dim}> logarithmic</span>}
      </p>
      <div className={classes.bars}>
        {shown.map(({ name, bars }) => (
          <div key={name} className={classes.group}>
            <span className={classes.name}>{name}</span>
            <div className={classes.tracks}>
              {bars.map(({ key, color, figure }) => (
                <div key={key} className={classes.track}>
                  <Track axis={axis} color={color} figure={figure} />
                  <span className={classes.value}>{formatIn(unit, figure.median)}</span>
                </div>
              ))}
            </div>
          </div>
        ))}
        <div className={classes.group}>
          <span />
          <div className={classes.track}>
            <div className={classes.axis}>
              {axis.ticks.map((tick) => (
                <span key={tick} style={{ left: `${100 * axis.at(tick)}%` }}>
                  {formatTick(unit, tick)}
                </span>
              ))}
            </div>
          </div>
        </div>
      </div>
    </div>
  );
}

function Track({ axis, color, figure }: { axis: Axis; color: string; figure: Figure }) {
  const [lo, median, hi] = [figure.lo, figure.median, figure.hi].map((value) => 100 * axis.at(value));
  return (
    <div className={classes.lane}>
      <span className={classes.bar} style={{ width: `${median}%`, background: color }} />
      {hi > lo && <span className={classes.whisker} style={{ left: `${lo}%`, width: `${hi - lo}%` }} />}
    </div>
  );
}
