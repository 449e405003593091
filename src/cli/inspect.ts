import { DEFAULTS } from '../config/schema.ts';
import type { Invocation } from './args.ts';
import { findData, openData } from './data.ts';
import { formatCount, formatPercent, printable, say } from './output.ts';
import { type GraphSummary, summarize } from './summary.ts';

/** Classes and splits that are listed one by one; a file may hold thousands. */
const LISTED = 50;

/** `edgewise inspect`: what was understood of a file, a folder or a dataset. */
export async function inspect(invocation: Invocation): Promise<void> {
  const summary = summarize((await openData(findData(invocation.positionals[0]), DEFAULTS)).graph);
  if (invocation.json) say(JSON.stringify(summary));
  else for (const line of inspectionLines(summary)) say(printable(line));
}

export function inspectionLines(summary: GraphSummary): string[] {
  const { features, degree, classes, splits, labelled, homophily, nodes } = summary;
  const kind = [summary.directed ? 'directed' : 'undirected', summary.weighted ? 'weighted' : 'unweighted'].join(', ');
  const density = features.nonZeros === null ? null : features.nonZeros / Math.max(1, nodes * features.count);
  const largest = Math.max(0, ...classes.map((entry) => entry.nodes));
  const lines = [
    `name       ${summary.name}`,
    `nodes      ${formatCount(nodes)}`,
    `edges      ${formatCount(summary.edges)} (${kind})`,
    `features   ${formatCount(features.count)} (${features.storage}${density === null ? '' : `, ${formatPercent(density)} non-zero`})`,
    `degree     mean ${degree.mean.toFixed(2)}, median ${degree.median}, largest ${formatCount(degree.max)}, ` +
      `isolated nodes ${formatCount(degree.isolated)}`,
    `homophily  ${homophily === null ? 'unknown: the graph stays in its store, or no edge joins two labelled nodes' : homophily.toFixed(3)}`,
    `labels     ${formatCount(labelled)} of ${formatCount(nodes)} nodes` +
      (labelled > 0 ? `, majority ${formatPercent(largest / labelled)}` : ''),
    `classes    ${classes.length}`,
  ];
  for (const entry of [...classes].sort((a, b) => b.nodes - a.nodes).slice(0, LISTED)) {
    lines.push(`           ${entry.name}: ${formatCount(entry.nodes)}`);
  }
  if (classes.length > LISTED) lines.push(`           and ${classes.length - LISTED} more`);
  for (const [i, { train, validation, test }] of splits.slice(0, LISTED).entries()) {
    lines.push(
      `split ${String(i).padEnd(5)}${formatCount(train)} train, ${formatCount(validation)} validation, ${formatCount(test)} test`,
    );
  }
  for (const note of summary.notes) lines.push(`note       ${note}`);
  return lines;
}
