/**
 * How files are to be read where somebody says so; whatever is left out is found out. The same choices serve the page's
 * preview and the command line's options.
 */
import { InputError } from '../config/errors.ts';
import { quote } from '../config/parse.ts';
import type { SelfLoops } from './graphData.ts';
import type { MatNames } from './mat.ts';

/** What stands between two columns, by the byte; blanks stand for runs of them. */
export const DELIMITERS = { tab: 9, comma: 44, semicolon: 59, space: 32 } as const;
export type Delimiter = keyof typeof DELIMITERS;

/** What the columns of an edge list and of a node table can be read as. */
export const ROLES = {
  edges: ['source', 'target', 'weight', 'ignore'],
  nodes: ['id', 'label', 'labelList', 'split', 'feature', 'ignore'],
} as const;
export type TableKind = keyof typeof ROLES;
export type Role<Kind extends TableKind = TableKind> = (typeof ROLES)[Kind][number];

/** Roles of which a table has one column at the most: of each group together. */
const SINGLE_ROLES: readonly (readonly Role[])[] = [['source'], ['target'], ['weight'], ['id'], ['label', 'labelList']];

/** The roles that no other column can have beside one of this role. */
export function rivals(role: Role): readonly Role[] {
  return SINGLE_ROLES.find((group) => group.includes(role)) ?? [];
}

export interface ColumnChoice {
  /** Its name in the header line, or its number, from 0. */
  readonly column: string | number;
  readonly role: Role;
}

export interface TableChoice {
  /** Which file, without its folders; every table where it is left out. */
  readonly file?: string;
  readonly kind?: TableKind;
  readonly delimiter?: Delimiter;
  /** Whether the first line names the columns. */
  readonly header?: boolean;
  /** Columns that are not among them keep the role that is found, unless one of these takes it. */
  readonly columns?: readonly ColumnChoice[];
}

export interface ReadChoices {
  /** Keep each edge's direction; otherwise every edge stands for both. */
  readonly directed?: boolean;
  /** Default: drop. */
  readonly selfLoops?: SelfLoops;
  /** Later ones win. */
  readonly tables?: readonly TableChoice[];
  /** What a MATLAB file calls its variables. */
  readonly matNames?: MatNames;
}

/** What was chosen for one table. */
export function tableChoice({ tables = [] }: ReadChoices, file: string): TableChoice {
  const columns: ColumnChoice[] = [];
  let choice: TableChoice = {};
  for (const each of tables) {
    if (each.file !== undefined && each.file !== file) continue;
    choice = { ...choice, ...each };
    columns.push(...(each.columns ?? []));
  }
  return { ...choice, columns, kind: choice.kind ?? kindByRoles(columns) };
}

/** @throws InputError where a choice names a table that is not among `files` */
export function checkTables({ tables = [] }: ReadChoices, files: readonly string[]): void {
  const unknown = tables.find(({ file }) => file !== undefined && !files.includes(file))?.file;
  if (unknown === undefined) return;
  throw new InputError(`${quote(unknown)}: is none of the tables whose columns can be chosen: ${files.join(', ')}.`);
}

function kindByRoles(columns: readonly ColumnChoice[]): TableKind | undefined {
  const only = (kind: TableKind, other: TableKind) =>
    columns.some(({ role }) => has(kind, role) && !has(other, role)) ? kind : undefined;
  return only('edges', 'nodes') ?? only('nodes', 'edges');
}

const has = (kind: TableKind, role: Role) => (ROLES[kind] as readonly Role[]).includes(role);

/** The table that columns are chosen of. */
interface Named {
  readonly where: string;
  readonly width: number;
  readonly header: readonly string[] | null;
  readonly columnName: (column: number) => string;
}

/**
 * Roles as they were found, changed by what was chosen: whoever chooses the column of a role takes it from the one that
 * was found, which is then ignored.
 * @throws InputError where there is no such column, or one role is given to several
 */
export function chooseRoles<Kind extends TableKind>(
  kind: Kind,
  found: readonly Role<Kind>[],
  table: Named,
  columns: readonly ColumnChoice[] = [],
): Role<Kind>[] {
  const chosen = new Map<number, Role<Kind>>();
  for (const { column, role } of columns) {
    const where = `${table.where}: ${typeof column === 'number' ? `column ${column + 1}` : `column ${quote(column)}`}`;
    if (!has(kind, role)) {
      const what = kind === 'edges' ? 'an edge list' : 'a node table';
      throw new InputError(`${where} of ${what} cannot be '${role}'; use ${ROLES[kind].join(', ')}.`);
    }
    chosen.set(positionOf(column, table, where), role as Role<Kind>);
  }
  const roles = found.map((role, i) => chosen.get(i) ?? role);
  for (const group of SINGLE_ROLES) {
    const by = [...chosen.keys()].filter((i) => group.includes(chosen.get(i) as Role));
    if (by.length > 1) {
      const names = by.map(table.columnName).join(' and ');
      throw new InputError(`${table.where}: ${names} cannot both be the ${group[0]}; choose one of them.`);
    }
    if (by.length === 0) continue;
    for (const [i, other] of roles.entries()) {
      if (group.includes(other) && i !== by[0]) roles[i] = 'ignore' as Role<Kind>;
    }
  }
  return roles;
}

function positionOf(column: string | number, { width, header }: Named, where: string): number {
  if (typeof column === 'number') {
    if (Number.isInteger(column) && column >= 0 && column < width) return column;
    throw new InputError(`${where} is not there; the columns are 1 to ${width}.`);
  }
  const at = header?.indexOf(column) ?? -1;
  if (at >= 0) return at;
  const there = header ? `the columns are ${header.slice(0, 12).map(quote).join(', ')}` : 'no line names the columns';
  throw new InputError(`${where} is not there; ${there}${header ? '' : ', so give its number'}.`);
}
