import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { decodeResults, encodeResults } from '../../run/benchFile.ts';
import type { BenchResult } from '../../run/benchResult.ts';

/** Results of benchmarks that this browser keeps: those that were run here, and those that came by a link or a file. */
export interface KeptBenchmark {
  readonly id: number;
  /** Run in this browser; what came from outside is unverified. */
  readonly mine: boolean;
  readonly result: BenchResult;
}

interface Benchmarks extends DBSchema {
  results: { key: number; value: { id: number; mine: boolean; text: string } };
}

let opened: Promise<IDBPDatabase<Benchmarks> | null> | null = null;

/** Null where the browser keeps nothing (a private window, storage switched off). */
function database(): Promise<IDBPDatabase<Benchmarks> | null> {
  opened ??= openDB<Benchmarks>('edgewise-benchmarks', 1, {
    upgrade: (db) => void db.createObjectStore('results', { keyPath: 'id' }),
  }).catch(() => null);
  return opened;
}

/** All kept results, oldest first; what another version wrote and this one cannot read is left where it is. */
export async function keptBenchmarks(): Promise<KeptBenchmark[]> {
  const db = await database();
  const rows = db ? await db.getAll('results') : [];
  return rows.flatMap(({ id, mine, text }) => {
    try {
      return decodeResults(text, `result ${id}`).map((result) => ({ id, mine, result }));
    } catch {
      return [];
    }
  });
}

/** Keeps a result, under the next free id where another tab has taken its own in the meantime. */
export async function keepBenchmark(kept: KeptBenchmark): Promise<KeptBenchmark> {
  const db = await database();
  if (!db) return kept;
  const transaction = db.transaction('results', 'readwrite');
  const keys = await transaction.store.getAllKeys();
  const id = keys.includes(kept.id) ? Math.max(...keys) + 1 : kept.id;
  await transaction.store.put({ id, mine: kept.mine, text: encodeResults([kept.result]) });
  await transaction.done;
  return { ...kept, id };
}

export async function forgetBenchmark(id: number): Promise<void> {
  const db = await database();
  await db?.delete('results', id);
}
