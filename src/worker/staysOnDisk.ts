import type { LoadConfig } from './protocol.ts';

/**
 * From so many stored bytes on a graph stays in its store, if no budget says fewer. One that is read into memory is arranged there
 * for the GPU too, and a run on all of it holds it three times: then less than half of a tab's usual 512 MB.
 */
const LARGEST_LOADED = 64e6;

/** Whether a graph of so many stored bytes is read from its store, batch by batch. */
export function staysOnDisk(bytes: number, config: LoadConfig): boolean {
  const largest = Math.min(config['memory.workerBudget'] || LARGEST_LOADED, LARGEST_LOADED);
  return config['memory.store'] !== 'memory' && bytes > largest;
}
