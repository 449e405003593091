import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { decodeRecord, encodeRecord } from '../../run/codec.ts';
import type { RunRecord } from '../../run/record.ts';

/** Runs that this browser keeps: their records, in a database of their own beside the graphs. */
export interface KeptRun {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  readonly record: RunRecord;
}

interface Runs extends DBSchema {
  runs: { key: number; value: Omit<KeptRun, 'record'> & { readonly text: string } };
}

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
  return rows.flatMap(({ text, ...about }) => {
    try {
      return [{ ...about, record: decodeRecord(text, `run ${about.id}`) }];
    } catch {
      return [];
    }
  });
}

export async function keepRun({ record, ...about }: KeptRun): Promise<void> {
  const db = await database();
  await db?.put('runs', { ...about, text: encodeRecord(record) });
}

export async function forgetRun(id: number): Promise<void> {
  const db = await database();
  await db?.delete('runs', id);
}
