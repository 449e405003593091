/**
 * Which columns of a node table are what. By their names, columns are the id (id, node, name), the label (label, class, y,
 * target, category) and splits (split, set, split0, split1, …: train, val, test, none or empty); every other column of
 * numbers is a feature, and columns of text are left out with a note. Without an id column, nodes are numbered by row.
 * A label column whose first values are lists, such as `a;b` or `a|b`, has several labels per node.
 *
 * Without a header line the first column is the id, the second the label and the rest features; only where the second is
 * a number and the last column text is the label in the last one (LINQS's `.content` files are like that).
 */
import { isEdgeHeader } from './edgeColumns.ts';
import { chooseRoles, type Role, type TableChoice } from './readChoices.ts';
import { isNumber, normalName, type TextTable } from './textTable.ts';

const ID_NAMES = ['id', 'nodeid', 'node', 'name', 'nodename']; // the first of these that is there
const LABEL_NAMES = ['label', 'class', 'y', 'target', 'category', 'nodelabel', 'classlabel'];
const SPLIT_NAME = /^(split|set)\d*$/;

export interface NodeColumns {
  readonly id: number | null;
  readonly label: number | null;
  /** Whether the label column holds lists. */
  readonly labelList: boolean;
  readonly splits: readonly number[];
  readonly features: readonly number[];
}

/** Whether a header is one of a node table: it names an id, a label or a split, and not both ends of an edge. */
export function isNodeHeader(names: readonly string[]): boolean {
  const known = (name: string) => ID_NAMES.includes(name) || LABEL_NAMES.includes(name) || SPLIT_NAME.test(name);
  return !isEdgeHeader(names) && names.some((name) => known(normalName(name)));
}

/** The role of each column. @throws InputError where a choice does not fit the table */
export function nodeRoles(table: TextTable, { columns }: TableChoice = {}): Role<'nodes'>[] {
  return chooseRoles('nodes', foundRoles(table), table, columns);
}

/** Columns and, in words, what was assumed of them. Throws as nodeRoles. */
export function nodeColumns(table: TextTable, choice: TableChoice = {}): { columns: NodeColumns; notes: string[] } {
  const { where, header } = table;
  const roles = nodeRoles(table, choice);
  const of = (role: Role<'nodes'>) => roles.flatMap((each, i) => (each === role ? [i] : []));
  const [id = null] = of('id');
  const [label = null] = [...of('label'), ...of('labelList')];
  const labelList = label !== null && roles[label] === 'labelList';
  const notes: string[] = [];
  if (!header && !choice.columns?.length) {
    const rest = label === null ? '' : `, column ${label + 1} as the label and the others as features`;
    notes.push(`${where}: has no header line; column 1 is read as the id${rest}.`);
  }
  if (id === null) notes.push(`${where}: has no id column; nodes are numbered by row, from 0.`);
  if (header && choice.header === undefined && !isNodeHeader(header)) {
    notes.push(`${where}: the first line is read as the names of the columns.`);
  }
  if (labelList && !choice.columns?.some(({ role }) => role === 'labelList')) {
    notes.push(`${where}: ${table.columnName(label)} is read as lists of labels, separated by ; or |.`);
  }
  const found = foundRoles(table);
  const texts = of('ignore').filter((i) => found[i] === 'ignore');
  const others = of('ignore').filter((i) => found[i] !== 'ignore');
  if (texts.length > 0) notes.push(`${where}: ${listed(texts, table)} left out, text and no numbers.`);
  if (others.length > 0) notes.push(`${where}: ${listed(others, table)} left out, as chosen.`);
  return { columns: { id, label, labelList, splits: of('split'), features: of('feature') }, notes };
}

function listed(columns: readonly number[], { columnName }: TextTable): string {
  const more = columns.length > 5 ? ` and ${columns.length - 5} more` : '';
  return columns.slice(0, 5).map(columnName).join(', ') + more;
}

function foundRoles(table: TextTable): Role<'nodes'>[] {
  const { width } = table;
  const names = table.header?.map(normalName);
  const numeric = columnKinds(table);
  const find = (known: readonly string[]) => known.map((name) => names?.indexOf(name) ?? -1).find((i) => i >= 0);
  const last = width > 2 && numeric[1] === true && numeric[width - 1] === false;
  const id = names ? find(ID_NAMES) : 0;
  const label = names ? find(LABEL_NAMES) : last ? width - 1 : 1;
  return Array.from({ length: width }, (_, i) => {
    if (i === id) return 'id';
    if (i === label) return holdsLists(table, i) ? 'labelList' : 'label';
    if (names && SPLIT_NAME.test(names[i])) return 'split';
    return numeric[i] === true ? 'feature' : 'ignore';
  });
}

/** What stands between the labels of one node. */
const SEPARATORS = /[;|]/;

/** The labels of a field that may be a list of them. */
export function listedLabels(text: string): string[] {
  return text
    .split(SEPARATORS)
    .map((label) => label.trim())
    .filter((label) => label !== '');
}

/** Rows that are looked at to find out whether a column holds lists. */
const LISTED_ROWS = 1000;

/**
 * Whether the first values of a column are lists. A name may have such a sign in it, but only lists have no more parts than
 * there are values, because labels come again in other combinations.
 */
function holdsLists(table: TextTable, column: number): boolean {
  const values = new Set<string>();
  let rows = 0;
  table.scan((row) => {
    values.add(row.text(column));
    return ++rows < LISTED_ROWS;
  });
  values.delete('');
  if (![...values].some((value) => SEPARATORS.test(value))) return false;
  return new Set([...values].flatMap(listedLabels)).size <= values.size;
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
