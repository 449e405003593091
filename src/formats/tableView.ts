/** What was understood of a table before its rows are read, for a person to correct. */
import { InputError } from '../config/errors.ts';
import type { NamedBytes } from './csv.ts';
import { edgeRoles, isEdgeHeader } from './edgeColumns.ts';
import { isNodeHeader, nodeRoles } from './nodeColumns.ts';
import {
  DELIMITERS,
  type Delimiter,
  type ReadChoices,
  type Role,
  type TableChoice,
  type TableKind,
  tableChoice,
} from './readChoices.ts';
import { tableKinds } from './tables.ts';
import { openTable, type TextTable } from './textTable.ts';

const SAMPLED_ROWS = 5;
const SAMPLE_LETTERS = 40;

export interface ColumnView {
  /** In the header line; null without one. */
  readonly name: string | null;
  readonly role: Role;
  /** The first values, cut where they are long. */
  readonly sample: readonly string[];
}

export interface TableView {
  readonly file: string;
  readonly kind: TableKind;
  /** Null where the file cannot be cut into columns, and none was chosen. */
  readonly delimiter: Delimiter | null;
  readonly header: boolean;
  readonly columns: readonly ColumnView[];
}

const KINDS = {
  edges: { knowsNames: isEdgeHeader, roles: edgeRoles },
  nodes: { knowsNames: isNodeHeader, roles: nodeRoles },
} as const;

/** Never throws InputError: what cannot be read has no columns, and reading the graph says why. */
export function viewTables(files: readonly NamedBytes[], choices: ReadChoices): TableView[] {
  const kinds = forgiving(() => tableKinds(files, choices)) ?? [];
  return files.map((file, i) =>
    viewTable(file, kinds[i] ?? (i === 0 ? 'edges' : 'nodes'), tableChoice(choices, file.name)),
  );
}

function viewTable({ name, bytes }: NamedBytes, kind: TableKind, choice: TableChoice): TableView {
  const { knowsNames, roles: rolesOf } = KINDS[kind];
  const table = forgiving(() => openTable(bytes, name, knowsNames, choice));
  if (!table) {
    return { file: name, kind, delimiter: choice.delimiter ?? null, header: choice.header ?? false, columns: [] };
  }
  const roles = forgiving(() => rolesOf(table, choice)) ?? forgiving(() => rolesOf(table)) ?? [];
  const samples = sampleRows(table);
  return {
    file: name,
    kind,
    delimiter: delimiterOf(table.delimiter),
    header: table.header !== null,
    columns: Array.from({ length: table.width }, (_, i) => ({
      name: table.header?.[i] ?? null,
      role: roles[i] ?? 'ignore',
      sample: samples.map((row) => row[i]),
    })),
  };
}

function delimiterOf(byte: number): Delimiter | null {
  return (Object.keys(DELIMITERS) as Delimiter[]).find((name) => DELIMITERS[name] === byte) ?? null;
}

/** The first rows, up to one that is cut otherwise than the first. */
function sampleRows(table: TextTable): string[][] {
  const rows: string[][] = [];
  forgiving(() =>
    table.scan((row) => {
      rows.push(Array.from({ length: table.width }, (_, i) => row.text(i).slice(0, SAMPLE_LETTERS)));
      return rows.length < SAMPLED_ROWS;
    }),
  );
  return rows;
}

function forgiving<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
