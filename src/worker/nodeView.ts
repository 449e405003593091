import { InputError } from '../config/errors.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import type { DenseTable, Table, TableName } from '../graph/request.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { graphRows } from './graphRows.ts';
import type { FeaturesView, NamedNode, NodeView } from './protocol.ts';

/** One node, looked at closely. */

/** What a card has room for. */
const MOST_NEIGHBOURS = 20;
const MOST_FEATURES = 20;

/**
 * A node by its name or its number, with the first of its neighbours and the largest of its features.
 *
 * @param store where the graph lies, if it stays there: then two rows of it are read
 * @throws InputError where there is no such node, or its rows are damaged
 */
export async function nodeView(
  graph: AnyGraph,
  which: string | number,
  store: ChunkStore | undefined,
): Promise<NodeView> {
  const node = findNode(graph, which);
  const { serve } = await graphRows(graph, store);
  const row = async (table: TableName) => (await serve({ table, rows: Uint32Array.of(node) })).table;
  const neighbours = ((await row('neighbors')) as CsrMatrix).indices;
  return {
    ...named(graph, node),
    splits: graph.splits.map((split) => split[node]),
    degree: neighbours.length,
    directed: !graph.symmetric,
    selfLoop: neighbours.includes(node),
    neighbours: Array.from(neighbours.subarray(0, MOST_NEIGHBOURS), (neighbour) => named(graph, neighbour)),
    features: featuresView(await row('features'), graph.featureNames ?? [], node, graph.nodes),
  };
}

/** By its name first: in some graphs names are numbers. Throws InputError where there is no such node. */
export function findNode({ name, nodes, nodeIds }: AnyGraph, which: string | number): number {
  const byName = typeof which === 'string' ? (nodeIds?.indexOf(which) ?? -1) : -1;
  if (byName >= 0) return byName;
  const wanted = typeof which === 'string' ? which.trim() : String(which);
  const number = /^\d+$/.test(wanted) ? Number(wanted) : Number.NaN;
  if (number < nodes) return number;
  const lower = wanted.toLowerCase();
  const alike = nodeIds?.findIndex((id) => id.toLowerCase() === lower) ?? -1;
  if (alike >= 0) return alike;
  const how = nodeIds ? 'one of its names, or a number' : 'a number';
  throw new InputError(`${name} has no node "${wanted.slice(0, 80)}": type ${how} from 0 to ${nodes - 1}.`);
}

/** What a node is called, and its classes. */
export function named({ labels, labelSets, nodeIds }: AnyGraph, node: number): NamedNode {
  const one = labels[node] < 0 ? [] : [labels[node]];
  const all = labelSets?.indices.subarray(labelSets.indptr[node], labelSets.indptr[node + 1]) ?? one;
  return { node, name: nodeIds?.[node] ?? null, labels: Array.from(all) };
}

/** The largest by their absolute value, of equals the first; null where the graph has no features but one learned vector per node. */
function featuresView(row: Table, names: readonly string[], node: number, nodes: number): FeaturesView | null {
  const entries = row.kind === 'sparse' ? sparseEntries(row) : denseEntries(row);
  if (row.kind === 'sparse' && row.cols === nodes && !row.values && entries.length === 1 && entries[0].column === node)
    return null;
  const largest = entries.sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.column - b.column);
  return {
    of: row.cols,
    nonZero: entries.length,
    largest: largest.slice(0, MOST_FEATURES).map((entry) => ({ ...entry, name: names[entry.column] ?? null })),
  };
}

function sparseEntries({ indices, values }: CsrMatrix) {
  return Array.from(indices, (column, i) => ({ column, value: values?.[i] ?? 1 })).filter(({ value }) => value !== 0);
}

function denseEntries({ values }: DenseTable) {
  return Array.from(values, (value, column) => ({ column, value })).filter(({ value }) => value !== 0);
}
