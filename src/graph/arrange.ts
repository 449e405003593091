import { InputError } from '../config/errors.ts';
import { type GraphData, type SelfLoops, SPLIT } from '../formats/graphData.ts';
import { firstLabels, hasLabels } from '../formats/labels.ts';
import type { CsrMatrix, Matrix } from '../formats/matrix.ts';
import { addCsr, countLoops, csrFromEdges, isSymmetric, transpose } from './csr.ts';
import { identity } from './features.ts';
import type { Graph } from './graph.ts';
import { seedKey } from './random.ts';
import { stratifiedSplit } from './split.ts';

export interface ArrangeOptions {
  /** Keep each edge's direction; the default uses every edge in both. */
  readonly directed?: boolean;
  /** Default: drop. */
  readonly selfLoops?: SelfLoops;
  /** Seed of the split that is drawn where the file offers none; default 0. */
  readonly splitSeed?: number;
}

/**
 * From what a file says to the graph that the engine uses, and the gate that every format passes: whatever gets through
 * satisfies what `Graph` promises. Self-loops are dropped unless they are to be kept, and duplicates merged, which the notes
 * count; a graph without features gets the identity; without a split, a stratified 60/20/20 one of the labelled nodes.
 * Throws InputError.
 */
export function arrange(data: GraphData, options: ArrangeOptions = {}): Graph {
  return arrangeCounted(data, options).graph;
}

/** Edges that the file lists and the graph lacks. */
export interface Dropped {
  readonly loops: number;
  readonly duplicates: number;
}

/** As `arrange`, and what it dropped as numbers. */
export function arrangeCounted(data: GraphData, options: ArrangeOptions = {}): { graph: Graph; dropped: Dropped } {
  const { name, nodes, classNames, nodeIds, positions } = data;
  checkNodeCount(name, nodes);
  const notes = [...data.notes];
  const { dropped, ...topology } = arrangeEdges(data, options, notes);
  const ofNodes = arrangeNodes(data, options.splitSeed ?? 0, notes);
  const features = data.features ? checkFeatures(data.features, data) : identity(nodes);
  const featureNames = (data.features && data.featureNames) || null;
  checkLength(name, 'feature names', featureNames, features.cols);
  const graph = { name, nodes, ...topology, features, featureNames, ...ofNodes, classNames, nodeIds, positions, notes };
  return { graph, dropped };
}

/** What a file says of its nodes, all but their features. */
export type NodeData = Pick<
  GraphData,
  'name' | 'nodes' | 'labels' | 'labelSets' | 'classNames' | 'splits' | 'nodeIds' | 'positions'
>;

export type ArrangedNodes = Pick<Graph, 'labels' | 'labelSets' | 'splits'>;

/** Labels and splits as a graph has them; adds to the notes. Throws InputError. */
export function arrangeNodes(data: NodeData, splitSeed: number, notes: string[]): ArrangedNodes {
  const { name, nodes, classNames, nodeIds, positions } = data;
  const given = checkLabels(data);
  const { labels } = given;
  checkLength(name, 'node names', nodeIds, nodes);
  checkLength(name, 'node coordinates', positions, 2 * nodes);
  const splits = data.splits.map((split, i) => checkSplit(split, given, `split ${i} of ${name}`, notes));
  if (splits.length > 0) return { ...given, splits };
  if (hasLabels(data)) {
    const each = given.labelSets ? 'each first class' : 'each class';
    notes.push(
      `${name} offers no split: 60/20/20 % of the labelled nodes of ${each} were drawn with seed ${splitSeed}.`,
    );
  }
  return { ...given, splits: [stratifiedSplit(labels, classNames.length, seedKey(splitSeed))] };
}

function arrangeEdges(data: GraphData, { directed = false, selfLoops }: ArrangeOptions, notes: string[]) {
  const { name, nodes, source, target, weight } = data;
  const listed = source.length;
  checkLength(name, 'edge targets', target, listed);
  checkLength(name, 'edge weights', weight, listed);
  checkEdgeCount(name, listed);
  const kept = new Uint32Array(listed);
  let count = 0;
  for (let e = 0; e < listed; e++) {
    checkEdge(data, e, e);
    if (selfLoops === 'keep' || source[e] !== target[e]) kept[count++] = e;
  }
  const pickIds = (ids: Uint32Array) =>
    count === listed ? ids : Uint32Array.from(kept.subarray(0, count), (e) => ids[e]);
  const weights = weight && Float32Array.from(kept.subarray(0, count), (e) => weight[e]);
  // A row lists where messages come from, so the target of an edge is its row.
  const oneWay = csrFromEdges(pickIds(target), pickIds(source), weights, nodes, nodes);
  const dropped = { loops: listed - count, duplicates: count - oneWay.indices.length };
  noteDropped(name, dropped.loops, dropped.duplicates, weight !== null, notes);
  // An edge that the file lists in both directions with one weight says what it means: adding the two would double it.
  const asListed = isSymmetric(oneWay);
  const bothWays = asListed
    ? oneWay
    : addCsr(oneWay, transpose(oneWay).matrix, (there, back) => (there === back ? there : there + back));
  const adjacency = dropUnitWeights(directed ? oneWay : bothWays, name);
  const edges = (bothWays.indices.length + (selfLoops === 'keep' ? countLoops(bothWays) : 0)) / 2;
  return { adjacency, symmetric: asListed || !directed, edges, dropped };
}

export function checkNodeCount(name: string, nodes: number): void {
  if (nodes < 1) throw new InputError(`${name} has no nodes: give a file with at least one edge or node.`);
}

export function checkEdgeCount(name: string, listed: number): void {
  if (listed > 2 ** 31 - 1) throw new InputError(`${name} lists ${listed} edges; the most that fit are 2147483647.`);
}

/** Checks entry `at` of a piece of an edge list, the edge of that `number` in the whole. Throws InputError. */
export function checkEdge(
  { name, nodes, source, target, weight }: Pick<GraphData, 'name' | 'nodes' | 'source' | 'target' | 'weight'>,
  at: number,
  number: number,
): void {
  const node = Math.max(source[at], target[at]);
  if (node >= nodes) {
    throw new InputError(`Edge ${number} of ${name} names node ${node}, but the nodes are 0 to ${nodes - 1}.`);
  }
  if (weight && !(weight[at] >= 0 && weight[at] < Infinity)) {
    throw new InputError(`Edge ${number} of ${name} weighs ${weight[at]}: weights must be finite and not negative.`);
  }
}

/** Notes on edges that are not kept, with the reason. */
export function noteDropped(name: string, loops: number, duplicates: number, weighted: boolean, notes: string[]): void {
  if (loops > 0) {
    const what = loops > 1 ? 'self-loops' : 'self-loop';
    notes.push(`${loops} ${what} of ${name} dropped: layers that use self-loops give one to every node.`);
  }
  if (duplicates > 0) {
    const how = weighted ? ', their weights summed' : '';
    notes.push(`${duplicates} duplicate edge${duplicates > 1 ? 's' : ''} of ${name} merged${how}.`);
  }
}

/** Weights that are all 1 are no weights. Sums of finite weights may overflow, which is checked here. */
function dropUnitWeights(csr: CsrMatrix, name: string): CsrMatrix {
  if (!csr.values) return csr;
  if (!csr.values.every(Number.isFinite)) throw tooHeavy(name);
  return csr.values.every((value) => value === 1) ? { ...csr, values: null } : csr;
}

export function tooHeavy(name: string): InputError {
  return new InputError(`Duplicate edges of ${name} have weights whose sum is not finite: scale the weights down.`);
}

function checkLabels({ name, nodes, labels, labelSets, classNames }: NodeData): Omit<ArrangedNodes, 'splits'> {
  if (labelSets) {
    if (labelSets.rows !== nodes || labelSets.cols !== classNames.length) {
      const shape = `${labelSets.rows} × ${labelSets.cols}`;
      throw new InputError(`${name} has labels of ${shape}, but ${nodes} nodes and ${classNames.length} classes.`);
    }
    const sets = { ...checkSparse(labelSets, name, CLASSES), values: null };
    return { labels: firstLabels(sets), labelSets: sets };
  }
  if (!labels) return { labels: new Int32Array(nodes).fill(-1), labelSets: null };
  checkLength(name, 'labels', labels, nodes);
  const node = labels.findIndex((label) => label < -1 || label >= classNames.length);
  if (node < 0) return { labels, labelSets: null };
  const range = `-1 (none) to ${classNames.length - 1}`;
  throw new InputError(`Node ${node} of ${name} has class ${labels[node]}, but classes go from ${range}.`);
}

/**
 * An unlabelled node can neither be learned from nor be tested, so it leaves the split, and a note says so. Where nodes have
 * several labels, one in a split has none of them: that can be learned.
 */
function checkSplit(
  split: Uint8Array,
  { labels, labelSets }: Omit<ArrangedNodes, 'splits'>,
  where: string,
  notes: string[],
): Uint8Array {
  checkLength(where, 'entries', split, labels.length);
  const wrong = split.findIndex((code) => code > SPLIT.test);
  if (wrong >= 0) throw new InputError(`Node ${wrong} in ${where} has code ${split[wrong]}: codes go from 0 to 3.`);
  const unlabelled = split.reduce((sum, code, node) => sum + (labels[node] < 0 && code !== SPLIT.none ? 1 : 0), 0);
  if (unlabelled === 0) return split;
  const nodes = `${unlabelled} unlabelled node${unlabelled > 1 ? 's' : ''}`;
  if (labelSets) {
    notes.push(`${nodes} in ${where}: taken as nodes that have none of the labels.`);
    return split;
  }
  notes.push(`${nodes} left out of ${where}.`);
  return split.map((code, node) => (labels[node] < 0 ? SPLIT.none : code));
}

/**
 * Checks the features, or the rows of them that begin with node `first`, and puts sparse rows in order. Throws InputError.
 */
export function checkFeatures(features: Matrix, { name, nodes }: Pick<GraphData, 'name' | 'nodes'>, first = 0): Matrix {
  if (features.rows !== nodes) {
    throw new InputError(`${name} has ${nodes} nodes but ${features.rows} rows of features: give one row per node.`);
  }
  if (features.cols < 1) throw new InputError(`${name} has features of width 0: leave them out or give at least one.`);
  const arranged = features.kind === 'sparse' ? checkSparse(features, name, FEATURES) : features;
  if (arranged.kind === 'dense') checkLength(name, 'feature values', arranged.values, nodes * arranged.cols);
  const wrong = arranged.values ? arranged.values.findIndex((value) => !Number.isFinite(value)) : -1;
  if (wrong < 0) return arranged;
  const row = arranged.kind === 'dense' ? Math.floor(wrong / arranged.cols) : rowOf(arranged.indptr, wrong);
  const column = arranged.kind === 'dense' ? wrong % arranged.cols : arranged.indices[wrong];
  throw new InputError(
    `Feature ${column} of node ${first + row} of ${name} is ${arranged.values![wrong]}: replace it by a finite number.`,
  );
}

/** What the columns of a sparse matrix are, for messages. */
interface Columns {
  readonly one: string;
  readonly many: string;
}
const FEATURES: Columns = { one: 'feature', many: 'features' };
const CLASSES: Columns = { one: 'class', many: 'classes' };

/** Checks the shape of a CSR matrix. SciPy allows unsorted columns and duplicates, which add up; here they are put in order. */
function checkSparse(csr: CsrMatrix, name: string, { one, many }: Columns): CsrMatrix {
  const { rows, cols, indptr, indices, values } = csr;
  checkLength(name, `row offsets of ${many}`, indptr, rows + 1);
  checkLength(name, `${one} values`, values, indices.length);
  let ascending = true;
  for (let row = 0; row < rows; row++) {
    if (indptr[row] > indptr[row + 1] || (row === 0 && indptr[0] !== 0)) {
      throw new InputError(
        `The row offsets of the ${many} of ${name} are out of order at node ${row}: rebuild the file.`,
      );
    }
  }
  if (indptr[rows] !== indices.length) {
    throw new InputError(
      `${name} stores ${indices.length} ${one} entries, but its row offsets end at ${indptr[rows]}.`,
    );
  }
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) {
      if (indices[e] >= cols) {
        throw new InputError(`Node ${row} of ${name} has ${one} ${indices[e]}, but ${many} go from 0 to ${cols - 1}.`);
      }
      if (e > indptr[row] && indices[e] <= indices[e - 1]) ascending = false;
    }
  }
  if (ascending) return csr;
  const row = new Uint32Array(indices.length);
  for (let r = 0; r < rows; r++) row.fill(r, indptr[r], indptr[r + 1]);
  return csrFromEdges(row, indices, values ?? new Float32Array(indices.length).fill(1), rows, cols);
}

function rowOf(indptr: Uint32Array, entry: number): number {
  return indptr.findLastIndex((begin) => begin <= entry);
}

function checkLength(name: string, what: string, array: ArrayLike<unknown> | null, expected: number): void {
  if (array && array.length !== expected) {
    throw new InputError(
      `${name} has ${array.length} ${what} where ${expected} are needed: check that the files match.`,
    );
  }
}
