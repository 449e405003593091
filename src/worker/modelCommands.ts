import { transfer } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { LoadedGraph } from './datasets.ts';
import type { EmbeddingApi } from './embeddingApi.ts';
import { MODELS } from './keptModels.ts';
import type { Leftovers } from './leftovers.ts';
import type { ModelApi } from './modelApi.ts';
import type { TrainedModel } from './trainedModel.ts';
import type { Turns } from './turns.ts';

/** What of the trainer worker the commands about the trained model need. */
export interface ModelHost {
  readonly left: Leftovers;
  /** The current graph. Throws InputError where there is none. */
  here(): LoadedGraph & { readonly drawn: boolean };
  /** Where models are kept, if anywhere. */
  store(): ChunkStore | undefined;
  /** What a run on the current graph with this configuration, as it was fitted, leaves. */
  trained(about: Pick<TrainedModel, 'run' | 'weights'>, config: Config): TrainedModel;
  /** Bytes of main memory that are taken for the page while a model with this configuration is asked. */
  held(config: Config): number;
  refuseWhileBusy(): void;
  alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** For what is short: whatever may not run beside it begins when it has ended. */
  readonly turns: Turns;
}

/** The commands about the trained model; their code comes with the first of them. */
export function modelCommands(host: ModelHost): ModelApi & EmbeddingApi {
  const { left, refuseWhileBusy, alone, turns } = host;
  const { model } = left;
  const code = () => import('./trainedModel.ts');
  const handOver = (bytes: Uint8Array<ArrayBuffer>) => transfer(bytes, [bytes.buffer]);
  const atRest = () => {
    refuseWhileBusy();
    return model();
  };
  /** What every answer of a model leaves room for, so that its forecast is that of the whole worker. */
  const beside = (mine: TrainedModel) => host.held(mine.job.config) + left.beside(mine);
  return {
    async models() {
      const store = host.store();
      if (!store || (await store.keys(MODELS)).length === 0) return [];
      return (await import('./modelStore.ts')).listModels(store);
    },
    // After what is being written: that may be one of them.
    forgetModels: (slots) =>
      turns.take(async () => {
        const store = host.store();
        if (store) await (await import('./modelStore.ts')).forgetModels(store, slots);
      }),
    keepModel: (brought) =>
      turns.take(async () => {
        const store = host.store();
        if (!store) throw new InputError('This browser keeps nothing.');
        await (await import('./broughtModel.ts')).keepBrought(store, brought);
      }),
    openModel: (request) =>
      alone(async (signal) => {
        const { graph, fingerprint, drawn } = host.here();
        const store = host.store();
        if (fingerprint !== request.fingerprint || !store) {
          throw new InputError(`${graph.name} is not the graph of this run: bring that one, then open its model.`);
        }
        const { openModel, predictedBy } = await import('./openModel.ts');
        const opened = await openModel(store, request, host.trained);
        const predictions = drawn ? await predictedBy(opened, beside(opened), signal) : null;
        left.keep({ model: opened, predictions });
        return predictions && { classes: predictions.classes, confidence: predictions.confidence };
      }),
    async weights() {
      const mine = atRest();
      return handOver((await code()).weightsFile(mine));
    },
    predictionsCsv: () =>
      alone(async (signal) => {
        const mine = model();
        return handOver(await (await code()).predictionsCsv(mine, beside(mine), signal));
      }),
    async feature(which) {
      const mine = atRest();
      return (await code()).findFeature(mine, which);
    },
    repredict: (edits, node) =>
      turns.take(async () => {
        const mine = atRest();
        const { repredict, opinionBytes } = await import('./repredict.ts');
        try {
          // Those change while it answers, so it counts them itself.
          return await repredict(mine, edits, node, beside(mine) - opinionBytes(mine));
        } finally {
          left.opinionsHeld(mine, opinionBytes(mine));
        }
      }),
    embedding: (layer) =>
      alone(async (signal) => {
        const mine = model();
        return (await import('./embeddingView.ts')).embeddingView(mine, layer, beside(mine), signal);
      }),
  };
}
