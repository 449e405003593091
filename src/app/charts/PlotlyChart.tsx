import { useComputedColorScheme } from '@mantine/core';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { type ChartContent, DARK, LIGHT, layout, MARGIN, traces } from './figure.ts';
import { inTurn, loadPlotly } from './loadPlotly.ts';
import type { XScale } from './xScale.ts';

export interface PlotlyChartProps extends ChartContent {
  /** The element that is drawn in. */
  readonly place: RefObject<HTMLDivElement | null>;
  readonly width: number;
  readonly height: number;
  /** Off the screen a chart is not drawn. */
  readonly visible: boolean;
  /** Called when the first drawing is there. */
  readonly onDrawn: () => void;
}

/** At most four drawings a second. */
const BETWEEN_MS = 250;

/** Plotly in React: drawn when something has changed, it is visible, and its turn has come. */
export function PlotlyChart(props: PlotlyChartProps) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const latest = useRef(props);
  latest.current = props;
  const [painter] = useState(newPainter);
  const { place, series, kind, unit, yRange, lines, at, width, height, visible } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is read when its turn comes; these say that it changed
  useEffect(() => {
    if (!visible || width === 0) return;
    painter.ask(async () => {
      const plotly = await loadPlotly();
      const { current } = place;
      if (!current || document.visibilityState === 'hidden') return;
      const now = latest.current;
      const size = { width: now.width, height: now.height };
      const ink = scheme === 'dark' ? DARK : LIGHT;
      await plotly.react(current, traces(now), { ...layout(now, ink), ...size }, CONFIG);
      now.onDrawn();
    });
  }, [series, kind, unit, yRange, lines, at, width, height, visible, scheme, painter, place]);
  useEffect(() => {
    const { current } = place;
    return () => {
      painter.stop();
      if (current?.hasChildNodes()) void loadPlotly().then((plotly) => plotly.purge(current));
    };
  }, [painter, place]);
  return <div ref={place} style={{ width, height }} />;
}

/** Draws the latest of what was asked for, not more often than BETWEEN_MS. */
function newPainter() {
  let wanted: (() => Promise<void>) | null = null;
  let busy = false;
  let stopped = false;
  const go = async () => {
    if (busy) return;
    busy = true;
    while (wanted && !stopped) {
      const work = wanted;
      wanted = null;
      await loadPlotly();
      await inTurn(work);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    busy = false;
  };
  return {
    ask(work: () => Promise<void>) {
      stopped = false;
      wanted = work;
      void go();
    },
    stop() {
      stopped = true;
    },
  };
}

// Drag zooms, a double click shows all; the bar of buttons would be all that a keyboard could reach inside a picture.
const CONFIG = { displayModeBar: false, responsive: false };

/** The epochs that it shows now, zoomed or not. https://plotly.com/javascript/reference/layout/xaxis/#layout-xaxis-range */
export function plotlyScale(place: HTMLElement): XScale {
  const { layout: drawn } = place as HTMLElement & { layout?: ReturnType<typeof layout> };
  const [from, to] = drawn?.xaxis.range ?? [0, 0];
  return { left: MARGIN.l, right: MARGIN.r, from, to };
}
