/**
 * A node table: one line per node. By their names, columns are the id (id, node, name), the label (label, class, y,
 * target, category) and splits (split, set, split0, split1, …: train, val, test, none or empty); every other column of
 * numbers is a feature, and columns of text are left out with a note. Without an id column, nodes are numbered by row.
 *
 * Without a header line the first column is the id, the second the label and the rest features; only where the second is
 * a number and the last column text is the label in the last one (LINQS's `.content` files are like that).
 */
import { InputError } from '../config/errors.ts';
import { classCollector } from './classCollector.ts';
import type { KnownIds } from './edgeList.ts';
import { isEdgeHeader } from './edgeList.ts';
import { SPLIT_BY_NAME } from './graphData.ts';
import { growingIds } from './growing.ts';
import type { Matrix } from './matrix.ts';
import { matrixBuilder } from './matrixBuilder.ts';
import type { TableRow, TextTable } from './textTable.ts';
import { isNumber, normalName, openTable, quote } from './textTable.ts';

const ID_NAMES = ['id', 'nodeid', 'node', 'name', 'nodename']; // the first of these that is there
const LABEL_NAMES = ['label', 'class', 'y', 'target', 'category', 'nodelabel', 'classlabel'];
const SPLIT_NAME = /^(split|set)\d*$/;

export interface NodeTable {
  readonly ids: KnownIds;
  /** Null where the ids are 0 to nodes - 1 in this order. */
  readonly nodeIds: readonly string[] | null;
  readonly features: Matrix | null;
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
  readonly splits: readonly Uint8Array[];
  readonly notes: readonly string[];
}

interface Columns {
  readonly id: number | null;
  readonly label: number | null;
  readonly splits: readonly number[];
  readonly features: readonly number[];
}

/** Whether a header is one of a node table: it names an id, a label or a split, and not both ends of an edge. */
export function isNodeHeader(names: readonly string[]): boolean {
  const known = (name: string) => ID_NAMES.includes(name) || LABEL_NAMES.includes(name) || SPLIT_NAME.test(name);
  return !isEdgeHeader(names) && names.some((name) => known(normalName(name)));
}

/**
 * Reads a node table. Labels become classes, sorted (by value where all are integers); an empty label is -1.
 * @throws InputError with the line where an id is missing or repeated, a feature is empty or not a finite number, or a
 * split has an unknown name
 */
export function readNodeTable(bytes: Uint8Array, where: string): NodeTable {
  const table = openTable(bytes, where, isNodeHeader);
  const { columns, notes } = chooseColumns(table);
  const numbers = new Map<number | string, number>();
  const features = matrixBuilder(columns.features.length);
  const labels = classCollector();
  const splits = columns.splits.map(growingIds);
  let nodes = 0;
  let inOrder = true; // ids are 0, 1, 2, …
  table.scan((row) => {
    if (columns.id !== null) {
      const number = row.id(columns.id);
      inOrder &&= number === nodes;
      addId(numbers, number >= 0 ? number : row.text(columns.id), nodes, row, table);
    }
    for (let f = 0; f < columns.features.length; f++) features.add(f, readFeature(row, columns.features[f], table));
    features.endRow();
    if (columns.label !== null) labels.add(row.text(columns.label));
    columns.splits.forEach((column, s) => {
      splits[s].push(readSplit(row, column, table));
    });
    nodes++;
    return true;
  });
  if (nodes === 0) throw new InputError(`${where}: holds no nodes below its header; add them.`);

  const { codes, classNames } = labels.finish((label) => {
    const where = `${table.where}: ${table.columnName(columns.label ?? 0)}`;
    return new InputError(
      `${where} holds the label ${quote(label)}; labels are class names or integers: bin the values, or add a header ` +
        'line that names the columns.',
    );
  });
  const find: KnownIds['find'] = inOrder
    ? (row, column) => {
        const id = row.id(column);
        return id < nodes ? id : -1;
      }
    : (row, column) => {
        const id = row.id(column);
        return numbers.get(id >= 0 ? id : row.text(column)) ?? -1;
      };
  return {
    ids: { count: nodes, find },
    nodeIds: inOrder ? null : Array.from(numbers.keys(), String),
    features: columns.features.length > 0 ? features.finish() : null,
    labels: classNames.length > 0 ? codes : null,
    classNames,
    splits: splits.map((split) => Uint8Array.from(split.finish())),
    notes,
  };
}

function chooseColumns(table: TextTable): { columns: Columns; notes: string[] } {
  const { where, width } = table;
  const all = Array.from({ length: width }, (_, i) => i);
  const names = table.header?.map(normalName);
  const numeric = columnKinds(table);
  const find = (known: readonly string[]) => {
    const column = known.map((name) => names?.indexOf(name) ?? -1).find((i) => i >= 0);
    return column ?? null;
  };
  const notes: string[] = [];
  let id = find(ID_NAMES);
  let label = find(LABEL_NAMES);
  if (!names) {
    id = 0;
    if (width > 1) label = width > 2 && numeric[1] === true && numeric[width - 1] === false ? width - 1 : 1;
    const rest = label === null ? '' : `, column ${label + 1} as the label and the others as features`;
    notes.push(`${where}: has no header line; column 1 is read as the id${rest}.`);
  } else if (id === null) notes.push(`${where}: has no id column; nodes are numbered by row, from 0.`);
  if (table.header && !isNodeHeader(table.header)) {
    notes.push(`${where}: the first line is read as the names of the columns.`);
  }
  const splits = names ? all.filter((i) => SPLIT_NAME.test(names[i])) : [];
  const rest = all.filter((i) => i !== id && i !== label && !splits.includes(i));
  const dropped = rest.filter((i) => numeric[i] !== true).map(table.columnName);
  if (dropped.length > 0) {
    const list = dropped.slice(0, 5).join(', ') + (dropped.length > 5 ? ` and ${dropped.length - 5} more` : '');
    notes.push(`${where}: ${list} left out, text and no numbers.`);
  }
  return { columns: { id, label, splits, features: rest.filter((i) => numeric[i] === true) }, notes };
}

/** Per column whether its first value is a number; null where it has no value at all. */
function columnKinds(table: TextTable): (boolean | null)[] {
  const kinds = new Array<boolean | null>(table.width).fill(null);
  let open = table.width;
  table.scan((row) => {
    for (let i = 0; i < table.width; i++) {
      const text = kinds[i] === null ? row.text(i) : '';
      if (text === '') continue;
      kinds[i] = isNumber(text);
      open--;
    }
    return open > 0;
  });
  return kinds;
}

function addId(
  numbers: Map<number | string, number>,
  id: number | string,
  node: number,
  row: TableRow,
  table: TextTable,
) {
  if (id === '') throw new InputError(`${table.where}: line ${row.line} has no id; give every node one.`);
  if (numbers.has(id)) {
    throw new InputError(
      `${table.where}: line ${row.line} repeats the id ${quote(String(id))}; give each node one line.`,
    );
  }
  if (numbers.size >= 2 ** 24 - 1) {
    throw new InputError(
      `${table.where}: has more than ${2 ** 24 - 1} ids; leave the id column out and number by row.`,
    );
  }
  numbers.set(id, node);
}

function readFeature(row: TableRow, column: number, table: TextTable): number {
  const value = Math.fround(row.number(column));
  if (Number.isFinite(value)) return value;
  const text = row.text(column);
  throw new InputError(
    `${table.where}: line ${row.line}, ${table.columnName(column)} ${text === '' ? 'is empty' : `holds ${quote(text)}`} ` +
      'where a finite number is expected; fill it in or remove the column.',
  );
}

function readSplit(row: TableRow, column: number, table: TextTable): number {
  const code = SPLIT_BY_NAME.get(row.text(column).toLowerCase());
  if (code !== undefined) return code;
  throw new InputError(
    `${table.where}: line ${row.line}, ${table.columnName(column)} holds ${quote(row.text(column))}; ` +
      'write train, val, test, none or nothing.',
  );
}
