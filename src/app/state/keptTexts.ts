import { type IDBPDatabase, openDB } from 'idb';

/** What this browser keeps as text, in a database of its own beside the graphs: runs, results of benchmarks. */
export interface KeptTexts<About extends Numbered> {
  /** Oldest first. */
  all(): Promise<Row<About>[]>;
  /** Keeps a row, under the next free id where another tab has taken its own in the meantime; that id, or its own where nothing is kept. */
  keep(row: Row<About>): Promise<number>;
  forget(id: number): Promise<void>;
}

interface Numbered {
  readonly id: number;
}

type Row<About> = About & { readonly text: string };

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
      await transaction.store.put({ ...row, id });
      await transaction.done;
      return id;
    },
    async forget(id) {
      const db = await database();
      await db?.delete(table, id);
    },
  };
}
