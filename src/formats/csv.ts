/**
 * A graph from text: an edge list (edgeList.ts) and, if there is one, a node table (nodeTable.ts) that defines the nodes.
 */
import { isEdgeHeader } from './edgeColumns.ts';
import { readEdgeList } from './edgeList.ts';
import type { GraphData } from './graphData.ts';
import { isNodeHeader } from './nodeColumns.ts';
import { readNodeTable } from './nodeTable.ts';
import { type ReadChoices, type TableChoice, type TableKind, tableChoice } from './readChoices.ts';
import { openTable } from './textTable.ts';

/** A file by its name (for messages, without folders) and its bytes. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads an edge list and an optional node table. With a table, its rows are the nodes and an edge may name no other.
 * @throws InputError with file and line for anything that does not fit
 */
export function readCsvGraph(edgeFile: NamedBytes, nodeFile: NamedBytes | null, choices: ReadChoices = {}): GraphData {
  const table = nodeFile && readNodeTable(nodeFile.bytes, nodeFile.name, tableChoice(choices, nodeFile.name));
  const { nodes, source, target, weight, nodeIds, notes } = readEdgeList(
    edgeFile.bytes,
    edgeFile.name,
    table?.ids ?? null,
    tableChoice(choices, edgeFile.name),
  );
  return {
    name: graphName(edgeFile.name),
    nodes,
    source,
    target,
    weight,
    features: table?.features ?? null,
    featureNames: table?.featureNames ?? null,
    labels: table?.labels ?? null,
    labelSets: table?.labelSets ?? null,
    classNames: table?.classNames ?? [],
    splits: table?.splits ?? [],
    nodeIds: table ? table.nodeIds : nodeIds,
    positions: null,
    notes: [...(table?.notes ?? []), ...notes],
  };
}

/** What the graph of an edge list is called: the file without its ending. */
export function graphName(file: string): string {
  return file.replace(/(\.(csv|tsv|txt|tab|edges|edgelist|cites))?(\.gz)?$/i, '');
}

/** What the header line says the table is; null where there is none or it says nothing. */
export function tableRole({ name, bytes }: NamedBytes, choice: TableChoice = {}): TableKind | null {
  const { header } = openTable(bytes, name, (names) => isEdgeHeader(names) || isNodeHeader(names), choice);
  if (!header) return null;
  return isEdgeHeader(header) ? 'edges' : isNodeHeader(header) ? 'nodes' : null;
}
