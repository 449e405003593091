import { transfer } from 'comlink';
import type { EmbeddingApi } from './embeddingApi.ts';
import type { ModelApi } from './modelApi.ts';
import type { TrainedModel } from './trainedModel.ts';
import type { Turns } from './turns.ts';

/** What of the trainer worker the commands about the trained model need. */
export interface ModelHost {
  /** Throws InputError where there is none. */
  model(): TrainedModel;
  refuseWhileBusy(): void;
  alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** For what is short: whatever may not run beside it begins when it has ended. */
  readonly turns: Turns;
  /** So many bytes of opinions of this model are kept now. */
  opinionsHeld(of: TrainedModel, bytes: number): void;
}

/** The commands about the trained model; their code comes with the first of them. */
export function modelCommands(host: ModelHost): ModelApi & EmbeddingApi {
  const { model, refuseWhileBusy, alone, turns, opinionsHeld } = host;
  const code = () => import('./trainedModel.ts');
  const handOver = (bytes: Uint8Array<ArrayBuffer>) => transfer(bytes, [bytes.buffer]);
  const atRest = () => {
    refuseWhileBusy();
    return model();
  };
  return {
    async weights() {
      const mine = atRest();
      return handOver((await code()).weightsFile(mine));
    },
    predictionsCsv: () => alone(async (signal) => handOver(await (await code()).predictionsCsv(model(), signal))),
    async feature(which) {
      const mine = atRest();
      return (await code()).findFeature(mine, which);
    },
    repredict: (edits, node) =>
      turns.take(async () => {
        const mine = atRest();
        const { repredict, opinionBytes } = await import('./repredict.ts');
        const answer = await repredict(mine, edits, node);
        opinionsHeld(mine, opinionBytes(mine));
        return answer;
      }),
    embedding: (layer) =>
      alone(async (signal) => {
        const mine = model();
        return (await import('./embeddingView.ts')).embeddingView(mine, layer, signal);
      }),
  };
}
