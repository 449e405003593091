/**
 * Graphs in NumPy's .npz, a zip archive of .npy arrays. Three layouts are known:
 *
 *   node_features, node_labels, edges [E, 2], train_masks, val_masks, test_masks [splits, N]
 *                the heterophilous benchmark: https://github.com/yandex-research/heterophilous-graphs
 *   x, y, edge_index [2, E], edge_weight [E], train_mask, val_mask, test_mask [N] or [N, splits]
 *                the attributes of PyTorch Geometric's Data; what npzWriter.ts writes
 *   adj_data, adj_indices, adj_indptr, adj_shape, attr_*, labels, node_names, class_names
 *                SciPy's CSR matrices: https://github.com/shchur/gnn-benchmark
 *
 * All but the edges is optional. Classes are numbered from 0, -1 is a node without one. Where nodes may have several, the
 * labels are a matrix of nodes × classes with a 1 for each, dense or the four parts of a CSR matrix (y_indptr, …).
 */
import { InputError } from '../config/errors.ts';
import { isDense } from './edgeList.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT } from './graphData.ts';
import { indicatedLabels, type Labels, MOST_CLASSES, numberedClasses } from './labels.ts';
import type { Topology } from './matrixGraph.ts';
import { matrixEdges, matrixOf } from './matrixGraph.ts';
import type { MatrixRows } from './matrixRows.ts';
import { csrRows, denseRows } from './matrixRows.ts';
import { readNpy, readNpyText } from './npy.ts';
import type { NumpyArray } from './numpyArray.ts';
import { openZip } from './zip.ts';

/** As in a bundle: per-node arrays must stay allocatable. */
const MAX_NODES = 2 ** 28;
const SPLIT_CODES = [SPLIT.train, SPLIT.validation, SPLIT.test];

/** A layout with a list of edges: the names of its arrays, and which of their dimensions counts edges, nodes. */
interface ListLayout {
  readonly edges: string;
  readonly edgesAlong: 0 | 1;
  readonly weights: string | null;
  readonly features: string;
  readonly labels: string;
  readonly masks: readonly string[];
  readonly nodesAlong: 0 | 1;
}

const BENCHMARK: ListLayout = {
  edges: 'edges',
  edgesAlong: 0,
  weights: null,
  features: 'node_features',
  labels: 'node_labels',
  masks: ['train_masks', 'val_masks', 'test_masks'],
  nodesAlong: 1,
};
const GEOMETRIC: ListLayout = {
  edges: 'edge_index',
  edgesAlong: 1,
  weights: 'edge_weight',
  features: 'x',
  labels: 'y',
  masks: ['train_mask', 'val_mask', 'test_mask'],
  nodesAlong: 0,
};

/** The arrays of an archive by name. */
interface Arrays {
  readonly where: (key: string) => string;
  readonly has: (key: string) => boolean;
  /** null where the archive has none of that name. */
  readonly find: (key: string) => NumpyArray | null;
  readonly text: (key: string) => string[] | null;
}

/**
 * Reads a graph from an .npz; `name` is the file's name, by which the graph is called. Edges as the file lists them.
 * @throws InputError where it is damaged, in no layout known here, or its arrays do not fit together
 */
export function readNpz(bytes: Uint8Array, name: string): GraphData {
  const arrays = openArrays(bytes, name);
  const list = [BENCHMARK, GEOMETRIC].find(({ edges }) => arrays.has(edges));
  if (!list && !arrays.has('adj_indptr')) {
    throw new InputError(
      `${name}: holds no edges under a name known here; save 'edge_index' (2 × edges), 'x' and 'y', or take the layout ` +
        'of the heterophilous or the Shchur benchmark.',
    );
  }
  const attributes = arrays.has('attr_indptr') ? csrOf(arrays, 'attr') : null;
  const featuresKey = list?.features ?? 'attr_matrix';
  const labelsKey = list?.labels ?? 'labels';
  const found = arrays.find(featuresKey);
  const rows = attributes ?? (found && denseRows(found, arrays.where(featuresKey)));
  const given = arrays.find(labelsKey);
  const sets = arrays.has(`${labelsKey}_indptr`) ? csrOf(arrays, labelsKey) : null;
  const known = rows?.rows ?? sets?.rows ?? given?.shape[0] ?? null;
  const topology = list
    ? listedEdges(arrays, list, known)
    : matrixEdges(csrOf(arrays, 'adj'), arrays.where('adj_shape'));
  const { nodes } = topology;
  if (rows && rows.rows !== nodes) {
    throw new InputError(`${name}: has features of ${rows.rows} nodes, but ${nodes} nodes; make them match.`);
  }
  const { classes, ...labels } = readLabels(sets ?? given, arrays.where(labelsKey), nodes);
  const classNames = arrays.text('class_names');
  const nodeIds = arrays.text('node_names');
  const featureNames = arrays.text('attr_names');
  const names = { class_names: classNames, node_names: nodeIds, attr_names: featureNames };
  const unread = Object.entries(names).filter(([key, list]) => arrays.has(key) && !list);
  return {
    name: name.replace(/\.npz(\.gz)?$/i, ''),
    ...topology,
    features: rows && matrixOf(rows),
    featureNames: featureNames?.length === rows?.cols ? featureNames : null,
    ...labels,
    classNames: fittingNames(classNames, classes, labels) ?? numberedClasses(classes),
    splits: readSplits(arrays, list ?? GEOMETRIC, nodes),
    nodeIds: nodeIds?.length === nodes ? nodeIds : null,
    positions: null,
    notes: unread.map(([key]) => `Not read: ${arrays.where(key)}, which holds no text of fixed width.`),
  };
}

function openArrays(bytes: Uint8Array, name: string): Arrays {
  const zip = openZip(bytes, name);
  const where = (key: string) => `${name}, ${key}`;
  const has = (key: string) => zip.names.includes(`${key}.npy`);
  return {
    where,
    has,
    find: (key) => (has(key) ? readNpy(zip.unpack(`${key}.npy`), where(key)) : null),
    text: (key) => (has(key) ? readNpyText(zip.unpack(`${key}.npy`), where(key)) : null),
  };
}

function need(arrays: Arrays, key: string): NumpyArray {
  const found = arrays.find(key);
  if (!found) throw new InputError(`${arrays.where(key)}: is missing; save the whole graph again.`);
  return found;
}

function csrOf(arrays: Arrays, prefix: string): MatrixRows {
  const part = (what: string) => need(arrays, `${prefix}_${what}`).values;
  const parts = { indptr: part('indptr'), indices: part('indices'), values: part('data') };
  return csrRows(part('shape'), parts, arrays.where(`${prefix}_data`));
}

/** @param known number of nodes; null where nothing but the edges tells it */
function listedEdges(arrays: Arrays, { edges, edgesAlong, weights }: ListLayout, known: number | null): Topology {
  const where = arrays.where(edges);
  const { shape, values } = need(arrays, edges);
  // Some save the transpose; a list of two edges is taken as the layout has it.
  const along = shape[1 - edgesAlong] === 2 ? edgesAlong : 1 - edgesAlong;
  if (shape.length !== 2 || shape[1 - along] !== 2) {
    throw new InputError(`${where}: has the shape ${shape.join(' × ')}; give one pair of nodes per edge.`);
  }
  const count = shape[along];
  let largest = -1;
  for (const id of values) largest = Math.max(largest, id);
  const nodes = known ?? largest + 1;
  // A few edges must not stand for a billion nodes.
  const sparse = known === null && !isDense(largest, 2 * count);
  if (nodes > MAX_NODES || sparse) {
    throw new InputError(`${where}: an edge names node ${nodes - 1}; number the nodes from 0 without gaps.`);
  }
  const wrong = values.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < nodes));
  if (wrong >= 0) {
    throw new InputError(
      `${where}: an edge names node ${values[wrong]}, but the ${nodes} nodes are numbered from 0; make them match.`,
    );
  }
  const end = (which: 0 | 1) =>
    Uint32Array.from({ length: count }, (_, e) => values[along === 0 ? 2 * e + which : which * count + e]);
  return { nodes, source: end(0), target: end(1), weight: weights ? readWeights(arrays, weights, count) : null };
}

function readWeights(arrays: Arrays, key: string, edges: number): Float32Array | null {
  const found = arrays.find(key);
  if (!found) return null;
  if (found.values.length !== edges) {
    throw new InputError(
      `${arrays.where(key)}: has the shape ${found.shape.join(' × ')}; give one weight per edge, of ${edges} edges.`,
    );
  }
  return Float32Array.from(found.values);
}

/** Names of classes, if there are as many as are needed; of the columns of a matrix, exactly as many. */
function fittingNames(names: string[] | null, classes: number, { labelSets }: Labels): string[] | null {
  return names && (labelSets ? names.length === classes : names.length >= classes) ? names : null;
}

function readLabels(
  found: NumpyArray | MatrixRows | null,
  where: string,
  nodes: number,
): Labels & { readonly classes: number } {
  if (!found) return { labels: null, classes: 0 };
  if ('visit' in found || (found.shape.length === 2 && found.shape[1] > 1)) {
    const matrix = 'visit' in found ? found : denseRows(found, where);
    if (matrix.rows === nodes) return { ...indicatedLabels(matrix, where), classes: matrix.cols };
    throw new InputError(`${where}: has ${matrix.rows} rows; give one per node, of ${nodes} nodes.`);
  }
  const { shape, values } = found;
  if (values.length !== nodes) {
    throw new InputError(`${where}: has the shape ${shape.join(' × ')}; give one class per node, of ${nodes} nodes.`);
  }
  const wrong = values.findIndex((label) => !(Number.isInteger(label) && label >= -1 && label < MOST_CLASSES));
  if (wrong >= 0) {
    throw new InputError(
      `${where}: node ${wrong} has the class ${values[wrong]}; number classes from 0 to ${MOST_CLASSES - 1} (-1 for none).`,
    );
  }
  const labels = Int32Array.from(values);
  return { labels, classes: labels.reduce((most, label) => Math.max(most, label), -1) + 1 };
}

function readSplits(arrays: Arrays, { masks, nodesAlong }: ListLayout, nodes: number): Uint8Array[] {
  const splits: Uint8Array[] = [];
  const present = masks.filter(arrays.has);
  for (const key of present) {
    const code = SPLIT_CODES[masks.indexOf(key)];
    const where = arrays.where(key);
    const { shape, values } = need(arrays, key);
    const along = shape.length === 1 ? 0 : shape[nodesAlong] === nodes ? nodesAlong : 1 - nodesAlong;
    if (shape.length > 2 || shape[along] !== nodes) {
      throw new InputError(`${where}: has the shape ${shape.join(' × ')}; give one entry per node, of ${nodes} nodes.`);
    }
    const count = values.length / nodes;
    if (key === present[0]) for (let s = 0; s < count; s++) splits.push(new Uint8Array(nodes));
    if (count !== splits.length) {
      throw new InputError(`${where}: has ${count} splits, but ${present[0]} has ${splits.length}; make them match.`);
    }
    for (const [s, split] of splits.entries()) {
      for (let node = 0; node < nodes; node++) {
        const value = values[along === 0 ? node * count + s : s * nodes + node];
        if (value === 0) continue;
        if (value === 1 && split[node] === SPLIT.none) split[node] = code;
        else {
          const what = value === 1 ? 'is in two parts' : `has the entry ${value}`;
          throw new InputError(`${where}: node ${node} ${what} of split ${s}; mark each node true in one part only.`);
        }
      }
    }
  }
  return splits;
}
