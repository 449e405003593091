import { fingerprint } from '../graph/fingerprint.ts';
import type { Graph } from '../graph/graph.ts';
import { interleave } from '../graph/memoryServer.ts';
import { degreesOf } from '../graph/operators.ts';
import type { Table, TableName } from '../graph/request.ts';
import { crc32 } from './checksum.ts';
import type { ChunkStore } from './chunkStore.ts';
import {
  byteLength,
  chunkKey,
  deleteGraph,
  ELEMENTS,
  type ElementArray,
  encodeManifest,
  type Manifest,
  manifestKey,
  type StoredArray,
  TABLES,
} from './manifest.ts';

export interface IngestOptions {
  /** Its name in the store: 1 to 64 of a-z, 0-9, "_" and "-"; default: the fingerprint. */
  readonly id?: string;
  /** Size of a chunk, rounded down to a multiple of 4. */
  readonly chunkBytes?: number;
  /** Called after each chunk. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Close to IndexedDB's best rate, while a random row costs little more than with the smallest chunks. */
export const DEFAULT_CHUNK_BYTES = 256 * 1024;

/**
 * Writes a graph as chunks, and its manifest last, so that a half-written graph is never seen. A graph of the same id is
 * replaced. When it fails or is aborted (it then throws the signal's reason), nothing of that id stays in the store.
 */
export async function ingest(graph: Graph, store: ChunkStore, options: IngestOptions = {}): Promise<Manifest> {
  const { onProgress, signal } = options;
  const hash = await fingerprint(graph);
  const id = options.id ?? hash;
  if (!/^[a-z0-9_-]{1,64}$/.test(id)) throw new RangeError(`${id} is not an id: use 1 to 64 of a-z, 0-9, _ and -.`);
  const chunkBytes = wholeNumbers(options.chunkBytes ?? DEFAULT_CHUNK_BYTES);
  const tables = tablesOf(graph);
  const arrays = [...arraysOf(tables), ...extrasOf(graph)];
  const totalBytes = arrays.reduce((sum, [, array]) => sum + array.byteLength, 0);
  const stored: StoredArray[] = [];
  let written = 0;
  signal?.throwIfAborted();
  await deleteGraph(store, id);
  try {
    for (const [name, array] of arrays) {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      const checksums: number[] = [];
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        signal?.throwIfAborted();
        const chunk = bytes.subarray(at, at + chunkBytes);
        await store.put(chunkKey(id, name, checksums.length), chunk);
        checksums.push(crc32(chunk));
        written += chunk.length;
        onProgress?.(written, totalBytes);
      }
      stored.push({ name, type: typeOf(array), length: array.length, checksums });
    }
    signal?.throwIfAborted();
    const { name, nodes, edges, symmetric, classNames, notes } = graph;
    const about = { version: 1, id, name, nodes, edges, symmetric, classNames, notes, fingerprint: hash } as const;
    const manifest: Manifest = { ...about, chunkBytes, tables: shapesOf(tables), arrays: stored };
    await store.put(manifestKey(id), encodeManifest(manifest));
    return manifest;
  } catch (error) {
    await deleteGraph(store, id);
    throw error;
  }
}

/** A chunk size at which no number lies across chunks. */
export function wholeNumbers(chunkBytes: number): number {
  return Math.max(4, Math.floor(chunkBytes / 4) * 4);
}

/** Bytes that a graph takes in a store at the most: its chunks exactly, its manifest with the longest checksums. */
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
  return total + encodeManifest({ ...about, chunkBytes, tables: shapesOf(tables), arrays }).byteLength;
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
    labels: column(graph.labels),
    split: interleave(graph.splits, graph.nodes),
  };
}

function arraysOf(tables: Record<TableName, Table>): [string, ElementArray][] {
  return Object.entries(tables).flatMap(([name, table]) => {
    const arrays: [string, ElementArray][] = [];
    if (table.kind === 'sparse') arrays.push([`${name}.indptr`, table.indptr], [`${name}.indices`, table.indices]);
    if (table.values) arrays.push([`${name}.values`, table.values]);
    return arrays;
  });
}

/** What samplers never ask for, but whoever shows the graph does. */
function extrasOf({ nodeIds, positions }: Graph): [string, ElementArray][] {
  const arrays: [string, ElementArray][] = [];
  if (nodeIds) arrays.push(['nodeIds', new TextEncoder().encode(JSON.stringify(nodeIds))]);
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
