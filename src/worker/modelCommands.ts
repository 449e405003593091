import { transfer } from 'comlink';
import type { ModelApi } from './modelApi.ts';
import type { TrainedModel } from './trainedModel.ts';

/** The commands about the trained model; their code comes with the first of them. `current` throws where there is none. */
export function modelCommands(current: () => TrainedModel): ModelApi {
  const code = () => import('./trainedModel.ts');
  const handOver = (bytes: Uint8Array<ArrayBuffer>) => transfer(bytes, [bytes.buffer]);
  return {
    async weights() {
      const model = current();
      return handOver((await code()).weightsFile(model));
    },
    async predictionsCsv() {
      const model = current();
      return handOver(await (await code()).predictionsCsv(model));
    },
    async feature(which) {
      const model = current();
      return (await code()).findFeature(model, which);
    },
    async repredict(edits, node) {
      const model = current();
      return (await code()).repredict(model, edits, node);
    },
  };
}
