import { InputError } from '../config/errors.ts';
import { firstLabels } from '../formats/labels.ts';
import type { CsrMatrix, Matrix } from '../formats/matrix.ts';
import type { DenseOutline, Graph, GraphOutline, SparseOutline } from '../graph/graph.ts';
import type { TableName } from '../graph/request.ts';
import type { ChunkStore } from './chunkStore.ts';
import { type GraphStore, serveGraph, splitsOf } from './graphStore.ts';
import {
  byteLength,
  type ElementArray,
  findArray,
  isOrdered,
  type Manifest,
  readManifest,
  type StoredArray,
} from './manifest.ts';
import { readArray, readIndptr } from './readArray.ts';

/** A graph whose matrices stay in the store: runs read the rows of their batches. */
export interface StoredGraph extends GraphOutline {
  readonly manifest: Manifest;
}

/** What runs take. */
export type AnyGraph = Graph | StoredGraph;

export function isStored(graph: AnyGraph): graph is StoredGraph {
  return 'manifest' in graph;
}

/** @throws InputError where the graph stays in its store: a full batch takes all of it */
export function inMemory(graph: AnyGraph): Graph {
  if (!isStored(graph)) return graph;
  throw new InputError(
    `${graph.name} stays in its store, and a full batch needs all of it in memory: ` +
      'set sampling.strategy to neighbor, and evaluation.strategy to layerwise or neighbor.',
  );
}

/** Names of nodes are strings in memory; beyond this many bytes of them, nodes go by their numbers. */
const MOST_NAME_BYTES = 16 * 2 ** 20;

/**
 * The outline of a stored graph, with the names of its nodes and of its features if they are not too long.
 *
 * @throws InputError where there is no such graph or a part of it is damaged
 */
export async function openStored(store: ChunkStore, id: string, mostNames = MOST_NAME_BYTES): Promise<StoredGraph> {
  const manifest = await readManifest(store, id);
  const { name, nodes, edges, symmetric, classNames, notes, tables, arrays } = manifest;
  const read = <T extends ElementArray>(part: string) => readPart<T>(store, manifest, part);
  const extent = (array: StoredArray) => ({ length: array.length, byteLength: byteLength(array) });
  const outline = async (table: 'neighbors' | 'features'): Promise<SparseOutline | DenseOutline> => {
    const { kind, rows, cols } = tables[table];
    const found = findArray(arrays, `${table}.values`);
    const values = found ? extent(found) : null;
    if (kind === 'dense') return { kind, rows, cols, values: values! };
    const indices = extent(findArray(arrays, `${table}.indices`)!);
    return { kind, rows, cols, indptr: await readIndptr(store, manifest, table), indices, values };
  };
  const adjacency = (await outline('neighbors')) as SparseOutline;
  const features = await outline('features');
  const labelSets = tables.labels.kind === 'sparse' ? await readSets(store, manifest) : null;
  const labels = labelSets ? firstLabels(labelSets) : (await read<Int32Array>('labels.values'))!;
  const splits = splitsOf((await read<Uint8Array>('split.values'))!, tables.split.cols);
  const namesOf = async (part: string) => {
    const found = findArray(arrays, part);
    const names = found && found.length <= mostNames ? await read<Uint8Array>(part) : null;
    return names && (JSON.parse(new TextDecoder().decode(names)) as string[]);
  };
  const nodeIds = await namesOf('nodeIds');
  const featureNames = await namesOf('featureNames');
  const positions = await read<Float32Array>('positions');
  const about = { name, nodes, edges, symmetric, classNames, notes, manifest };
  return { ...about, adjacency, features, featureNames, labels, labelSets, splits, nodeIds, positions };
}

/** Rows of a stored graph: row offsets are those of the outline, which stays in memory anyway, so that no chunk is read for them. */
export function serveStored(store: ChunkStore, graph: StoredGraph, cacheBytes: number): Promise<GraphStore> {
  const { manifest, adjacency, features, labelSets } = graph;
  const known = new Map<TableName, Uint32Array>([['neighbors', adjacency.indptr]]);
  if (features.kind === 'sparse') known.set('features', features.indptr);
  if (labelSets) known.set('labels', labelSets.indptr);
  return serveGraph(store, manifest, cacheBytes, known);
}

/** Reads a stored graph back into memory, equal to the one that was ingested. */
export async function loadGraph(store: ChunkStore, id: string): Promise<Graph> {
  const { manifest, adjacency, features, ...rest } = await openStored(store, id, Number.POSITIVE_INFINITY);
  if (isOrdered(manifest)) {
    const { serve } = await serveStored(store, { manifest, adjacency, features, ...rest }, 0);
    const rows = Uint32Array.from({ length: rest.nodes }, (_, node) => node);
    const inOrder = async (table: TableName) => (await serve({ table, rows })).table;
    return {
      ...rest,
      adjacency: (await inOrder('neighbors')) as CsrMatrix,
      features: (await inOrder('features')) as Matrix,
    };
  }
  const read = <T extends ElementArray>(part: string) => readPart<T>(store, manifest, part);
  const entries = async (table: string) => ({
    indices: (await read<Uint32Array>(`${table}.indices`))!,
    values: await read<Float32Array>(`${table}.values`),
  });
  return {
    ...rest,
    adjacency: { ...adjacency, ...(await entries('neighbors')) },
    features:
      features.kind === 'sparse'
        ? { ...features, ...(await entries('features')) }
        : { ...features, values: (await read<Float32Array>('features.values'))! },
  };
}

/** The classes of nodes that have several. */
async function readSets(store: ChunkStore, manifest: Manifest): Promise<CsrMatrix> {
  const indptr = await readIndptr(store, manifest, 'labels');
  const indices = (await readPart<Uint32Array>(store, manifest, 'labels.indices'))!;
  return { kind: 'sparse', rows: manifest.nodes, cols: manifest.classNames.length, indptr, indices, values: null };
}

async function readPart<T extends ElementArray>(
  store: ChunkStore,
  manifest: Manifest,
  part: string,
): Promise<T | null> {
  const array = findArray(manifest.arrays, part);
  return array ? ((await readArray(store, manifest, array)) as T) : null;
}
