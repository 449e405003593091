import { csvText } from '../inspect/csv.ts';
import { saveFile } from '../inspect/saveFile.ts';
import { chartRows } from './chartRows.ts';
import { type ChartContent, layout, traces } from './figure.ts';
import { loadPlotly } from './loadPlotly.ts';

/** Charts as files: a drawing for a paper, a picture for a slide, the numbers for anything else. */

export interface NamedChart extends ChartContent {
  readonly title: string;
}

export const FORMATS = [
  { format: 'png', name: 'PNG' },
  { format: 'svg', name: 'SVG' },
  { format: 'csv', name: 'CSV' },
] as const;

type Format = (typeof FORMATS)[number]['format'];

/** Pixels of an SVG; a PNG has twice as many, for screens and printers that do. */
const SIZE = { width: 800, height: 480 } as const;

/** The same whatever theme the page is in. */
const ON_PAPER = { text: '#222222', grid: '#dddddd' } as const;

export async function saveChart(chart: NamedChart, format: Format): Promise<void> {
  const name = `edgewise ${chart.title.toLowerCase()}.${format}`;
  if (format === 'csv') {
    saveFile(name, csvText(chartRows(chart.series)), 'text/csv');
    return;
  }
  const plotly = await loadPlotly();
  const figure = { data: traces(chart), layout: paperLayout(chart), config: { staticPlot: true } };
  const data = await plotly.toImage(figure, { format, ...SIZE, scale: format === 'png' ? 2 : 1, imageDataOnly: true });
  if (format === 'svg') saveFile(name, data, 'image/svg+xml');
  else
    saveFile(
      name,
      Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)),
      'image/png',
    );
}

/** With what the page says around a chart: its title, its axes and its legend, on white. */
function paperLayout(chart: NamedChart): object {
  const { xaxis, yaxis, font, ...rest } = layout(chart, ON_PAPER);
  return {
    ...rest,
    ...SIZE,
    title: { text: chart.title, font: { size: 18 } },
    font: { ...font, size: 13 },
    margin: { l: 80, r: 24, t: 56, b: 110 },
    paper_bgcolor: '#ffffff',
    plot_bgcolor: '#ffffff',
    showlegend: true,
    legend: { orientation: 'h', y: -0.2, traceorder: chart.kind === 'stacked' ? 'normal' : 'reversed' },
    xaxis: { ...xaxis, title: { text: 'epoch' } },
    yaxis: { ...yaxis, title: { text: chart.title.toLowerCase() } },
  };
}
