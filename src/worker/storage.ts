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

/**
 * Opens what this browser has.
 *
 * @param onChange told what is left when a store that was to open later cannot be had
 */
export async function openStorage(onChange: (storage: Storage) => void): Promise<Storage> {
  const database = indexedDbStore(DATABASE).catch(({ message }: Error) => message);
  const refused = async (why: 'taken' | null) => onChange(withoutOpfs(await database, why));
  const [indexeddb, opfs] = await Promise.all([database, opfsWhenNeeded(refused)]);
  if (opfs === null || opfs === 'taken') return withoutOpfs(indexeddb, opfs);
  const { store, connect, failed } = opfs;
  return { ...NO_STORAGE, places: { ...databaseOf(indexeddb), opfs: store }, connect, failed };
}

/** @param database or why there is none */
function withoutOpfs(database: ChunkStore | string, why: 'taken' | null): Storage {
  const noStorage = typeof database === 'string' ? database : null;
  const storageNote = why && !noStorage ? TAKEN : null;
  return { ...NO_STORAGE, places: databaseOf(database), noStorage, storageNote };
}

const databaseOf = (database: ChunkStore | string): Places =>
  typeof database === 'string' ? {} : { indexeddb: database };
