/**
 * An edge list: one line per edge, two ids and an optional weight, in the columns that edgeColumns.ts finds.
 *
 * Without a node table the ids make the nodes. Integers that are nearly dense are taken as node numbers, so that gaps are
 * isolated nodes; where 1 is the lowest, they count from 1. Everything else is numbered in order of first appearance.
 */
import { InputError } from '../config/errors.ts';
import { type EdgeColumns, edgeColumns, isEdgeHeader } from './edgeColumns.ts';
import { type GrowingFloats, type GrowingIds, growingFloats, growingIds } from './growing.ts';
import type { TableChoice } from './readChoices.ts';
import type { TableRow, TextTable } from './textTable.ts';
import { isNumber, openTable, quote } from './textTable.ts';

/** A JavaScript Map holds no more. */
const MOST_NAMES = 2 ** 24 - 1;

/** Node numbers of ids that something else (a node table) defined. */
export interface KnownIds {
  readonly count: number;
  /** The node's number, -1 where the id is unknown. */
  readonly find: (row: TableRow, column: number) => number;
}

export interface EdgeList {
  readonly nodes: number;
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Float32Array | null;
  /** Null where nodes are numbered from 0, or `known` names them. */
  readonly nodeIds: readonly string[] | null;
  readonly notes: readonly string[];
}

/**
 * Reads an edge list; every id must be in `known`, where that is given.
 * @throws InputError with the line where an id is missing or unknown or a weight is not a finite number
 */
export function readEdgeList(
  bytes: Uint8Array,
  where: string,
  known: KnownIds | null,
  choice: TableChoice = {},
): EdgeList {
  const table = openTable(bytes, where, isEdgeHeader, choice);
  const { columns, notes } = edgeColumns(table, choice);
  if (known) {
    const edges = collect(table, columns, nodeByTable(table, known));
    return { ...(edges as Edges), nodes: known.count, nodeIds: null, notes };
  }
  const numbered = collect(table, columns, (row, column) => row.id(column));
  if (numbered?.source.length === 0)
    throw new InputError(`${where}: holds no edges; check that this is the right file.`);
  if (numbered) return numberNodes(numbered, where, notes);

  const numbers = new Map<string, number>();
  const named = collect(table, columns, nodeByName(table, numbers));
  return { ...(named as Edges), nodes: numbers.size, nodeIds: [...numbers.keys()], notes };
}

/** Finds ids in the node table that defined them. */
export function nodeByTable({ where }: TextTable, known: KnownIds): NodeOf {
  return (row, column) => {
    const node = known.find(row, column);
    if (node >= 0) return node;
    const id = quote(row.text(column));
    throw new InputError(`${where}: line ${row.line} names the node ${id}, which the node table lacks; add it there.`);
  };
}

/** Numbers ids of any kind by their first appearance. */
export function nodeByName(table: TextTable, numbers: Map<string, number>): NodeOf {
  const { where } = table;
  return (row, column) => {
    const id = row.text(column);
    if (id === '') {
      throw new InputError(`${where}: line ${row.line} has no id in ${table.columnName(column)}; fill it in.`);
    }
    if (isNumber(id) && !Number.isInteger(Number(id))) {
      throw new InputError(
        `${where}: line ${row.line} has ${quote(id)} where the id of a node is expected; give an edge list, two ids on ` +
          'each line (features belong into a node table).',
      );
    }
    const node = numbers.get(id) ?? numbers.size;
    if (node === numbers.size) remember(numbers, id, where);
    return node;
  };
}

type Edges = Pick<EdgeList, 'source' | 'target' | 'weight'>;

/** All edges, or null as soon as `nodeOf` returns -1. */
function collect(table: TextTable, columns: EdgeColumns, nodeOf: NodeOf): Edges | null {
  const edges = growingEdges(columns);
  let complete = true;
  table.scan((row) => {
    complete = readEdge(row, table, columns, nodeOf, edges);
    return complete;
  });
  if (!complete) return null;
  const { source, target, weight } = edges;
  return { source: source.finish(), target: target.finish(), weight: weight?.finish() ?? null };
}

export type NodeOf = (row: TableRow, column: number) => number;

/** Edges whose number is not known yet. */
export interface GrowingEdges {
  readonly source: GrowingIds;
  readonly target: GrowingIds;
  readonly weight: GrowingFloats | null;
}

export function growingEdges({ weight }: EdgeColumns): GrowingEdges {
  return { source: growingIds(), target: growingIds(), weight: weight === null ? null : growingFloats() };
}

/** Reads the edge of a row; false where `nodeOf` returns -1. */
export function readEdge(
  row: TableRow,
  table: Pick<TextTable, 'where' | 'columnName'>,
  columns: EdgeColumns,
  nodeOf: NodeOf,
  { source, target, weight }: GrowingEdges,
): boolean {
  const from = nodeOf(row, columns.source);
  const to = nodeOf(row, columns.target);
  if (from < 0 || to < 0) return false;
  source.push(from);
  target.push(to);
  if (columns.weight === null) return true;
  const value = Math.fround(row.number(columns.weight));
  if (!Number.isFinite(value)) {
    throw new InputError(
      `${table.where}: line ${row.line}, ${table.columnName(columns.weight)} holds ${quote(row.text(columns.weight))} ` +
        'where a finite weight is expected; correct it or remove the column.',
    );
  }
  weight?.push(value);
  return true;
}

/** Turns integer ids into node numbers, as the head of this file says. */
function numberNodes({ source, target, weight }: Edges, where: string, notes: string[]): EdgeList {
  let lowest = source[0];
  let highest = source[0];
  for (const ids of [source, target]) {
    for (const id of ids) {
      if (id < lowest) lowest = id;
      if (id > highest) highest = id;
    }
  }
  const seen = (bound: number) => {
    const flags = new Uint8Array(bound);
    for (const id of source) flags[id] = 1;
    for (const id of target) flags[id] = 1;
    return flags.reduce((sum, flag) => sum + flag, 0);
  };
  const numbering = denseNumbering({ edges: source.length, lowest, highest, distinct: seen }, where, notes);
  if (numbering) {
    const { base, nodes } = numbering;
    if (base === 1) {
      for (let e = 0; e < source.length; e++) source[e]--;
      for (let e = 0; e < target.length; e++) target[e]--;
    }
    return { nodes, source, target, weight, nodeIds: numbering.nodeIds, notes };
  }
  const numbers = new Map<number, number>();
  for (let e = 0; e < source.length; e++) {
    for (const ids of [source, target]) {
      const node = numbers.get(ids[e]) ?? numbers.size;
      if (node === numbers.size) remember(numbers, ids[e], where);
      ids[e] = node;
    }
  }
  return { nodes: numbers.size, source, target, weight, nodeIds: Array.from(numbers.keys(), String), notes };
}

/** What is known of integer ids when all edges were seen. */
export interface SeenIds {
  readonly edges: number;
  readonly lowest: number;
  readonly highest: number;
  /** How many ids below `bound` were seen, which is beyond the highest. */
  readonly distinct: (bound: number) => number;
}

/** Whether ids up to the highest may be node numbers, where so many different ones were seen. */
export const isDense = (highest: number, distinct: number) => highest < 4 * distinct + 16;

/** Ids as node numbers from `base` on; adds to the notes. Null where they are too sparse for that. */
export function denseNumbering(
  { edges, lowest, highest, distinct }: SeenIds,
  where: string,
  notes: string[],
): { base: 0 | 1; nodes: number; nodeIds: string[] | null } | null {
  // Decided before anything of that size is made: more distinct ids than ends of edges there cannot be.
  if (!isDense(highest, 2 * edges)) return null;
  const count = distinct(highest + 1);
  if (!isDense(highest, count)) return null;
  const base = lowest === 1 ? 1 : 0;
  const nodes = highest + 1 - base;
  if (base === 1) notes.push(`${where}: ids count from 1.`);
  if (count < nodes) notes.push(`${where}: ${nodes - count} ids never appear, taken as isolated nodes.`);
  return { base, nodes, nodeIds: base === 1 ? Array.from({ length: nodes }, (_, v) => String(v + 1)) : null };
}

export function remember<Id>(numbers: Map<Id, number>, id: Id, where: string): void {
  if (numbers.size >= MOST_NAMES) {
    throw new InputError(`${where}: names more than ${MOST_NAMES} nodes; number them from 0 instead.`);
  }
  numbers.set(id, numbers.size);
}
