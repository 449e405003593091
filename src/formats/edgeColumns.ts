/**
 * Which columns of an edge list are what: by their names (source, target, weight and their usual synonyms), else the first
 * two are the ends, and the third is the weight where it is a number and nothing names it.
 */
import { InputError } from '../config/errors.ts';
import { chooseRoles, type Role, type TableChoice } from './readChoices.ts';
import { normalName, type TextTable } from './textTable.ts';

const NAMES = {
  source: /^(source|src|from|start|citing|u|node1|id1)(node)?(id)?$/,
  target: /^(target|dst|dest|destination|to|end|cited|v|node2|id2)(node)?(id)?$/,
  weight: /^(weight|weights|edgeweight|w|value|strength)$/,
};

export interface EdgeColumns {
  readonly source: number;
  readonly target: number;
  readonly weight: number | null;
}

/** Whether a header names both ends of an edge. */
export function isEdgeHeader(names: readonly string[]): boolean {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(normalName(name)));
  return has(NAMES.source) && has(NAMES.target);
}

/** The role of each column. @throws InputError where a choice does not fit the table */
export function edgeRoles(table: TextTable, { columns = [] }: TableChoice = {}): Role<'edges'>[] {
  const roles = chooseRoles('edges', foundRoles(table), table, columns);
  const chosen = (i: number) => columns.some(({ column }) => column === i || column === table.header?.[i]);
  // Both ends are needed: who chooses one of two columns has chosen the other.
  for (const end of ['source', 'target'] as const) {
    const free = roles.findIndex((role, i) => role === 'ignore' && !chosen(i));
    if (!roles.includes(end) && free >= 0) roles[free] = end;
  }
  return roles;
}

/** Columns and, in words, what was assumed of them. @throws InputError where there are no two ends */
export function edgeColumns(table: TextTable, choice: TableChoice = {}): { columns: EdgeColumns; notes: string[] } {
  const { where, width, header, columnName } = table;
  if (width < 2) throw new InputError(`${where}: has only one column; an edge list needs two ids on each line.`);
  const roles = edgeRoles(table, choice);
  const [source, target, weight] = (['source', 'target', 'weight'] as const).map((role) => roles.indexOf(role));
  if (source < 0 || target < 0) {
    throw new InputError(`${where}: has no column for the ${source < 0 ? 'source' : 'target'} of an edge; choose one.`);
  }
  const notes: string[] = [];
  if (header && choice.header === undefined && !isEdgeHeader(header)) {
    notes.push(`${where}: the first line is read as the names of the columns.`);
  }
  if (weight >= 0 && !header && !choice.columns?.length) {
    notes.push(`${where}: ${columnName(weight)} is read as the weight of the edges.`);
  }
  const unused = Array.from({ length: width }, (_, i) => i)
    .filter((i) => roles[i] === 'ignore')
    .map(columnName);
  if (unused.length > 0) notes.push(`${where}: ${unused.slice(0, 5).join(', ')} not used.`);
  return { columns: { source, target, weight: weight < 0 ? null : weight }, notes };
}

function foundRoles(table: TextTable): Role<'edges'>[] {
  const names = table.header?.map(normalName) ?? [];
  const find = (pattern: RegExp) => names.findIndex((name) => pattern.test(name));
  const named = table.header !== null && isEdgeHeader(table.header);
  const source = named ? find(NAMES.source) : 0;
  const target = named ? find(NAMES.target) : 1;
  const others = Array.from({ length: table.width }, (_, i) => i).filter((i) => i !== source && i !== target);
  let weight = others.find((i) => NAMES.weight.test(names[i] ?? ''));
  // Without names, a third column of numbers is a weight; a name that is not a weight's says it is something else.
  if (weight === undefined && others.length > 0 && !table.header) {
    let first = Number.NaN;
    table.scan((row) => {
      first = row.number(others[0]);
      return false;
    });
    if (!Number.isNaN(first)) weight = others[0];
  }
  return Array.from({ length: table.width }, (_, i) =>
    i === source ? 'source' : i === target ? 'target' : i === weight ? 'weight' : 'ignore',
  );
}
