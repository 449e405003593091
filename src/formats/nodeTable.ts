/** A node table: one line per node, in the columns that nodeColumns.ts finds. */
import { InputError } from '../config/errors.ts';
import { classCollector } from './classCollector.ts';
import type { KnownIds } from './edgeList.ts';
import { SPLIT_BY_NAME } from './graphData.ts';
import { growingIds } from './growing.ts';
import type { Labels } from './labels.ts';
import type { Matrix } from './matrix.ts';
import { matrixBuilder } from './matrixBuilder.ts';
import { isNodeHeader, listedLabels, nodeColumns } from './nodeColumns.ts';
import type { TableChoice } from './readChoices.ts';
import type { TableRow, TextTable } from './textTable.ts';
import { openTable, quote } from './textTable.ts';

export interface NodeTable extends Labels {
  readonly ids: KnownIds;
  /** Null where the ids are 0 to nodes - 1 in this order. */
  readonly nodeIds: readonly string[] | null;
  readonly features: Matrix | null;
  /** From the header line, where there is one. */
  readonly featureNames: readonly string[] | null;
  readonly classNames: readonly string[];
  readonly splits: readonly Uint8Array[];
  readonly notes: readonly string[];
}

/**
 * Reads a node table. Labels become classes, sorted (by value where all are integers); an empty label is none.
 * @throws InputError with the line where an id is missing or repeated, a feature is empty or not a finite number, or a
 * split has an unknown name
 */
export function readNodeTable(bytes: Uint8Array, where: string, choice: TableChoice = {}): NodeTable {
  const table = openTable(bytes, where, isNodeHeader, choice);
  const { columns, notes } = nodeColumns(table, choice);
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
    if (columns.label !== null) {
      const text = row.text(columns.label);
      labels.add(columns.labelList ? listedLabels(text) : [text]);
    }
    columns.splits.forEach((column, s) => {
      splits[s].push(readSplit(row, column, table));
    });
    nodes++;
    return true;
  });
  if (nodes === 0) throw new InputError(`${where}: holds no nodes below its header; add them.`);

  const { classNames, ...classes } = labels.finish((label) => {
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
    featureNames:
      table.header && columns.features.length > 0 ? columns.features.map((column) => table.header![column]) : null,
    ...(classNames.length > 0 ? classes : { labels: null }),
    classNames,
    splits: splits.map((split) => Uint8Array.from(split.finish())),
    notes,
  };
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
