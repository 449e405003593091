import { expose } from 'comlink';
import { chunkLog } from '../store/chunkLog.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { keepLock } from '../store/lock.ts';
import { opfsFolder } from '../store/opfs.ts';
import { sweepHalves } from '../store/temporary.ts';
import { serveStore } from './remoteStore.ts';

/** The I/O worker: the one that has the files of OPFS open, for all workers of its tab. */
export interface IoApi {
  /** Opens the folder; false where another tab has it. Throws where the browser has no OPFS. */
  open(folder?: string): Promise<boolean>;
  /** Serves the store at a port, beside those served already. */
  connect(port: MessagePort): void;
}

/** A page that was left a moment ago may still be there: milliseconds. */
const PATIENCE = 500;

let store: ChunkStore;

const api: IoApi = {
  async open(name) {
    const folder = await opfsFolder(name);
    if (!(await keepLock(name ? `opfs/${name}` : 'opfs', PATIENCE))) return false;
    store = await chunkLog(folder, 'OPFS');
    await sweepHalves(store);
    return true;
  },
  connect: (port) => serveStore(store, port),
};

expose(api);
