import { decimate, type ReferenceLine, type Series, type Unit } from './series.ts';
import { UNITS } from './units.ts';
import { lastEpoch } from './xScale.ts';

/** What Plotly is told of a chart, on the page and in a picture of it. */
export interface ChartContent {
  readonly series: readonly Series[];
  readonly kind: 'line' | 'stacked';
  readonly unit: Unit;
  readonly yRange?: readonly [number, number];
  readonly lines?: readonly ReferenceLine[];
  /** An epoch that is marked by a vertical line: the one that the rest of the page shows, where it is not the latest. */
  readonly at?: number | null;
}

/** Colours of what is not a curve. */
export interface Ink {
  readonly text: string;
  readonly grid: string;
}

export const LIGHT: Ink = { text: '#5b626b', grid: '#e4e4e0' };
export const DARK: Ink = { text: '#9ba3ad', grid: '#30343a' };

/** Pixels beside the axes; `10,000 ms` has room on the left, and half of `10,000` on the right. */
export const MARGIN = { l: 58, r: 18, t: 6, b: 24 } as const;

/**
 * Labels lie flat, and within the margins: to find out whether one sticks out Plotly measures all of them for each, whether they touch once more, and
 * each measurement makes the browser lay out the page again. That was two thirds of a drawing.
 */
const LABELS = { type: 'linear', autotypenumbers: 'strict', tickangle: 0, ticklabeloverflow: 'allow' } as const;

export function traces({ series, kind }: ChartContent): object[] {
  // Later traces lie in front.
  const ordered = kind === 'stacked' ? series : series.toReversed();
  return [...ordered.flatMap(band), ...ordered.map((one) => trace(one, kind))];
}

function trace(one: Series, kind: ChartContent['kind']): object {
  const { x, y } = decimate(one);
  const line = { color: one.color, width: kind === 'stacked' ? 0.5 : 1.6, dash: one.dash ? 'dash' : 'solid' };
  const stack = kind === 'stacked' ? { stackgroup: 'one', fillcolor: one.color } : {};
  const mode = x.length === 1 ? 'lines+markers' : 'lines';
  return { type: 'scatter', mode, name: one.name, x, y, line, opacity: one.faint ? 0.55 : 1, ...stack };
}

/** A line below and one above, neither to be seen, and what is between them filled. */
function band({ x, band, color }: Series): object[] {
  if (!band) return [];
  const common = { type: 'scatter', mode: 'lines', line: { width: 0 }, showlegend: false };
  return [
    { ...common, ...decimate({ x, y: band.low }) },
    { ...common, ...decimate({ x, y: band.high }), fill: 'tonexty', fillcolor: `${color}2e` },
  ];
}

export function layout({ series, kind, unit, yRange, lines = [], at = null }: ChartContent, { text, grid }: Ink) {
  const { tickformat, ticksuffix } = UNITS[unit];
  const axis = { ...LABELS, color: text, gridcolor: grid, zeroline: false, linecolor: grid, exponentformat: 'none' };
  const last = lastEpoch(series);
  return {
    margin: MARGIN,
    font: { family: 'system-ui, sans-serif', size: 10, color: text },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    showlegend: false,
    // The line through all charts and their legends tell the values.
    hovermode: false,
    // A zoom survives new points.
    uirevision: 'kept',
    // Epochs are whole.
    xaxis: { ...axis, range: [0, Math.max(2, last)], dtick: last <= 10 ? 1 : undefined },
    yaxis: { ...axis, tickformat, ticksuffix, range: yRange, rangemode: kind === 'stacked' ? 'tozero' : 'normal' },
    shapes: [
      ...lines.map(({ y }) => ({ xref: 'paper', x0: 0, x1: 1, y0: y, y1: y, dash: 'dot' })),
      ...(at === null ? [] : [{ yref: 'paper', x0: at, x1: at, y0: 0, y1: 1, dash: 'solid' }]),
    ].map(({ dash, ...where }) => ({ type: 'line', ...where, line: { color: text, width: 1, dash } })),
    annotations: lines.map(({ y, label }) => ({
      xref: 'paper',
      x: 1,
      xanchor: 'right',
      y,
      yanchor: 'bottom',
      text: label,
      showarrow: false,
      font: { size: 10, color: text },
    })),
  };
}
