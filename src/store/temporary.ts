import type { ChunkStore } from './chunkStore.ts';
import { ifFree } from './lock.ts';
import { deleteGraph, listGraphs, storedIds } from './manifest.ts';

/** Copies of a graph in chunks of another size, made for a run: not datasets, and deleted after it. */

const PREFIX = 'tmp-';

/** Whether this is the id of such a copy; ids of datasets never begin like this. */
export const isTemporary = (id: string) => id.startsWith(PREFIX);

/** Of a dataset in chunks of this size: an id has at most 64 letters, and 40 of a fingerprint are enough. */
export const temporaryId = (id: string, chunkBytes: number) => `${PREFIX}${id.slice(0, 40)}-${chunkBytes}`;

/** Deletes the copies, whole or half-written, that tabs left behind which were closed during a run. */
export async function sweepTemporary(store: ChunkStore): Promise<void> {
  for (const id of await storedIds(store, PREFIX)) await ifFree(id, () => deleteGraph(store, id));
}

/** Deletes the chunks that a tab left behind which was closed while it stored a graph: of a store that nobody else has open. */
export async function sweepHalves(store: ChunkStore): Promise<void> {
  const whole = new Set((await listGraphs(store)).map(({ id }) => id));
  for (const id of await storedIds(store, '')) if (!whole.has(id)) await deleteGraph(store, id);
}
