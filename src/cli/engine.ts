import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { fileStore } from '../store/file.ts';
import type { Job } from '../train/session.ts';
import { cacheFolder } from './download.ts';

/** The engine, loaded when it is needed: help and bad input do not wait for it. */
export async function loadEngine(): Promise<typeof import('../train/session.ts')> {
  return import('../train/session.ts');
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `work` with a place on disk for the graph, where the configuration asks for one: a folder of its own in the cache
 * folder (the system's folder for temporary files is often in main memory), gone afterwards, also when the run is interrupted.
 * A kept graph stays in its own.
 */
export async function withStore<T>(
  config: Config,
  kept: Pick<Job, 'store'>,
  work: (place: Pick<Job, 'store'>) => Promise<T>,
): Promise<T> {
  if (kept.store || config['memory.store'] !== 'file') return work(kept);
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'graph-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const interrupt = (signal: NodeJS.Signals) => {
    remove();
    for (const name of SIGNALS) process.off(name, interrupt);
    process.kill(process.pid, signal);
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  const store = await fileStore(folder);
  try {
    return await work({ store });
  } finally {
    await store.close();
    for (const name of SIGNALS) process.off(name, interrupt);
    remove();
  }
}
