/**
 * What the attributes of nodes in JSON are: the class, splits, features, or nothing that is kept.
 *
 *   label, class, y, group, club   the label (or their plural): the first of these of which some nodes have the same; lists are
 *                                  several labels, or a 0 or 1 for each class
 *   split, split0, split1, …       a split each: train, val, test, none
 *   train_mask, val, test …        one split of true and false
 *   numbers that every node has    features, a list of them as many columns as it is long
 */
import { InputError } from '../config/errors.ts';
import { classCollector } from './classCollector.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT, SPLIT_BY_NAME } from './graphData.ts';
import { indicatedLabels, numberedClasses } from './labels.ts';
import type { Matrix } from './matrix.ts';
import { matrixBuilder } from './matrixBuilder.ts';
import type { MatrixRows } from './matrixRows.ts';
import { quote } from './textTable.ts';

/** An object of a JSON file. */
export type Fields = Readonly<Record<string, unknown>>;

const LABELS = ['label', 'class', 'y', 'group', 'club', 'labels', 'classes', 'groups', 'clubs'];
const SPLIT_KEY = /^split\d*$/i;
/** Where D3 keeps the place of a node in a drawing, beside x and y. */
const PLACE = ['x', 'y', 'vx', 'vy', 'fx', 'fy', 'px', 'py', 'index'];

/** On how many nodes an attribute is, and how many numbers it has on each: 0 is one outside of a list, -1 varies. */
interface Attribute {
  readonly nodes: number;
  readonly shape: number;
}

export type NodeAttributes = Pick<
  GraphData,
  'features' | 'featureNames' | 'labels' | 'labelSets' | 'classNames' | 'splits' | 'notes'
>;

/** `idField` is the attribute that names the nodes. @throws InputError where a label or a split cannot be read */
export function readNodeAttributes(nodes: readonly Fields[], idField: string | null, where: string): NodeAttributes {
  const attributes = survey(nodes);
  const keys = [...attributes.keys()].filter((key) => key !== idField);
  const placed = attributes.get('x')?.shape === 0 && attributes.get('y')?.shape === 0;
  const isPlace = (key: string) => placed && PLACE.includes(key);
  const label = LABELS.find((key) => keys.includes(key) && !isPlace(key) && repeats(nodes, key)) ?? null;
  const splits = keys.filter((key) => SPLIT_KEY.test(key));
  const masks = keys.filter((key) => maskCode(key) !== SPLIT.none);
  const features = keys.filter((key) => {
    const { nodes: count, shape } = attributes.get(key) as Attribute;
    const taken = LABELS.includes(key) || splits.includes(key) || masks.includes(key) || isPlace(key);
    return !taken && count === nodes.length && shape >= 0;
  });
  const used = new Set([label, ...splits, ...masks, ...features]);
  const left = keys.filter((key) => !used.has(key));
  const notes: string[] = [];
  if (label !== null) notes.push(`${where}: '${label}' is read as the label of the nodes.`);
  if (left.length > 0) notes.push(`${where}: left out of the nodes: ${listNames(left)}.`);
  return {
    features: features.length > 0 ? readFeatures(nodes, features, attributes) : null,
    featureNames: features.flatMap((key) => columnNames(key, attributes.get(key)!.shape)),
    ...(label === null ? { labels: null, classNames: [] } : readLabels(nodes, label, where)),
    splits: [
      ...splits.map((key) => readSplit(nodes, key, where)),
      ...(masks.length > 0 ? [readMasks(nodes, masks, where)] : []),
    ],
    notes,
  };
}

/** Of a number the name is its key; of a list, with the place of each number. */
function columnNames(key: string, shape: number): string[] {
  return shape === 0 ? [key] : Array.from({ length: shape }, (_, i) => `${key}[${i}]`);
}

/** The first names of a list, quoted, for a note. */
export function listNames(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return names.slice(0, 5).map(quote).join(', ') + more;
}

function survey(nodes: readonly Fields[]): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const node of nodes) {
    for (const [key, value] of Object.entries(node)) {
      const shape = shapeOf(value);
      const before = attributes.get(key) ?? { nodes: 0, shape };
      attributes.set(key, { nodes: before.nodes + 1, shape: before.shape === shape ? shape : -1 });
    }
  }
  return attributes;
}

function shapeOf(value: unknown): number {
  const isNumber = (item: unknown) => typeof item === 'number' && Number.isFinite(Math.fround(item));
  if (Array.isArray(value)) return value.length > 0 && value.every(isNumber) ? value.length : -1;
  return isNumber(value) ? 0 : -1;
}

/** Where every node has a value of its own it is a name, or measured, and no class. */
function repeats(nodes: readonly Fields[], key: string): boolean {
  const values = nodes.flatMap((node) => node[key] ?? '').filter((value) => value !== '');
  return new Set(values).size < values.length;
}

/** The split that a mask of this name marks: `train_mask`, `val`; none where it is no mask. */
function maskCode(key: string): number {
  return SPLIT_BY_NAME.get(key.toLowerCase().replace(/_?mask$/, '')) ?? SPLIT.none;
}

function readFeatures(nodes: readonly Fields[], keys: readonly string[], attributes: Map<string, Attribute>): Matrix {
  const widths = keys.map((key) => Math.max(1, attributes.get(key)?.shape ?? 0));
  const builder = matrixBuilder(widths.reduce((sum, width) => sum + width, 0));
  for (const node of nodes) {
    let column = 0;
    for (const [k, key] of keys.entries()) {
      const value = node[key];
      if (Array.isArray(value)) for (const [c, item] of value.entries()) builder.add(column + c, item);
      else builder.add(column, value as number);
      column += widths[k];
    }
    builder.endRow();
  }
  return builder.finish();
}

function readLabels(nodes: readonly Fields[], key: string, where: string) {
  const indicated = indicatorsOf(nodes, key);
  if (indicated) return indicated;
  const collector = classCollector();
  for (const [i, node] of nodes.entries()) {
    const value = node[key] ?? '';
    const labels: unknown[] = Array.isArray(value) ? value : [value];
    if (labels.some((label) => typeof label === 'object')) {
      throw new InputError(
        `${where}: nodes[${i}] has more than labels in its '${key}'; give a label or a list of labels.`,
      );
    }
    collector.add(labels.map(String));
  }
  return collector.finish((label) => {
    const advice = 'labels are class names or integers: bin the values, or rename the attribute';
    return new InputError(`${where}: a node has the label ${quote(label)} as its '${key}'; ${advice}.`);
  });
}

/** Lists of equal length that hold 0 and 1 alone are no labels, but say of each class whether the node is of it; null for others. */
function indicatorsOf(nodes: readonly Fields[], key: string) {
  const lists = nodes.map((node) => node[key]);
  const cols = Array.isArray(lists[0]) ? lists[0].length : 0;
  const isIndicator = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length === cols && list.every((value) => value === 0 || value === 1);
  if (cols < 2 || !lists.every(isIndicator)) return null;
  const visit: MatrixRows['visit'] = (r, add) => {
    for (const [c, value] of lists[r].entries()) add(c, value);
  };
  return { ...indicatedLabels({ rows: lists.length, cols, visit }, key), classNames: numberedClasses(cols) };
}

function readSplit(nodes: readonly Fields[], key: string, where: string): Uint8Array {
  return Uint8Array.from(nodes, (node, i) => {
    const value = node[key] ?? '';
    const code = typeof value === 'string' ? SPLIT_BY_NAME.get(value.toLowerCase()) : undefined;
    if (code !== undefined) return code;
    throw new InputError(`${where}: nodes[${i}] has an unknown '${key}'; write "train", "val", "test" or "none".`);
  });
}

function readMasks(nodes: readonly Fields[], keys: readonly string[], where: string): Uint8Array {
  return Uint8Array.from(nodes, (node, i) => {
    const marked = keys.filter((key) => {
      const value = node[key] ?? false;
      if (typeof value === 'boolean' || value === 0 || value === 1) return Boolean(value);
      throw new InputError(`${where}: nodes[${i}] has a '${key}' that is neither true nor false; correct it.`);
    });
    if (marked.length > 1) {
      throw new InputError(`${where}: nodes[${i}] is in ${marked.join(' and ')}; mark each node true in one of them.`);
    }
    return marked.length === 0 ? SPLIT.none : maskCode(marked[0]);
  });
}
