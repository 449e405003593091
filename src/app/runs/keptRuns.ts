import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { RunRecord } from '../../run/record.ts';

/** Runs that this browser keeps: their records, in a database of their own beside the graphs. */
export interface KeptRun {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  /** Name of the file that it was opened from; undefined for a run of this browser. */
  readonly openedFrom?: string;
  readonly record: RunRecord;
}

interface Runs extends DBSchema {
  runs: { key: number; value: Omit<KeptRun, 'record'> & { readonly text: string } };
}

/** Of records as text: a first visit has none to read. */
const codec = () => import('../../run/codec.ts');

let opened: Promise<IDBPDatabase<Runs> | null> | null = null;

/** Null where the browser keeps nothing (a private window, storage switched off). */
function database(): Promise<IDBPDatabase<Runs> | null> {
  opened ??= openDB<Runs>('edgewise-runs', 1, {
    upgrade: (db) => void db.createObjectStore('runs', { keyPath: 'id' }),
  }).catch(() => null);
  return opened;
}

/** All kept runs, oldest first; what another version wrote and this one cannot read is left where it is. */
export async function keptRuns(): Promise<KeptRun[]> {
  const db = await database();
  const rows = db ? await db.getAll('runs') : [];
  if (rows.length === 0) return [];
  const { decodeRecord } = await codec();
  return rows.flatMap(({ text, ...about }) => {
    try {
      return [{ ...about, record: decodeRecord(text, `run ${about.id}`) }];
    } catch {
      return [];
    }
  });
}

/** Keeps a run, under the next free id where another tab has taken its own in the meantime. */
export async function keepRun(run: KeptRun): Promise<KeptRun> {
  const db = await database();
  if (!db) return run;
  const { record, ...about } = run;
  // Before the transaction, which ends as soon as it waits for something else.
  const text = (await codec()).encodeRecord(record);
  const transaction = db.transaction('runs', 'readwrite');
  const keys = await transaction.store.getAllKeys();
  const id = keys.includes(run.id) ? Math.max(...keys) + 1 : run.id;
  await transaction.store.put({ ...about, id, text });
  await transaction.done;
  return { ...run, id };
}

export async function forgetRun(id: number): Promise<void> {
  const db = await database();
  await db?.delete('runs', id);
}
