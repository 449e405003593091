import { DEFAULTS } from '../config/schema.ts';
import type { Understood } from '../graph/understand.ts';
import type { Invocation } from './args.ts';
import { findData, openData } from './data.ts';
import { formatCount, formatPercent, printable, say } from './output.ts';
import { type GraphSummary, summarize } from './summary.ts';

/** Classes and splits that are listed one by one; a file may hold thousands. */
const LISTED = 50;

/** `edgewise inspect`: what was understood of a file, a folder or a dataset. */
export async function inspect(invocation: Invocation): Promise<void> {
  const { graph, understood } = await openData(findData(invocation.positionals[0]), DEFAULTS, invocation.read);
  const summary = summarize(graph);
  if (invocation.json) say(JSON.stringify({ ...summary, read: understood }));
  else
    for (const line of [...(understood ? readLines(understood) : []), ...inspectionLines(summary)])
      say(printable(line));
}

/** Columns of a table that are listed one by one; a node table may have thousands of features. */
const LISTED_COLUMNS = 12;

/** How the files were read, and what of their edges the graph lacks. */
export function readLines({ what, tables, mat, graph }: Understood): string[] {
  const lines = [`read as    ${what}`];
  for (const { file, delimiter, header, columns } of tables) {
    const first = header ? 'the first line names the columns' : 'no line names the columns';
    lines.push(`           ${file}: delimiter ${delimiter}, ${first}`);
    const listed = columns
      .map(({ name, role }, i) => ({ i, role, text: `${name ?? `column ${i + 1}`} → ${role}` }))
      .filter(({ i, role }) => i < LISTED_COLUMNS || role !== 'feature');
    const more = columns.length - listed.length;
    lines.push(
      `           ${listed.map(({ text }) => text).join(', ')}${more > 0 ? ` and ${more} more features` : ''}`,
    );
  }
  for (const [role, name] of Object.entries(mat?.roles ?? {})) lines.push(`           ${role}: ${name ?? 'none'}`);
  if (!graph) return lines;
  const { loops, duplicates } = graph.dropped;
  const dropped =
    loops + duplicates === 0
      ? 'all kept'
      : `${formatCount(loops)} self-loops dropped, ${formatCount(duplicates)} duplicates merged`;
  lines.push(`listed     ${formatCount(graph.listed)} edges, ${dropped}`);
  lines.push(`ids        ${graph.named ? 'as the files name the nodes' : 'numbers from 0'}`);
  return lines;
}

export function inspectionLines(summary: GraphSummary): string[] {
  const { features, degree, classes, splits, labelled, labelsPerNode, homophily, nodes } = summary;
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
      (labelled > 0 ? `, majority ${formatPercent(largest / labelled)}` : '') +
      (labelsPerNode === null ? '' : `; multi-label, ${labelsPerNode.toFixed(2)} per labelled node`),
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
