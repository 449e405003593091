import { DEFAULTS } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import type { ChunkStore } from './chunkStore.ts';
import { wholeNumbers } from './graphWriter.ts';
import { ingest } from './ingest.ts';
import { ifFree, lockGraph } from './lock.ts';
import { deleteGraph, findManifest, isOrdered, type Manifest, readManifest } from './manifest.ts';
import { temporaryId } from './temporary.ts';

/** A stored graph that nobody deletes or overwrites before `close`, which never fails. */
export interface HeldGraph {
  readonly manifest: Manifest;
  close(): Promise<void>;
}

export interface Wanted {
  /** Of the dataset. */
  readonly id: string;
  readonly fingerprint: string;
  readonly chunkBytes: number;
  /** The dataset is kept in another store: here it is a temporary copy whatever its chunks. */
  readonly keptElsewhere?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The graph in chunks of this size: the one that is there, or a new one. Chunks of another size than usual, or in another store
 * than the dataset's, or beside a dataset whose rows are ordered (which a run on a graph in memory does not reckon with), are a
 * temporary copy, which goes with the last run that holds it.
 *
 * @throws InputError where the store has no room; the signal's reason
 */
export async function holdGraph(
  graph: Graph,
  store: ChunkStore,
  { id: dataset, fingerprint, chunkBytes, keptElsewhere = false, signal }: Wanted,
): Promise<HeldGraph> {
  const kept = await findManifest(store, dataset);
  const ordered = kept !== null && isOrdered(kept);
  const temporary = keptElsewhere || ordered || chunkBytes !== DEFAULTS['memory.chunkBytes'];
  const id = temporary ? temporaryId(dataset, chunkBytes) : dataset;
  const isThere = async () => {
    const found = await findManifest(store, id);
    return found?.fingerprint === fingerprint && found.chunkBytes === wholeNumbers(chunkBytes);
  };
  const locked = async <T>(mode: LockMode, work: () => Promise<T>) => {
    const release = await lockGraph(id, mode, signal);
    return work().finally(release);
  };

  if (!(await locked('shared', isThere))) {
    await locked('exclusive', async () => {
      // Another tab may have stored it meanwhile.
      if (!(await isThere())) await ingest(graph, store, { id, chunkBytes, signal });
    });
  }
  const { manifest, close } = await holdStored(store, id, signal);
  return {
    manifest,
    async close() {
      await close();
      // A run that has ended is not lost because its copy stays: the next page that opens sweeps it.
      if (temporary) await ifFree(id, () => deleteGraph(store, id)).catch(() => {});
    },
  };
}

/** @throws InputError where there is no such graph; the signal's reason */
export async function holdStored(store: ChunkStore, id: string, signal?: AbortSignal): Promise<HeldGraph> {
  const release = await lockGraph(id, 'shared', signal);
  try {
    return { manifest: await readManifest(store, id), close: release };
  } catch (error) {
    await release();
    throw error;
  }
}
