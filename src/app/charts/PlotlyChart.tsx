import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { inTurn, loadPlotly } from './loadPlotly.ts';
import { decimate, type ReferenceLine, type Series, type Unit } from './series.ts';
import { UNITS } from './units.ts';

export interface PlotlyChartProps {
  readonly series: readonly Series[];
  readonly kind: 'line' | 'stacked';
  readonly unit: Unit;
  readonly yRange?: readonly [number, number];
  readonly lines?: readonly ReferenceLine[];
  /** An epoch that is marked by a vertical line. */
  readonly at?: number | null;
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
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const latest = useRef(props);
  latest.current = props;
  const [painter] = useState(newPainter);
  const { series, kind, unit, yRange, lines, at, width, height, visible } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is read when its turn comes; these say that it changed
  useEffect(() => {
    if (!visible || width === 0) return;
    painter.ask(async () => {
      const plotly = await loadPlotly();
      const { current } = place;
      if (!current || document.visibilityState === 'hidden') return;
      const now = latest.current;
      await plotly.react(current, traces(now), layout(now, scheme === 'dark'), CONFIG);
      now.onDrawn();
    });
  }, [series, kind, unit, yRange, lines, at, width, height, visible, scheme, painter]);
  useEffect(() => {
    const { current } = place;
    return () => {
      painter.stop();
      if (current?.hasChildNodes()) void loadPlotly().then((plotly) => plotly.purge(current));
    };
  }, [painter]);
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

function traces({ series, kind }: PlotlyChartProps): object[] {
  // Later traces lie in front.
  const ordered = kind === 'stacked' ? series : series.toReversed();
  return ordered.map((one) => {
    const { x, y } = decimate(one);
    const line = { color: one.color, width: kind === 'stacked' ? 0.5 : 1.6, dash: one.dash ? 'dash' : 'solid' };
    const stack = kind === 'stacked' ? { stackgroup: 'one', fillcolor: one.color } : {};
    const mode = x.length === 1 ? 'lines+markers' : 'lines';
    return { type: 'scatter', mode, name: one.name, x, y, line, opacity: one.faint ? 0.55 : 1, ...stack };
  });
}

function layout(props: PlotlyChartProps, dark: boolean): object {
  const { series, unit, yRange, lines = [], at = null, width, height, kind } = props;
  const ink = dark ? '#9ba3ad' : '#5b626b';
  const grid = dark ? '#30343a' : '#e4e4e0';
  const { tickformat, hoverformat, ticksuffix } = UNITS[unit];
  const axis = { color: ink, gridcolor: grid, zeroline: false, linecolor: grid, exponentformat: 'none' };
  const last = Math.max(0, ...series.map(({ x }) => x.at(-1) ?? 0));
  return {
    width,
    height,
    margin: { l: 48, r: 10, t: 6, b: 24 },
    font: { family: 'system-ui, sans-serif', size: 10, color: ink },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    showlegend: false,
    hovermode: 'x unified',
    hoverlabel: { bgcolor: dark ? '#1c1f23' : '#ffffff', bordercolor: grid, font: { size: 11 } },
    // A zoom survives new points.
    uirevision: 'kept',
    // Epochs are whole.
    xaxis: { ...axis, hoverformat: ',d', range: [0, Math.max(2, last)], dtick: last <= 10 ? 1 : undefined },
    yaxis: {
      ...axis,
      tickformat,
      hoverformat,
      ticksuffix,
      range: yRange,
      rangemode: kind === 'stacked' ? 'tozero' : 'normal',
    },
    shapes: [
      ...lines.map(({ y }) => ({ xref: 'paper', x0: 0, x1: 1, y0: y, y1: y, dash: 'dot' })),
      ...(at === null ? [] : [{ yref: 'paper', x0: at, x1: at, y0: 0, y1: 1, dash: 'solid' }]),
    ].map(({ dash, ...where }) => ({ type: 'line', ...where, line: { color: ink, width: 1, dash } })),
    annotations: lines.map(({ y, label }) => ({
      xref: 'paper',
      x: 1,
      xanchor: 'right',
      y,
      yanchor: 'bottom',
      text: label,
      showarrow: false,
      font: { size: 10, color: ink },
    })),
  };
}
