import { InputError } from '../config/errors.ts';
import type { CsrMatrix, Matrix } from '../formats/matrix.ts';
import { entryOf, isSymmetric, valueAt } from './csr.ts';
import type { Graph } from './graph.ts';

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

/** By row, new values by column; null where the entry goes. */
type Changes = Map<number, Map<number, number | null>>;

/**
 * The graph after some edits, one after the other. An edge that is added weighs 1. Degrees, norms and whatever else follows from
 * edges and features is computed from the new graph, as from any other.
 *
 * @throws InputError where an edit names what is not there, or adds what is
 */
export function applyEdits(graph: Graph, edits: readonly Edit[]): Graph {
  const { adjacency, symmetric } = graph;
  const edges: Changes = new Map();
  const features: Changes = new Map();
  let count = graph.edges;
  const lists = (row: number, column: number) => {
    const changed = edges.get(row)?.get(column);
    if (changed !== undefined) return changed !== null;
    return entryOf(adjacency.indices, adjacency.indptr[row], adjacency.indptr[row + 1], column) >= 0;
  };
  for (const edit of edits) {
    if (edit.kind === 'setFeature') {
      checkFeature(graph, edit);
      // A sparse row lists what is not zero.
      put(features, edit.node, edit.column, Math.fround(edit.value) || null);
      continue;
    }
    const { from, to } = edit;
    const adds = edit.kind === 'addEdge';
    checkEnds(graph, edit);
    if (lists(to, from) === adds) {
      const what = adds ? 'already an edge' : 'no edge';
      throw new InputError(
        `There is ${what} from ${nameOf(graph, from)} to ${nameOf(graph, to)}: choose another node.`,
      );
    }
    put(edges, to, from, adds ? 1 : null);
    if (symmetric) put(edges, from, to, adds ? 1 : null);
    // Unique without directions: the other way may be there as well.
    if (symmetric || !lists(from, to)) count += adds ? 1 : -1;
  }
  const topology = edges.size === 0 ? adjacency : withChanges(adjacency, edges);
  return {
    ...graph,
    adjacency: topology,
    symmetric: symmetric || (edges.size > 0 && isSymmetric(topology)),
    edges: count,
    features: features.size === 0 ? graph.features : withFeatures(graph.features, features),
  };
}

function put(changes: Changes, row: number, column: number, value: number | null): void {
  if (!changes.has(row)) changes.set(row, new Map());
  changes.get(row)!.set(column, value);
}

function checkEnds(graph: Graph, { kind, from, to }: EdgeEdit): void {
  checkNode(graph, from);
  checkNode(graph, to);
  if (kind === 'addEdge' && from === to) {
    throw new InputError(
      `An edge from ${nameOf(graph, from)} to itself is not added: layers that use self-loops give one to every node.`,
    );
  }
}

function checkNode({ name, nodes }: Graph, node: number): void {
  if (Number.isInteger(node) && node >= 0 && node < nodes) return;
  throw new InputError(`${name} has no node ${node}: choose one from 0 to ${nodes - 1}.`);
}

function checkFeature(graph: Graph, { node, column, value }: FeatureEdit): void {
  const { name, features } = graph;
  checkNode(graph, node);
  if (isIdentity(features)) {
    throw new InputError(`${name} has no features to change: the model learns a vector for each node.`);
  }
  if (!(Number.isInteger(column) && column >= 0 && column < features.cols)) {
    throw new InputError(`${name} has no feature ${column}: choose one from 0 to ${features.cols - 1}.`);
  }
  if (!Number.isFinite(Math.fround(value))) {
    throw new InputError(`Feature ${column} of ${nameOf(graph, node)} cannot be ${value}: give a finite number.`);
  }
}

/** What stands for features where a graph has none: see features.ts. */
function isIdentity(features: Matrix): boolean {
  if (features.kind === 'dense' || features.rows !== features.cols || features.values) return false;
  return features.indices.length === features.rows && features.indices.every((column, row) => column === row);
}

const nameOf = ({ nodeIds }: Graph, node: number) => nodeIds?.[node].slice(0, 80) ?? `node ${node}`;

function withFeatures(features: Matrix, changes: Changes): Matrix {
  if (features.kind === 'sparse') return withChanges(features, changes);
  const values = features.values.slice();
  for (const [row, columns] of changes) {
    for (const [column, value] of columns) values[row * features.cols + column] = value ?? 0;
  }
  return { ...features, values };
}

/** Rows that nothing changes are copied. */
function withChanges(csr: CsrMatrix, changes: Changes): CsrMatrix {
  const all = [...changes.values()].flatMap((columns) => [...columns.values()]);
  const weighted = csr.values !== null || all.some((value) => value !== null && value !== 1);
  const indptr = new Uint32Array(csr.rows + 1);
  const indices = new Uint32Array(csr.indices.length + all.length);
  const values = weighted ? new Float32Array(indices.length).fill(1) : null;
  let next = 0;
  for (let row = 0; row < csr.rows; row++) {
    const [begin, end] = [csr.indptr[row], csr.indptr[row + 1]];
    const changed = changes.get(row);
    if (changed) {
      for (const [column, value] of changedRow(csr, begin, end, changed)) {
        indices[next] = column;
        if (values) values[next] = value;
        next++;
      }
    } else {
      indices.set(csr.indices.subarray(begin, end), next);
      if (csr.values) values!.set(csr.values.subarray(begin, end), next);
      next += end - begin;
    }
    indptr[row + 1] = next;
  }
  return { ...csr, indptr, indices: indices.slice(0, next), values: values?.slice(0, next) ?? null };
}

function changedRow(
  csr: CsrMatrix,
  begin: number,
  end: number,
  changed: ReadonlyMap<number, number | null>,
): [number, number][] {
  const entries = new Map<number, number | null>();
  for (let e = begin; e < end; e++) entries.set(csr.indices[e], valueAt(csr, e));
  for (const [column, value] of changed) entries.set(column, value);
  return [...entries].filter((entry): entry is [number, number] => entry[1] !== null).sort(([a], [b]) => a - b);
}
