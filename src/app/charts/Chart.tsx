import { useElementSize, useIntersection } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { Help } from '../glossary/Help.tsx';
import classes from './Chart.module.css';
import { PlotlyChart } from './PlotlyChart.tsx';
import { Sparkline } from './Sparkline.tsx';
import { type ReferenceLine, type Series, stacked, type Unit } from './series.ts';
import { UNITS } from './units.ts';

export interface ChartProps {
  readonly title: string;
  readonly help: string;
  readonly kind: 'line' | 'stacked';
  readonly unit: Unit;
  readonly series: readonly Series[];
  readonly yRange?: readonly [number, number];
  readonly lines?: readonly ReferenceLine[];
  /** The epoch that the rest of the page shows, where it is not the latest. */
  readonly at?: number | null;
  /** Of the drawing, in pixels. */
  readonly height: number;
}

/** One chart: a plain canvas first, the charts' library when it is there, at the same place and size. */
export function Chart({ title, help, kind, unit, series, yRange, lines, at, height }: ChartProps) {
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const { ref: sightRef, entry } = useIntersection({ threshold: 0 });
  const [drawn, setDrawn] = useState(false);
  const empty = series.every(({ x }) => x.length === 0);
  useEffect(() => {
    if (empty) setDrawn(false);
  }, [empty]);
  const last = series.map(({ name, y }) => `${name} ${UNITS[unit].format(y.at(-1) ?? Number.NaN)}`);
  const flat = kind === 'stacked' ? stacked(series).toReversed() : series;
  return (
    <section ref={sightRef} className={classes.chart} aria-label={`${title} chart`}>
      <header className={classes.head}>
        <h2>
          {title}
          <Help about={title.toLowerCase()}>{help}</Help>
        </h2>
        <ul className={classes.legend}>
          {series.map(({ name, color, dash, y }) => (
            <li key={name}>
              <span className={classes.swatch} data-dash={dash || undefined} style={{ color }} />
              {name} <b>{UNITS[unit].format(y.at(-1) ?? Number.NaN)}</b>
            </li>
          ))}
        </ul>
      </header>
      <div ref={sizeRef} className={classes.place} style={{ height }}>
        {empty ? (
          <p className={classes.empty}>
            {series.length === 0 ? 'Press Train to draw the first point.' : 'The first epoch is under way.'}
          </p>
        ) : (
          <div role="img" aria-label={`${title} after each epoch; now ${last.join(', ')}`}>
            {!drawn && (
              <Sparkline
                series={flat}
                unit={unit}
                yRange={yRange}
                lines={lines}
                at={at}
                width={width}
                height={height}
              />
            )}
            <div className={classes.full} data-waiting={!drawn || undefined} aria-hidden>
              <PlotlyChart
                series={series}
                kind={kind}
                unit={unit}
                yRange={yRange}
                lines={lines}
                at={at}
                width={width}
                height={height}
                visible={entry?.isIntersecting ?? false}
                onDrawn={() => setDrawn(true)}
              />
            </div>
          </div>
        )}
      </div>
    </section>
  );
}
