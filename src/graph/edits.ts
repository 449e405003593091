import { InputError } from '../config/errors.ts';
import type { CsrMatrix, Matrix } from '../formats/matrix.ts';
import { entryOf, isSymmetric } from './csr.ts';
import { isIdentity } from './features.ts';
import type { Graph, GraphOutline } from './graph.ts';

/** Trying out what another edge or another feature would change: a list of edits makes a new graph, and the old one stays. */

export type Edit = EdgeEdit | FeatureEdit;

/** An edge leads `from` where messages come from `to` the node whose row lists it; without directions it is one edge both ways. */
export interface EdgeEdit {
  readonly kind: 'addEdge' | 'removeEdge';
  readonly from: number;
  readonly to: number;
}

export interface FeatureEdit {
  readonly kind: 'setFeature';
  readonly node: number;
  readonly column: number;
  readonly value: number;
}

/** New values of a row by column; null where the entry goes. */
export type RowChange = ReadonlyMap<number, number | null>;

/** What a list of edits comes to, by row. */
export interface Changes {
  readonly edges: ReadonlyMap<number, RowChange>;
  readonly features: ReadonlyMap<number, RowChange>;
  /** How many more edges there are, as `GraphOutline.edges` counts them. */
  readonly more: number;
}

/** What is asked of the graph as it is. */
export interface Lists {
  /** Whether the row of a node lists another one. */
  readonly edge: (row: number, column: number) => boolean;
  /** Whether features are what stands for them where a graph has none (features.ts), as far as this node tells. */
  readonly identity: (node: number) => boolean;
}

/** @throws InputError where an edit names what is not there, or adds what is */
export function changesOf(graph: GraphOutline, edits: readonly Edit[], lists: Lists): Changes {
  const { symmetric } = graph;
  const edges = new Map<number, Map<number, number | null>>();
  const features = new Map<number, Map<number, number | null>>();
  let more = 0;
  const has = (row: number, column: number) => {
    const changed = edges.get(row)?.get(column);
    return changed === undefined ? lists.edge(row, column) : changed !== null;
  };
  for (const edit of edits) {
    if (edit.kind === 'setFeature') {
      checkFeature(graph, edit, lists);
      // A sparse row lists what is not zero.
      put(features, edit.node, edit.column, Math.fround(edit.value) || null);
      continue;
    }
    const { from, to } = edit;
    const adds = edit.kind === 'addEdge';
    checkEnds(graph, edit);
    if (has(to, from) === adds) {
      const what = adds ? 'already an edge' : 'no edge';
      throw new InputError(
        `There is ${what} from ${nameOf(graph, from)} to ${nameOf(graph, to)}: choose another node.`,
      );
    }
    put(edges, to, from, adds ? 1 : null);
    if (symmetric) put(edges, from, to, adds ? 1 : null);
    // Unique without directions: the other way may be there as well.
    if (symmetric || !has(from, to)) more += adds ? 1 : -1;
  }
  return { edges, features, more };
}

/**
 * The graph after some edits, one after the other. An edge that is added weighs 1. Degrees, norms and whatever else follows from
 * edges and features is computed from the new graph, as from any other.
 *
 * @throws InputError as `changesOf`
 */
export function applyEdits(graph: Graph, edits: readonly Edit[]): Graph {
  const { adjacency, features, symmetric } = graph;
  const { indptr, indices } = adjacency;
  const {
    edges,
    features: changed,
    more,
  } = changesOf(graph, edits, {
    edge: (row, column) => entryOf(indices, indptr[row], indptr[row + 1], column) >= 0,
    identity: () => isIdentity(features),
  });
  const topology = edges.size === 0 ? adjacency : withChanges(adjacency, edges);
  return {
    ...graph,
    adjacency: topology,
    symmetric: symmetric || (edges.size > 0 && isSymmetric(topology)),
    edges: graph.edges + more,
    features: changed.size === 0 ? features : withFeatures(features, changed),
  };
}

/** One row of a sparse matrix. */
export interface SparseRow {
  /** Ascending. */
  readonly indices: Uint32Array;
  /** Null where all are 1. */
  readonly values: Float32Array | null;
}

/** A row after a change; it has values where it had them, or where a new one is not 1. */
export function changedRow({ indices, values }: SparseRow, change: RowChange): SparseRow {
  const entries = new Map<number, number | null>(Array.from(indices, (column, e) => [column, values ? values[e] : 1]));
  for (const [column, value] of change) entries.set(column, value);
  const left = [...entries].filter((entry): entry is [number, number] => entry[1] !== null).sort(([a], [b]) => a - b);
  const weighted = values !== null || left.some(([, value]) => value !== 1);
  return {
    indices: Uint32Array.from(left, ([column]) => column),
    values: weighted ? Float32Array.from(left, ([, value]) => value) : null,
  };
}

/** A dense row after a change. */
export function changedValues(values: Float32Array, change: RowChange): Float32Array {
  const changed = values.slice();
  for (const [column, value] of change) changed[column] = value ?? 0;
  return changed;
}

function put(changes: Map<number, Map<number, number | null>>, row: number, column: number, value: number | null) {
  if (!changes.has(row)) changes.set(row, new Map());
  changes.get(row)!.set(column, value);
}

function checkEnds(graph: GraphOutline, { kind, from, to }: EdgeEdit): void {
  checkNode(graph, from);
  checkNode(graph, to);
  if (kind === 'addEdge' && from === to) {
    throw new InputError(
      `An edge from ${nameOf(graph, from)} to itself is not added: layers that use self-loops give one to every node.`,
    );
  }
}

/** @throws InputError where the graph has no such node */
export function checkNode({ name, nodes }: GraphOutline, node: number): void {
  if (Number.isInteger(node) && node >= 0 && node < nodes) return;
  throw new InputError(`${name} has no node ${node}: choose one from 0 to ${nodes - 1}.`);
}

function checkFeature(graph: GraphOutline, { node, column, value }: FeatureEdit, { identity }: Lists): void {
  const { name, features } = graph;
  checkNode(graph, node);
  if (identity(node)) {
    throw new InputError(`${name} has no features to change: the model learns a vector for each node.`);
  }
  if (!(Number.isInteger(column) && column >= 0 && column < features.cols)) {
    throw new InputError(`${name} has no feature ${column}: choose one from 0 to ${features.cols - 1}.`);
  }
  if (!Number.isFinite(Math.fround(value))) {
    throw new InputError(`Feature ${column} of ${nameOf(graph, node)} cannot be ${value}: give a finite number.`);
  }
}

const nameOf = ({ nodeIds }: GraphOutline, node: number) => nodeIds?.[node].slice(0, 80) ?? `node ${node}`;

function withFeatures(features: Matrix, changes: Changes['features']): Matrix {
  if (features.kind === 'sparse') return withChanges(features, changes);
  const { cols } = features;
  const values = features.values.slice();
  for (const [row, change] of changes) {
    values.set(changedValues(values.subarray(row * cols, (row + 1) * cols), change), row * cols);
  }
  return { ...features, values };
}

/** Rows that nothing changes are copied. */
function withChanges(csr: CsrMatrix, changes: Changes['edges']): CsrMatrix {
  return withRows(csr, (row) => {
    const change = changes.get(row);
    return change ? changedRow(rowOf(csr, row), change) : null;
  });
}

/** A row of a matrix, without a copy. */
export function rowOf({ indptr, indices, values }: CsrMatrix, row: number): SparseRow {
  const [begin, end] = [indptr[row], indptr[row + 1]];
  return { indices: indices.subarray(begin, end), values: values?.subarray(begin, end) ?? null };
}

/** A copy of a matrix with other rows in some places; null for those that stay. */
export function withRows(csr: CsrMatrix, other: (row: number) => SparseRow | null): CsrMatrix {
  const rows = Array.from({ length: csr.rows }, (_, row) => other(row));
  const weighted = csr.values !== null || rows.some((row) => row?.values);
  const indptr = new Uint32Array(csr.rows + 1);
  for (const [row, found] of rows.entries()) {
    indptr[row + 1] = indptr[row] + (found ? found.indices.length : csr.indptr[row + 1] - csr.indptr[row]);
  }
  const indices = new Uint32Array(indptr[csr.rows]);
  const values = weighted ? new Float32Array(indices.length).fill(1) : null;
  for (const [row, found] of rows.entries()) {
    const now = found ?? rowOf(csr, row);
    indices.set(now.indices, indptr[row]);
    if (now.values) values!.set(now.values, indptr[row]);
  }
  return { ...csr, indptr, indices, values };
}
