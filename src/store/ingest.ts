import { bytesOf, type CsrMatrix } from '../formats/matrix.ts';
import { largestFeature } from '../graph/features.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import type { Graph } from '../graph/graph.ts';
import { interleave, memoryServer } from '../graph/memoryServer.ts';
import { degreesOf } from '../graph/operators.ts';
import { ORDERINGS, type OrderingName } from '../graph/ordering.ts';
import type { Table, TableName } from '../graph/request.ts';
import type { ChunkStore } from './chunkStore.ts';
import { drive } from './graphStore.ts';
import { type WriterOptions, wholeNumbers, writeGraph } from './graphWriter.ts';
import { type ProgressOptions, progressOf } from './ingestProgress.ts';
import {
  byteLength,
  ELEMENTS,
  type ElementArray,
  encodeManifest,
  isOfRows,
  type Manifest,
  ORDER,
  ORDERED_TABLES,
  orderedName,
  type StoredArray,
  TABLES,
} from './manifest.ts';

export interface IngestOptions extends WriterOptions, ProgressOptions {
  /** Its name in the store: 1 to 64 of a-z, 0-9, "_" and "-"; default: the fingerprint. */
  readonly id?: string;
  /** In which order its rows lie; default: as the nodes do. */
  readonly ordering?: OrderingName;
}

/**
 * Writes a graph that is in memory as chunks, as `writeGraph` does; `streamIngest` takes one that is not.
 * Throws the signal's reason where it is aborted.
 */
export async function ingest(graph: Graph, store: ChunkStore, options: IngestOptions = {}): Promise<Manifest> {
  const hash = await fingerprint(graph);
  const tables = tablesOf(graph);
  const { ordering = 'none' } = options;
  const arrays = await orderedArrays(graph, [...arraysOf(tables), ...extrasOf(graph)], options);
  const totalBytes = arrays.reduce((sum, [, array]) => sum + array.byteLength, 0);
  return writeGraph(store, options.id ?? hash, options, async (writer) => {
    const stored: StoredArray[] = [];
    const onward = progressOf('Keeping the graph', totalBytes, options);
    for (const [name, array] of arrays) {
      const bytes = bytesOf(array);
      const out = writer.array(name, typeOf(array));
      for (let at = 0; at < bytes.length; at += writer.chunkBytes) {
        const chunk = bytes.subarray(at, at + writer.chunkBytes);
        await out.write(chunk);
        await onward(chunk.length);
      }
      stored.push(await out.finish());
    }
    const about = { fingerprint: hash, largestFeature: largestFeature(graph.features), tables: shapesOf(tables) };
    return { ...graph, ...about, ...noted(ordering), arrays: stored };
  });
}

/** What the manifest says of the order: nothing where there is none. */
export const noted = (ordering: OrderingName) => (ordering === 'none' ? {} : { ordering });

/** The arrays as they are stored in this order, and the order. */
async function orderedArrays(
  graph: Graph,
  arrays: readonly [string, ElementArray][],
  options: IngestOptions,
): Promise<readonly [string, ElementArray][]> {
  const ordering = ORDERINGS[options.ordering ?? 'none'];
  if (!ordering) return arrays;
  const serve = memoryServer(graph);
  const { indptr, indices } = graph.adjacency;
  const onward = progressOf('Ordering the rows', ordering.sweeps * indices.byteLength, options);
  const order = await drive(ordering.order(indptr, indices.length), async (request) => {
    const answer = serve(request);
    await onward(bytesOf((answer.table as CsrMatrix).indices).length);
    return answer;
  });
  const tables = ORDERED_TABLES.map((table) => [table, serve({ table, rows: order }).table] as const);
  const ordered = new Map(arraysOf(Object.fromEntries(tables)));
  const moved = arrays.map(([name, array]): [string, ElementArray] =>
    isOfRows(name) ? [orderedName(name), ordered.get(name)!] : [name, array],
  );
  return [...moved, [ORDER, order]];
}

/** The longest number that a feature can be in JSON: 17 digits, and an exponent of two. */
const LONGEST_FEATURE = 1.1754943508222875e-38;

/** Bytes that a graph takes in a store at the most: its chunks exactly, its manifest with the longest numbers. */
export function storedBytes(graph: Graph, wantedChunkBytes: number): number {
  const chunkBytes = wholeNumbers(wantedChunkBytes);
  const tables = tablesOf(graph);
  let total = 0;
  const arrays = [...arraysOf(tables), ...extrasOf(graph)].map(([name, array]): StoredArray => {
    total += array.byteLength;
    const checksums = new Array<number>(Math.ceil(array.byteLength / chunkBytes)).fill(0xffffffff);
    return { name, type: typeOf(array), length: array.length, checksums };
  });
  const { name, nodes, edges, symmetric, classNames, notes } = graph;
  const hash = '0'.repeat(64);
  const about = { version: 1, id: hash, name, nodes, edges, symmetric, classNames, notes, fingerprint: hash } as const;
  const rest = { largestFeature: LONGEST_FEATURE, chunkBytes, tables: shapesOf(tables), arrays };
  return total + encodeManifest({ ...about, ...rest }).byteLength;
}

/** Bytes that a stored graph takes. */
export function manifestBytes(manifest: Manifest): number {
  return manifest.arrays.reduce((sum, array) => sum + byteLength(array), encodeManifest(manifest).byteLength);
}

function tablesOf(graph: Graph): Record<TableName, Table> {
  const column = (values: Float32Array | Int32Array): Table => ({ kind: 'dense', rows: graph.nodes, cols: 1, values });
  return {
    neighbors: graph.adjacency,
    features: graph.features,
    degree: column(degreesOf(graph.adjacency)),
    labels: graph.labelSets ?? column(graph.labels),
    split: interleave(graph.splits, graph.nodes),
  };
}

function arraysOf(tables: Readonly<Partial<Record<TableName, Table>>>): [string, ElementArray][] {
  return Object.entries(tables).flatMap(([name, table]) => {
    const arrays: [string, ElementArray][] = [];
    if (table.kind === 'sparse') arrays.push([`${name}.indptr`, table.indptr], [`${name}.indices`, table.indices]);
    if (table.values) arrays.push([`${name}.values`, table.values]);
    return arrays;
  });
}

type Extras = Partial<Pick<Graph, 'nodeIds' | 'featureNames' | 'positions'>>;

/** What samplers never ask for, but whoever shows the graph does. */
export function extrasOf(extras: Extras): [string, ElementArray][] {
  const { positions } = extras;
  const arrays: [string, ElementArray][] = [];
  for (const list of ['nodeIds', 'featureNames'] as const) {
    const names = extras[list];
    if (names) arrays.push([list, new TextEncoder().encode(JSON.stringify(names))]);
  }
  if (positions) arrays.push(['positions', positions]);
  return arrays;
}

function shapesOf(tables: Record<TableName, Table>): Manifest['tables'] {
  const shapes = TABLES.map((name) => [
    name,
    { kind: tables[name].kind, rows: tables[name].rows, cols: tables[name].cols },
  ]);
  return Object.fromEntries(shapes);
}

function typeOf(array: ElementArray): StoredArray['type'] {
  return (Object.keys(ELEMENTS) as StoredArray['type'][]).find((type) => array instanceof ELEMENTS[type])!;
}
