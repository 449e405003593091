import type { CsrMatrix } from '../formats/matrix.ts';
import { type GraphStatistics, homophilyCounter, statistics } from '../graph/statistics.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { type AnyGraph, isStored, serveStored } from '../store/storedGraph.ts';
import type { Progress } from './download.ts';

/** Rows that are asked for at once: a few megabytes of most graphs. */
const ROWS = 2 ** 15;

interface Reading {
  /** Where the graph lies, if it stays there. */
  readonly store: ChunkStore | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * What a graph is like.
 *
 * @param reading how the edges of a graph that stays in its store are read; without, they are not
 * @throws InputError where a part of it is damaged; the reason of an aborted signal
 */
export async function graphStatistics(graph: AnyGraph, reading?: Reading): Promise<GraphStatistics> {
  const counter = homophilyCounter(graph);
  if (!isStored(graph)) counter.add(graph.adjacency, 0);
  else if (!reading?.store) return statistics(graph, null);
  else {
    const { store, progress, signal } = reading;
    const { serve } = await serveStored(store, graph, 0);
    for (let first = 0; first < graph.nodes; first += ROWS) {
      progress({ task: 'Counting edges', done: first, total: graph.nodes, unit: 'nodes' });
      const rows = Uint32Array.from({ length: Math.min(ROWS, graph.nodes - first) }, (_, row) => first + row);
      counter.add((await serve({ table: 'neighbors', rows })).table as CsrMatrix, first);
      signal.throwIfAborted();
    }
  }
  return statistics(graph, counter.finish());
}
