import { expose } from 'comlink';
import { measureStore, type StoreLoad, type StoreTimes } from '../bench/storeTimes.ts';
import { chunkLog } from '../store/chunkLog.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { indexedDbStore } from '../store/indexedDb.ts';
import { opfsFolder } from '../store/opfs.ts';
import { openOpfs } from '../worker/opfs.ts';

/** The browser's stores, measured from a worker, as the page's workers use them. */

const OPENED: Readonly<Record<string, () => Promise<ChunkStore>>> = {
  IndexedDB: () => indexedDbStore('bench'),
  OPFS: async () => {
    const opfs = await openOpfs('bench');
    if (!opfs || opfs === 'taken') throw new Error('There is no OPFS.');
    return opfs.store;
  },
  'OPFS without its worker': async () => chunkLog(await opfsFolder('bench-here'), 'OPFS'),
};

const stores = new Map<string, Promise<ChunkStore>>();

const api = {
  names: (): string[] => Object.keys(OPENED),
  async measure(name: string, load: StoreLoad): Promise<StoreTimes> {
    const store = stores.get(name) ?? OPENED[name]();
    stores.set(name, store);
    return measureStore(await store, load);
  },
};

export type StoreWorker = typeof api;

expose(api);
