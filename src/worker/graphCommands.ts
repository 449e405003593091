import { transfer } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { isStored } from '../store/storedGraph.ts';
import { type Predictions, probabilitiesOf } from '../train/predictions.ts';
import type { LoadedGraph } from './datasets.ts';
import type { Progress } from './download.ts';
import type { TrainerApi } from './protocol.ts';

/** What of the trainer worker the commands need that only look at the current graph. */
export interface GraphHost {
  /** The current graph, and the store that it lies in, if any. Throws InputError where there is none. */
  here(): LoadedGraph & { readonly store: ChunkStore | undefined };
  /** Of the run that goes on, else of the last one. */
  predictions(): Predictions | null;
  alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  readonly progress: Progress;
}

type GraphCommands = Pick<
  TrainerApi,
  'exportGraph' | 'statistics' | 'node' | 'neighbourhood' | 'blocks' | 'probabilities' | 'decidedLabels'
>;

/** The commands that look at the current graph and change nothing; their code comes with the first of each. */
export function graphCommands({ here, predictions, alone, progress }: GraphHost): GraphCommands {
  return {
    async exportGraph() {
      const { graph } = here();
      if (isStored(graph)) {
        throw new InputError(
          `${graph.name} stays on this browser's disk, too large to be written as one file here: use edgewise export --pyg.`,
        );
      }
      const { writeNpz } = await import('../formats/npzWriter.ts');
      const bytes = writeNpz(graph);
      return transfer(bytes, [bytes.buffer]);
    },

    async statistics(whole) {
      const { graphStatistics } = await import('./statistics.ts');
      const { graph, store } = here();
      if (!whole) return graphStatistics(graph);
      return alone((signal) => graphStatistics(graph, { store, progress, signal }));
    },

    async node(which) {
      const { nodeView } = await import('./nodeView.ts');
      const { graph, store } = here();
      return nodeView(graph, which, store);
    },

    async neighbourhood(request) {
      const { neighbourhood } = await import('./neighbourhood.ts');
      const { graph, store } = here();
      return neighbourhood(graph, request, store, predictions());
    },

    async blocks(request) {
      const { blocksView } = await import('./blocksView.ts');
      const { graph, store } = here();
      return blocksView(graph, request, store);
    },

    async probabilities(node) {
      const latest = predictions();
      return latest && probabilitiesOf(latest, node);
    },

    async decidedLabels() {
      const latest = predictions();
      if (!latest?.several) return null;
      const { decidedLabels } = await import('../task/labelReport.ts');
      return decidedLabels(latest.logits, latest.logits.length / latest.classes.length);
    },
  };
}
