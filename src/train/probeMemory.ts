import type { Config } from '../config/schema.ts';
import { type Capacity, sortedDegrees, sortedDegreesBytes, watchedBytes } from '../graph/capacity.ts';
import { REQUEST_ROWS, samplerScratchBytes } from '../graph/neighborSampler.ts';
import type { StoredGraph } from '../store/storedGraph.ts';
import { cacheBytes, graphBytes, openStoreBytes } from './hostMemory.ts';

/**
 * What a probe of a stored graph holds in main memory: a bound that its meter never exceeds. A graph is probed before a run is
 * opened and never while one goes on, so a forecast is the larger of the two and not their sum.
 */

/** Of the store's chunks while a probe reads it, at the most. */
const MOST_CACHE = 32 * 2 ** 20;

/** Of the batch at hand, at the most: one that takes more is of no use to a run that has to make do with samples. */
const MOST_SAMPLE = 256 * 2 ** 20;

/** Neighbours that a probe asks for at once, but for a row that is longer by itself. */
export const PROBE_ENTRIES = 2 ** 18;

/** What a probe may hold. */
export interface ProbeRoom {
  /** Beside the cache and the batch at hand. */
  readonly tables: number;
  readonly cache: number;
  /** Of the batch at hand; negative where not even the tables have room. */
  readonly sample: number;
  /** memory.workerBudget, where that is what bounds it; else infinite. */
  readonly budget: number;
}

/** A probe's room within the worker budget. No answer depends on it, but whether there is one may. */
export function probeRoom(graph: StoredGraph, config: Config, seeds: number): ProbeRoom {
  const budget = config['memory.workerBudget'];
  const tables = tableBytes(graph, seeds);
  const left = budget === 0 ? Infinity : budget - tables;
  const cache = Math.max(0, Math.min(mostCache(graph, config), Math.floor(left / 2)));
  const sample = Math.min(MOST_SAMPLE, left - cache);
  return { tables, cache, sample, budget: sample < MOST_SAMPLE ? budget : Infinity };
}

/** What a probe that found these batches held at the most, whatever the budget was. */
export function probeBytes(graph: StoredGraph, config: Config, seeds: number, found: Capacity): number {
  const weighted = graph.adjacency.values !== null;
  return tableBytes(graph, seeds) + mostCache(graph, config) + Math.min(MOST_SAMPLE, watchedBytes(found, weighted));
}

/** No more than the run's own caches. */
const mostCache = (graph: StoredGraph, config: Config) => Math.min(MOST_CACHE, cacheBytes(graph, config));

/** Seeds, which an epoch shuffles and cuts; the degrees in order. */
export const listedBytes = (graph: StoredGraph, seeds: number) => 12 * seeds + sortedDegreesBytes(graph.nodes);

/** The outline, lists, the sampler's table, the open store, and the rows of one request. */
function tableBytes(graph: StoredGraph, seeds: number): number {
  const { indptr, values } = graph.adjacency;
  const longest = sortedDegrees(indptr).sumOfLargest(1, -1);
  const entries = Math.max(longest, Math.min(PROBE_ENTRIES, indptr[graph.nodes]));
  const answer = 8 * REQUEST_ROWS + 4 + (values ? 8 : 4) * entries;
  const open = openStoreBytes(graph, graph.manifest.chunkBytes);
  return graphBytes(graph) + listedBytes(graph, seeds) + samplerScratchBytes(graph.nodes) + open + answer;
}
