/**
 * Graphs in MATLAB's MAT-files: an adjacency matrix (nodes × nodes, sparse or full), and beside it what there is of features
 * (nodes × features) and classes (one number per node, or nodes × classes with a 1 for each class of a node). They are
 * found by the names that published graphs give them, or by those that the user gives:
 *
 *   network, attrb, group          https://github.com/daiquanyu/AdaGCN_TKDE and the networks of https://leitang.net
 *   A, X, Y and words like them    the rest
 */
import { InputError } from '../config/errors.ts';
import { quote } from '../config/parse.ts';
import type { GraphData } from './graphData.ts';
import { indicatedLabels, MOST_CLASSES, numberedClasses } from './labels.ts';
import type { MatVariable } from './matFile.ts';
import { openMat } from './matFile.ts';
import { matrixEdges, matrixOf } from './matrixGraph.ts';
import type { MatrixRows } from './matrixRows.ts';

const MOST_LISTED = 12;

/** In lower case: names are compared without regard to it. */
const NAMES = {
  network: ['network', 'net', 'adjacency', 'adj', 'a'],
  attributes: ['attrb', 'attributes', 'features', 'feat', 'fea', 'x'],
  labels: ['group', 'labels', 'label', 'class', 'gnd', 'y'],
} as const;

export const MAT_ROLES = ['network', 'attributes', 'labels'] as const satisfies readonly (keyof typeof NAMES)[];
export type MatRole = (typeof MAT_ROLES)[number];

/** Names of variables, exactly as they are in the file; what is left out is found by the usual names, and null is none. */
export type MatNames = { readonly [role in MatRole]?: string | null };

/** What a MAT-file holds, and which variable is read as what. */
export interface MatView {
  /** `type` is as `3 × 4 double`. */
  readonly variables: readonly { readonly name: string; readonly type: string }[];
  /** Null where there is none, or it is not clear which. */
  readonly roles: { readonly [role in MatRole]: string | null };
}

/** @throws InputError where the file is damaged */
export function viewMat(bytes: Uint8Array, name: string, names: MatNames = {}): MatView {
  const variables = openMat(bytes, name);
  const only = (role: MatRole) => {
    const found = candidates(variables, role, names);
    return found.length === 1 ? found[0].name : null;
  };
  return {
    variables: variables.map((variable) => ({ name: variable.name, type: `${size(variable)}${variable.type}` })),
    roles: { network: only('network'), attributes: only('attributes'), labels: only('labels') },
  };
}

/**
 * Reads a graph from a MAT-file of level 5; `name` is the file's name, by which the graph is called.
 * @throws InputError where the file is damaged, a variable is missing or not the only one, or they do not fit together
 */
export function readMat(bytes: Uint8Array, name: string, names: MatNames = {}): GraphData {
  const variables = openMat(bytes, name);
  const where = (variable: MatVariable) => `${name}, ${quote(variable.name)}`;
  const network = choose(variables, 'network', names, name);
  if (!network) throw missing(variables, name, `has no variable ${quote('network')}`);
  const attributes = choose(variables, 'attributes', names, name);
  const group = choose(variables, 'labels', names, name);
  // Before anything is read: its columns are in the file, so a square one cannot claim nodes that are not there.
  const nodes = network.shape[0];
  if (network.shape.length !== 2 || network.shape[1] !== nodes) {
    throw new InputError(`${where(network)}: is ${size(network)}${network.type}; give a square adjacency matrix.`);
  }
  for (const variable of [attributes, group]) {
    const byRow = variable?.shape.length === 2 && variable.shape[0] === nodes;
    if (!variable || byRow || (variable === group && isRowOf(nodes, variable))) continue;
    throw new InputError(
      `${where(variable)}: is ${size(variable)}${variable.type}; give one row for each of the ${nodes} nodes.`,
    );
  }
  const topology = matrixEdges(network.read(where(network)), where(network));
  const labels = group ? readLabels(group, where(group), nodes) : NO_LABELS;
  const left = variables.filter((variable) => ![network, attributes, group].includes(variable));
  return {
    name: name.replace(/\.mat(\.gz)?$/i, ''),
    ...topology,
    features: attributes && matrixOf(attributes.read(where(attributes))),
    ...labels,
    splits: [],
    nodeIds: null,
    positions: null,
    notes: left.length > 0 ? [`Not read: ${list(left)}.`] : [],
  };
}

/** null where nobody named one and there is none by the usual names. */
function choose(variables: MatVariable[], role: MatRole, names: MatNames, file: string): MatVariable | null {
  const given = names[role];
  const found = candidates(variables, role, names);
  if (found.length > 1) {
    throw missing(variables, file, `has ${found.length} variables that may be the ${role}`);
  }
  if (found.length === 0 && typeof given === 'string')
    throw missing(variables, file, `has no variable ${quote(given)}`);
  return found[0] ?? null;
}

function candidates(variables: MatVariable[], role: MatRole, names: MatNames): MatVariable[] {
  const given = names[role];
  const usual: readonly string[] = NAMES[role];
  // What another role was given by name is not found for this one.
  const taken = Object.values(names);
  return variables.filter(({ name }) =>
    given === undefined ? usual.includes(name.toLowerCase()) && !taken.includes(name) : name === given,
  );
}

function missing(variables: MatVariable[], file: string, what: string): InputError {
  if (variables.length === 0) return new InputError(`${file}: holds no variables; save the graph's matrices in it.`);
  return new InputError(`${file}: ${what}; name the right one of ${list(variables)}.`);
}

function list(variables: readonly MatVariable[]): string {
  const shown = variables.slice(0, MOST_LISTED).map((each) => `${quote(each.name)} (${size(each)}${each.type})`);
  const more = variables.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `3 × 4 `; nothing for an object, which does not say. */
function size({ shape }: MatVariable): string {
  return shape.length > 0 ? `${shape.join(' × ')} ` : '';
}

function isRowOf(nodes: number, { shape }: MatVariable): boolean {
  return shape.length === 2 && shape[0] === 1 && shape[1] === nodes;
}

type Labels = Pick<GraphData, 'labels' | 'labelSets' | 'classNames'>;
const NO_LABELS: Labels = { labels: null, classNames: [] };

function readLabels(group: MatVariable, where: string, nodes: number): Labels {
  const matrix = group.read(where);
  if (isRowOf(nodes, group) || matrix.cols === 1) return numbered(matrix, where, nodes);
  return { ...indicatedLabels(matrix, where), classNames: numberedClasses(matrix.cols) };
}

/** A number per node, from 0 or from 1 as MATLAB counts; -1 is none. */
function numbered({ rows, visit }: MatrixRows, where: string, nodes: number): Labels {
  const numbers = new Float64Array(nodes);
  for (let r = 0; r < rows; r++) {
    visit(r, (col, value) => {
      numbers[r + col] += value;
    });
  }
  const wrong = numbers.findIndex((value) => !(Number.isInteger(value) && value >= -1 && value < MOST_CLASSES));
  if (wrong >= 0) {
    throw new InputError(
      `${where}: node ${wrong} has the class ${numbers[wrong]}; number classes from 0 or 1 to ${MOST_CLASSES - 1} (-1 for none).`,
    );
  }
  const first = numbers.includes(0) ? 0 : 1;
  const labels = Int32Array.from(numbers, (value) => (value < 0 ? -1 : value - first));
  const classes = labels.reduce((most, label) => Math.max(most, label), -1) + 1;
  return { labels, classNames: Array.from({ length: classes }, (_, i) => `class ${i + first}`) };
}
