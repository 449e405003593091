import { transfer, wrap } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { IoApi } from './io.ts';
import ioAddress from './io.ts?worker&url';
import { remoteStore } from './remoteStore.ts';
import { moduleWorker } from './spawn.ts';

/** OPFS as the workers of a tab have it: through the one I/O worker. */
export interface Opfs {
  readonly store: ChunkStore;
  /** A port for another worker, to make a `remoteStore` of. */
  connect(): Promise<MessagePort>;
  /** Rejects once the I/O worker is lost; never resolves. */
  readonly failed: Promise<never>;
  close(): void;
}

/** The store; 'taken' where another tab has it, null where the browser has none. */
export async function openOpfs(folder?: string): Promise<Opfs | 'taken' | null> {
  if (!globalThis.navigator?.storage?.getDirectory) return null;
  const worker = moduleWorker(ioAddress, 'io');
  const failed = new Promise<never>((_, reject) => {
    worker.onerror = ({ message }) =>
      reject(new InputError(`The worker that reads the stored graphs has failed (${message}): reload this page.`));
  });
  failed.catch(() => {});
  const io = wrap<IoApi>(worker);
  const connect = async () => {
    const { port1, port2 } = new MessageChannel();
    await Promise.race([io.connect(transfer(port2, [port2])), failed]);
    return port1;
  };
  try {
    if (await Promise.race([io.open(folder), failed])) {
      const store = remoteStore(await connect(), 'OPFS', failed);
      return { store, connect, failed, close: () => worker.terminate() };
    }
    worker.terminate();
    return 'taken';
  } catch {
    // A private window, a browser whose workers have no such files, a folder that cannot be read: IndexedDB serves.
    worker.terminate();
    return null;
  }
}
