import { useElementSize, useIntersection } from '@mantine/hooks';
import { lazy, memo, type PointerEvent, Suspense, useEffect, useRef, useState } from 'react';
import { Help } from '../glossary/Help.tsx';
import { usePage } from '../state/store.ts';
import classes from './Chart.module.css';
import { Crosshair } from './Crosshair.tsx';
import type { ChartContent } from './figure.ts';
import { hoverEpoch } from './hoveredEpoch.ts';
import { Legend } from './Legend.tsx';
import { takeChart } from './loadPlotly.ts';
import { PlotlyChart, plotlyScale } from './PlotlyChart.tsx';
import { Sparkline, sparklineScale } from './Sparkline.tsx';
import { stacked } from './series.ts';
import { UNITS } from './units.ts';
import { epochAt, lastEpoch } from './xScale.ts';

const ChartDownloads = lazy(async () => ({ default: (await import('./ChartDownloads.tsx')).ChartDownloads }));

const NO_RUN = 'No run can begin as things are: the memory plan says why.';

export interface ChartProps extends ChartContent {
  readonly title: string;
  readonly help: string;
  /** Of the drawing, in pixels. */
  readonly height: number;
  /** Why there is no curve, where it is for another reason than that nothing was trained yet. */
  readonly nothing?: string;
}

/** One chart: a plain canvas first, the charts' library when it is there, at the same place and size. Drawn anew when a property is another one. */
export const Chart = memo(function Chart(props: ChartProps) {
  const { title, help, kind, unit, series, yRange, lines, at, height, nothing } = props;
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const { ref: sightRef, entry } = useIntersection({ threshold: 0 });
  const plot = useRef<HTMLDivElement>(null);
  /** Whether the charts' library has drawn it. */
  const [drawn, setDrawn] = useState(false);
  const refused = usePage((state) => state.refusal !== null);
  const empty = series.every(({ x }) => x.length === 0);
  useEffect(() => {
    if (empty) setDrawn(false);
  }, [empty]);
  const scale = () => (drawn && plot.current ? plotlyScale(plot.current) : sparklineScale(series));
  const point = ({ clientX, currentTarget }: PointerEvent<HTMLElement>) => {
    const pixel = clientX - currentTarget.getBoundingClientRect().left;
    hoverEpoch(epochAt(scale(), width, pixel, lastEpoch(series)));
  };
  const last = series.map(({ name, y }) => `${name} ${UNITS[unit].format(y.at(-1) ?? Number.NaN)}`);
  const flat = kind === 'stacked' ? stacked(series).toReversed() : series;
  return (
    <section ref={sightRef} className={classes.chart} aria-label={`${title} chart`} onFocus={takeChart}>
      <header className={classes.head}>
        <h2>
          {title}
          <Help about={title.toLowerCase()}>{help}</Help>
        </h2>
        <Legend series={series} unit={unit} />
        {drawn && (
          <Suspense>
            <ChartDownloads chart={{ title, kind, unit, series, yRange, lines }} />
          </Suspense>
        )}
      </header>
      <div
        ref={sizeRef}
        className={classes.place}
        style={{ height }}
        onPointerDown={takeChart}
        onPointerMove={point}
        onPointerLeave={() => hoverEpoch(null)}
      >
        {empty ? (
          <p className={classes.empty}>
            {nothing ??
              (series.length > 0
                ? 'The first epoch is under way.'
                : refused
                  ? NO_RUN
                  : 'Press Train to draw the first point.')}
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
                place={plot}
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
            <Crosshair scale={scale} width={width} />
          </div>
        )}
      </div>
    </section>
  );
});
