import { type IDBPDatabase, openDB } from 'idb';

/**
 * What this browser keeps as text, in a database of its own beside the graphs: runs, results of benchmarks. A long text is kept as a blob,
 * which is read when somebody wants it and not with the others.
 */
export interface KeptTexts<About extends Numbered> {
  /** Oldest first. */
  all(): Promise<KeptRow<About>[]>;
  /** Keeps a row, under the next free id where another tab has taken its own in the meantime; that id, or its own where nothing is kept. */
  keep(row: About & { readonly text: string }): Promise<number>;
  forget(id: number): Promise<void>;
}

interface Numbered {
  readonly id: number;
}

export type KeptRow<About> = About & { readonly text: string | Blob };

/** Characters that are read and decoded in a few milliseconds. */
const LONG = 2 ** 20;

/** Opened when it is first asked; a browser that keeps nothing (a private window, storage switched off) has no rows. */
export function keptTexts<About extends Numbered>(name: string, table: string): KeptTexts<About> {
  let opened: Promise<IDBPDatabase | null> | null = null;
  const database = () => {
    opened ??= openDB(name, 1, {
      upgrade: (db) => void db.createObjectStore(table, { keyPath: 'id' }),
    }).catch(() => null);
    return opened;
  };
  return {
    async all() {
      const db = await database();
      return db ? db.getAll(table) : [];
    },
    async keep(row) {
      const db = await database();
      if (!db) return row.id;
      const transaction = db.transaction(table, 'readwrite');
      const keys = (await transaction.store.getAllKeys()) as number[];
      const id = keys.includes(row.id) ? Math.max(...keys) + 1 : row.id;
      const text = row.text.length > LONG ? new Blob([row.text]) : row.text;
      await transaction.store.put({ ...row, text, id });
      await transaction.done;
      return id;
    },
    async forget(id) {
      const db = await database();
      await db?.delete(table, id);
    },
  };
}
