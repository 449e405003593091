import type { Config } from '../config/schema.ts';
import { type Place, type Places, placeFor } from '../store/places.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { graphBytes } from '../train/hostMemory.ts';
import type { Job } from '../train/job.ts';
import { graphRowsBytes } from './graphRows.ts';
import { historyBytes } from './historyRoom.ts';

/** What there is for it. */
interface Here {
  readonly graph: AnyGraph;
  readonly drawn: boolean;
  /** The store that the graph lies in, if any. */
  readonly place: Place | null;
  readonly places: Places;
  readonly backend: Job['backend'];
  readonly timestamps: boolean;
  /** Bytes that the page holds meanwhile. */
  readonly beside: number;
}

/** Bytes of main memory that are taken for the page while a run with this configuration goes on, or its model is asked. */
export function heldByPage({ graph, drawn, beside }: Pick<Here, 'graph' | 'drawn' | 'beside'>, config: Config): number {
  return beside + graphRowsBytes(graph) + (drawn ? historyBytes(graph.nodes, config['training.epochs']) : 0);
}

/** What a run of the page and its forecast have in common: so the forecast is that of the run. */
export function pageJob({ graph, drawn, place, places, backend, timestamps, beside }: Here, asked: Config) {
  const wanted = isStored(graph) ? 'auto' : asked['memory.store'];
  // A store that this browser does not have is left to the page to choose, and without any the graph stays in memory.
  const chosen = wanted === 'memory' || wanted in places ? wanted : (place ?? placeFor(places, graphBytes(graph)));
  const config: Config = { ...asked, 'memory.store': chosen ?? 'memory' };
  const keptCheckpoints = places.indexeddb !== undefined && config['training.checkpointEvery'] > 0;
  const held = heldByPage({ graph, drawn, beside }, asked);
  const instruments = { predictions: drawn, checkpoints: true, keptCheckpoints, timestamps, beside: held };
  // The store that sampled passes read from, if any.
  const store = places[config['memory.store'] as Place];
  return { graph, config, backend, fit: true, instruments, store };
}
