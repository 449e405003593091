import { expose } from 'comlink';
import { measureOrder, type OrderLoad, type OrderTimes } from '../bench/storeOrders.ts';
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

function opened(name: string): Promise<ChunkStore> {
  const store = stores.get(name) ?? OPENED[name]();
  stores.set(name, store);
  return store;
}

const api = {
  names: (): string[] => Object.keys(OPENED),
  measure: async (name: string, load: StoreLoad): Promise<StoreTimes> => measureStore(await opened(name), load),
  measureOrder: async (name: string, load: OrderLoad): Promise<OrderTimes> => measureOrder(await opened(name), load),
};

export type StoreWorker = typeof api;

expose(api);
