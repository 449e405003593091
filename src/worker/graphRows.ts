import { memoryServer } from '../graph/memoryServer.ts';
import type { RowRequest, Rows } from '../graph/request.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { type AnyGraph, isStored, type StoredGraph, serveStored } from '../store/storedGraph.ts';
import { placesBytes } from '../train/hostMemory.ts';

/** Rows for whoever looks at the current graph, from memory or from its store. */

export interface GraphRows {
  /** @param asked gets the keys of the chunks with these rows; nothing of a graph in memory */
  serve(request: RowRequest, asked?: Set<string>): Promise<Rows>;
}

/** Of what was looked at, so much stays at hand: a few chunks of each table. */
const CACHE_BYTES = 8 * 2 ** 20;

/** What was opened stays open as long as the outline of the graph is there, which is as long as the graph is the current one. */
const opened = new WeakMap<StoredGraph, Promise<GraphRows>>();

/**
 * @param store where the graph lies, if it stays there
 * @throws InputError where the order of its rows is damaged; what failed is tried again
 */
export async function graphRows(graph: AnyGraph, store: ChunkStore | undefined): Promise<GraphRows> {
  if (!isStored(graph)) {
    const answer = memoryServer(graph);
    return { serve: async (request) => answer(request) };
  }
  let rows = opened.get(graph);
  if (!rows) {
    rows = serveStored(store!, graph, CACHE_BYTES);
    opened.set(graph, rows);
    rows.catch(() => opened.delete(graph));
  }
  return rows;
}

/** Bytes of main memory that this may come to hold of a graph, whose outline somebody else has: a run must leave room for them. */
export function graphRowsBytes(graph: AnyGraph): number {
  return isStored(graph) ? CACHE_BYTES + 2 * graph.manifest.chunkBytes + placesBytes(graph) : 0;
}
