import type { Config } from '../config/schema.ts';
import { batchBytes, type Capacity, sortedDegreesBytes } from '../graph/capacity.ts';
import type { DenseOutline, SparseOutline } from '../graph/graph.ts';
import { samplerScratchBytes } from '../graph/neighborSampler.ts';
import { manifestBytes, storedBytes } from '../store/ingest.ts';
import { isOrdered, ORDERED_TABLES } from '../store/manifest.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import type { Sizes } from '../tensor/value.ts';
import { DROPPED } from './inputs.ts';
import type { LayerwiseBytes } from './layerwise.ts';
import { evaluatedSplit, seedsOf, splitOf } from './seeds.ts';

/** What a run holds outside the GPU: main memory and disk, as bounds that the ledger never exceeds. */

/** Largest batches of the sampled passes, by routine. */
export type Capacities = Readonly<Partial<Record<'train' | 'evaluate', Capacity>>>;

const sizeOf = (array: { readonly byteLength: number } | null) => array?.byteLength ?? 0;

function matrixBytes(matrix: SparseOutline | DenseOutline): number {
  const values = sizeOf(matrix.values);
  return matrix.kind === 'dense' ? values : values + matrix.indptr.byteLength + matrix.indices.byteLength;
}

/** The arrays of a graph that are in memory, node names left out. */
export function graphBytes(graph: AnyGraph): number {
  const { adjacency, features, labels, labelSets, splits, positions } = graph;
  const rowPointers = adjacency.indptr.byteLength + (features.kind === 'sparse' ? features.indptr.byteLength : 0);
  const matrices = isStored(graph) ? rowPointers : matrixBytes(adjacency) + matrixBytes(features);
  const split = splits.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const sets = labelSets ? matrixBytes(labelSets) : 0;
  return matrices + labels.byteLength + sets + split + sizeOf(positions);
}

/**
 * What is listed for sampled passes beside the graph: seed nodes, which training shuffles and cuts anew in every epoch; the
 * split that the evaluation sees; degrees in order, by which batches are bounded.
 */
export function listBytes(graph: AnyGraph, config: Config, capacity: Capacities, predictOnly: boolean): number {
  if (Object.keys(capacity).length === 0) return 0;
  const [split, evaluated] = [splitOf(graph, config), evaluatedSplit(graph, config)];
  const train = capacity.train ? 12 * seedsOf(split, 'train', false).length : 0;
  const evaluate = capacity.evaluate ? 4 * seedsOf(evaluated, 'evaluate', predictOnly).length : 0;
  const sorted = sortedDegreesBytes(graph.nodes) * (graph.features.kind === 'sparse' ? 2 : 1);
  return train + evaluate + sorted + (evaluated === split ? 0 : evaluated.byteLength);
}

/** What a run reads back. */
export interface ReadBack {
  /** Bytes of one reading: of a batch, or of all nodes. */
  readonly bytes: number;
  /** Bytes of the weights, which are read when all batches are over. */
  readonly weights: number;
  /** Bytes of what is collected of all nodes: to predict, and for a ROC-AUC. */
  readonly collected: number;
  /** Bytes of the predictions of all nodes, which are held from one reading to the next; 0 where nobody looks at them. */
  readonly held: number;
}

/**
 * What the engine holds on the host at most: the dataset; what it arranges for the device (for the whole graph while it is
 * uploaded, or for one batch at its largest) or reads back from it; what it collects of that; the weights in the end; the
 * sampler's table; the store's cache.
 * @param layerwise of an evaluation layer by layer
 */
export function hostBytes(
  graph: AnyGraph,
  config: Config,
  sizes: Sizes,
  capacity: Capacities,
  anyFull: boolean,
  readBack: ReadBack,
  layerwise: LayerwiseBytes | null = null,
): number {
  const { nodes, features } = graph;
  const operator = (name: string, rows: number) => halfBytes(sizes, name, rows);
  let arranged = 0;
  if (anyFull) {
    arranged = operator('graph', nodes) + operator('graphᵀ', nodes) + targetBytes(graph) * nodes;
    arranged +=
      features.kind === 'dense' ? features.values.byteLength : sparseFeatureBytes(sizes, '', nodes, features.cols);
    // Before each step: what is left of the graph, and the operator that is made of it.
    const left = operator(DROPPED, nodes) + operator(`${DROPPED}ᵀ`, nodes);
    arranged = Math.max(arranged, left > 0 ? left + matrixBytes(graph.adjacency) : 0);
  }
  let sampled = 0;
  for (const [routine, batch] of Object.entries(capacity)) {
    if (routine === 'evaluate' && layerwise) continue;
    sampled = Math.max(sampled, largestBatch(graph, config, sizes, `${routine}.`, batch));
  }
  const inBatches = Object.keys(capacity).length > 0;
  const samplers = inBatches ? Math.max(1, samplingWorkers(graph, config)) : 0;
  const sampler = samplers * (samplerScratchBytes(nodes) + 4 * nodes);
  // A sampler worker has its own copy of the split, for each pass that it serves.
  const ownCopies = openStoreBytes(graph, chunkBytesOf(graph, config)) + 2 * nodes;
  const cache = inBatches && readsFromStore(graph, config) ? cacheBytes(graph, config) + samplers * ownCopies : 0;
  const samples = 1 + batchesAhead(samplingWorkers(graph, config));
  const between = layerwise ? samples * layerwise.sample + layerwise.rows : 0;
  // The upload is over before anything is collected; a batch gives way before its logits are read, those asked for ahead do not.
  const reading = readBack.bytes + (samples - 1) * sampled;
  const inPasses = readBack.collected + Math.max(samples * sampled, reading, between);
  const most = Math.max(arranged, inPasses, readBack.weights);
  return graphBytes(graph) + most + readBack.held + (layerwise?.cuts ?? 0) + sampler + cache;
}

/** Of a node's labels and its place in the split, as the device gets them. */
export function targetBytes({ labelSets }: AnyGraph): number {
  return 4 + 4 * (labelSets?.cols ?? 1);
}

/** Arrays of one direction of a sparse matrix with so many rows, in an order and heavy ones listed; 0 where the sizes have none. */
export function halfBytes(sizes: Sizes, name: string, rows: number): number {
  const entries = sizes[`${name}.entries`];
  if (entries === undefined) return 0;
  return 8 * (rows + 1) + 8 * entries + 16 * (sizes[`${name}.segments`] + sizes[`${name}.heavy`]);
}

/** The same of features and their transpose. */
export function sparseFeatureBytes(sizes: Sizes, prefix: string, rows: number, cols: number): number {
  const positions = 4 * (sizes[`${prefix}features.entries`] ?? 0);
  return halfBytes(sizes, `${prefix}features`, rows) + halfBytes(sizes, `${prefix}featuresᵀ`, cols) + positions;
}

function largestBatch(graph: AnyGraph, config: Config, sizes: Sizes, prefix: string, batch: Capacity): number {
  const hops = batch.edges.length;
  const rows = (level: number) => batch.nodes[hops - level];
  let bytes = batchBytes(batch, graph.adjacency.values !== null) + targetBytes(graph) * batch.nodes[0];
  for (let level = 0; level <= hops; level++) bytes += 4 * rows(level);
  for (let hop = 0; hop < hops; hop++) {
    bytes += halfBytes(sizes, `${prefix}block${hop}`, rows(hop + 1));
    bytes += halfBytes(sizes, `${prefix}block${hop}ᵀ`, rows(hop));
  }
  const { features } = graph;
  // Rows as the store gives them lie beside their normalised values.
  const values =
    features.kind === 'dense' ? 4 * rows(0) * features.cols : 4 * (sizes[`${prefix}features.entries`] ?? 0);
  if (config['data.normalizeFeatures']) bytes += values;
  return features.kind === 'dense' ? bytes + values : bytes + sparseFeatureBytes(sizes, prefix, rows(0), features.cols);
}

/** What an open stored graph holds beside its cache: row offsets, where rows lie, and two chunks under way. */
export function openStoreBytes(graph: AnyGraph, chunkBytes: number): number {
  const sparse = graph.labelSets ? 3 : 2;
  return 2 * chunkBytes + 4 * sparse * (graph.nodes + 1) + placesBytes(graph);
}

/** Where the rows of neighbours and features lie, if not as the nodes do. */
export function placesBytes(graph: AnyGraph): number {
  return isStored(graph) && isOrdered(graph.manifest) ? 4 * ORDERED_TABLES.length * graph.nodes : 0;
}

const stored = new WeakMap<AnyGraph, Map<number, number>>();

/** What is stored already keeps its chunks. */
function chunkBytesOf(graph: AnyGraph, config: Config): number {
  return isStored(graph) ? graph.manifest.chunkBytes : config['memory.chunkBytes'];
}

/** Bytes that the graph takes in a store, counted once per graph and chunk size. */
function storedBytesOf(graph: AnyGraph, config: Config): number {
  const chunkBytes = chunkBytesOf(graph, config);
  const known = stored.get(graph) ?? new Map<number, number>();
  stored.set(graph, known);
  let bytes = known.get(chunkBytes);
  if (bytes === undefined) {
    bytes = isStored(graph) ? manifestBytes(graph.manifest) : storedBytes(graph, chunkBytes);
    known.set(chunkBytes, bytes);
  }
  return bytes;
}

/** The values of memory.store that are stores, in words; `auto` is for whoever makes the configuration to decide. */
export const STORES: Readonly<Partial<Record<Config['memory.store'], string>>> = {
  file: 'place for files',
  indexeddb: 'IndexedDB',
  opfs: 'OPFS',
};

/** Whether sampled passes read the graph from a store. */
export function readsFromStore(graph: AnyGraph, config: Config): boolean {
  return isStored(graph) || config['memory.store'] in STORES;
}

/** Workers that sample; none where the graph is in memory, which would have to be copied to each. */
export function samplingWorkers(graph: AnyGraph, config: Config): number {
  return readsFromStore(graph, config) ? config['sampling.workers'] : 0;
}

/** Batches asked for before they are needed: one for each worker to be busy with, and one that is ready. */
export const batchesAhead = (workers: number) => (workers === 0 ? 0 : workers + 1);

/** The caches of all workers at their fullest: each has its share, and never holds more than there is. */
export function cacheBytes(graph: AnyGraph, config: Config): number {
  if (!readsFromStore(graph, config)) return 0;
  const caches = Math.max(1, samplingWorkers(graph, config));
  return caches * Math.min(Math.floor(config['memory.cacheBytes'] / caches), storedBytesOf(graph, config));
}

/** Bytes of the graph in a store; 0 where it stays in memory. Checkpoints come to that (forecast.ts). */
export function diskBytes(graph: AnyGraph, config: Config): number {
  const sampled = config['sampling.strategy'] === 'neighbor' || config['evaluation.strategy'] !== 'full';
  return sampled && readsFromStore(graph, config) ? storedBytesOf(graph, config) : 0;
}
