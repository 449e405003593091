import type { ChunkStore } from '../store/chunkStore.ts';
import { indexedDbStore } from '../store/indexedDb.ts';
import type { Places } from '../store/places.ts';
import { opfsWhenNeeded } from './opfsWhenNeeded.ts';

/** The stores of this tab, and how its workers reach them. */
export interface Storage {
  readonly places: Places;
  /** Of IndexedDB. */
  readonly database: string;
  /** A port of OPFS for another worker. */
  connect(): Promise<MessagePort>;
  /** Rejects once a store is lost; never resolves. */
  readonly failed: Promise<never>;
  /** Why nothing is kept; null where something is. */
  readonly noStorage: string | null;
  readonly storageNote: string | null;
}

const DATABASE = 'edgewise';
const TAKEN =
  'Another tab has the store for large graphs open: this one keeps graphs in IndexedDB, and shows those of the other tab ' +
  'when that is closed and this page is reloaded.';

export const NO_STORAGE: Storage = {
  places: {},
  database: DATABASE,
  connect: () => Promise.reject(new Error('There is no OPFS.')),
  failed: new Promise(() => {}),
  noStorage: null,
  storageNote: null,
};

/** Opens what this browser has. */
export async function openStorage(): Promise<Storage> {
  const [indexeddb, opfs] = await Promise.all([
    indexedDbStore(DATABASE).catch(({ message }: Error) => message),
    opfsWhenNeeded(),
  ]);
  const database: { indexeddb?: ChunkStore } = typeof indexeddb === 'string' ? {} : { indexeddb };
  if (opfs === null || opfs === 'taken') {
    const noStorage = typeof indexeddb === 'string' ? indexeddb : null;
    return { ...NO_STORAGE, places: database, noStorage, storageNote: opfs && !noStorage ? TAKEN : null };
  }
  const { store, connect, failed } = opfs;
  return { ...NO_STORAGE, places: { ...database, opfs: store }, connect, failed };
}
