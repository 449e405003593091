import { crc32 } from '../formats/crc32.ts';
import type { Graph } from '../graph/graph.ts';
import type { ChunkStore } from './chunkStore.ts';
import {
  chunkKey,
  deleteGraph,
  ELEMENTS,
  encodeManifest,
  type Manifest,
  manifestKey,
  type StoredArray,
} from './manifest.ts';

/** Close to IndexedDB's best rate, while a random row costs little more than with the smallest chunks. */
export const DEFAULT_CHUNK_BYTES = 256 * 1024;

/** A chunk size at which no number lies across chunks. */
export function wholeNumbers(chunkBytes: number): number {
  return Math.max(4, Math.floor(chunkBytes / 4) * 4);
}

export interface WriterOptions {
  /** Size of a chunk, rounded down to a multiple of 4. */
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal;
}

/** What a manifest says that the writer does not know. */
export type About = Pick<Graph, 'name' | 'nodes' | 'edges' | 'symmetric' | 'classNames' | 'notes'> &
  Pick<Manifest, 'fingerprint' | 'largestFeature' | 'ordering' | 'tables' | 'arrays'>;

/** The graph that is being written. */
export interface GraphWriter {
  readonly chunkBytes: number;
  array(name: string, type: StoredArray['type']): ArrayWriter;
}

/** Cuts an array that arrives in pieces of any size into chunks; what is left over of a chunk is all that it holds. */
export interface ArrayWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Writes what is left over, and says what was written. */
  finish(): Promise<StoredArray>;
}

/**
 * Writes a graph: its arrays as `work` does, and its manifest last, so that a half-written graph is never seen. A graph of
 * the same id is replaced. When it fails or is aborted (it then throws the signal's reason), nothing of that id stays in
 * the store.
 */
export async function writeGraph(
  store: ChunkStore,
  id: string,
  { chunkBytes: wanted = DEFAULT_CHUNK_BYTES, signal }: WriterOptions,
  work: (writer: GraphWriter) => Promise<About>,
): Promise<Manifest> {
  if (!/^[a-z0-9_-]{1,64}$/.test(id)) throw new RangeError(`${id} is not an id: use 1 to 64 of a-z, 0-9, _ and -.`);
  const chunkBytes = wholeNumbers(wanted);
  const put = async (array: string, index: number, chunk: Uint8Array) => {
    signal?.throwIfAborted();
    await store.put(chunkKey(id, array, index), chunk);
    return crc32(chunk);
  };
  signal?.throwIfAborted();
  await deleteGraph(store, id);
  try {
    const about = await work({ chunkBytes, array: (name, type) => arrayWriter(name, type, chunkBytes, put) });
    signal?.throwIfAborted();
    const { name, nodes, edges, symmetric, classNames, notes, fingerprint } = about;
    const { largestFeature, ordering, tables, arrays } = about;
    const head = { version: 1, id, name, nodes, edges, symmetric, classNames, notes, fingerprint } as const;
    const manifest: Manifest = { ...head, largestFeature, ordering, chunkBytes, tables, arrays };
    await store.put(manifestKey(id), encodeManifest(manifest));
    return manifest;
  } catch (error) {
    await deleteGraph(store, id);
    throw error;
  }
}

function arrayWriter(
  name: string,
  type: StoredArray['type'],
  chunkBytes: number,
  put: (array: string, index: number, chunk: Uint8Array) => Promise<number>,
): ArrayWriter {
  const checksums: number[] = [];
  let rest: Uint8Array | null = null;
  let held = 0;
  let total = 0;
  const flush = async (chunk: Uint8Array) => {
    checksums.push(await put(name, checksums.length, chunk));
  };
  return {
    async write(bytes) {
      total += bytes.length;
      for (let at = 0; at < bytes.length; ) {
        const length = Math.min(chunkBytes - held, bytes.length - at);
        const piece = bytes.subarray(at, at + length);
        at += length;
        // A whole chunk goes as it is.
        if (length === chunkBytes) {
          await flush(piece);
          continue;
        }
        rest ??= new Uint8Array(chunkBytes);
        rest.set(piece, held);
        held += length;
        if (held < chunkBytes) continue;
        await flush(rest);
        held = 0;
      }
    },
    async finish() {
      if (rest && held > 0) await flush(rest.subarray(0, held));
      rest = null;
      held = 0;
      return { name, type, length: total / ELEMENTS[type].BYTES_PER_ELEMENT, checksums };
    },
  };
}
