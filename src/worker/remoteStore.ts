import { expose, type Remote, transfer, wrap } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { unlessFailed } from './unlessFailed.ts';

/** A ChunkStore on the other side of a port; bytes cross without being copied. */

type Served = Omit<ChunkStore, 'kind' | 'readsRanges' | 'close'>;

export function serveStore(store: ChunkStore, port: MessagePort): void {
  const sent = (bytes: Uint8Array | null) => bytes && transfer(bytes, [bytes.buffer as ArrayBuffer]);
  const served: Served = {
    get: async (key) => sent(await store.get(key)),
    getRanges: async (key, ranges) => sent(await store.getRanges(key, ranges)),
    put: (key, bytes) => store.put(key, bytes),
    delete: (prefix) => store.delete(prefix),
    keys: (prefix) => store.keys(prefix),
  };
  expose(served, port);
}

/** @param failed rejects once the other side can answer no more */
export function remoteStore(port: MessagePort, kind: string, failed: Promise<never>): ChunkStore {
  // Held by the store as long as it lives: Comlink hangs on a proxy that was collected (GoogleChromeLabs/comlink #693).
  const remote: Remote<Served> = wrap<Served>(port);
  const wait = unlessFailed(failed);
  let closed = false;
  const ask = async <T>(call: () => Promise<T>): Promise<T> => {
    if (closed) throw new InputError(`The ${kind} store is closed: open it again.`);
    try {
      return await wait(call());
    } catch (error) {
      // Of an error its name and its message cross.
      if (error instanceof Error && error.name === 'InputError') throw new InputError(error.message);
      throw error;
    }
  };
  return {
    kind,
    get: (key) => ask(() => remote.get(key)),
    getRanges: (key, ranges) => ask(() => remote.getRanges(key, ranges)),
    // What is served are the files of OPFS.
    readsRanges: true,
    put(key, bytes) {
      // The caller's buffer stays the caller's.
      const chunk = bytes.slice();
      return ask(() => remote.put(key, transfer(chunk, [chunk.buffer])));
    },
    delete: (prefix) => ask(() => remote.delete(prefix)),
    keys: (prefix) => ask(() => remote.keys(prefix)),
    async close() {
      closed = true;
      port.close();
    },
  };
}
