import { InputError } from '../config/errors.ts';
import { readWeights } from '../model/weightsFile.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { evaluateNodes } from '../train/hiddenValues.ts';
import { type Predictions, predictionsFrom } from '../train/predictions.ts';
import type { ModelRequest } from './modelApi.ts';
import { readModel } from './modelStore.ts';
import type { TrainedModel } from './trainedModel.ts';

/** A kept model, as its run left it. @throws InputError where it is gone, or is not that of the run */
export async function openModel(
  store: ChunkStore,
  { slot, run, config }: ModelRequest,
  modelOf: (about: Pick<TrainedModel, 'run' | 'weights'>, config: ModelRequest['config']) => TrainedModel,
): Promise<TrainedModel> {
  const { weights, curveHash } = readWeights(await readModel(store, slot), 'The kept model');
  if (curveHash !== run.curveHash) throw new InputError('The kept model is that of another run: train this one again.');
  return modelOf({ run, weights }, config);
}

/**
 * What it says of every node, evaluated as its run was.
 *
 * @param beside bytes of main memory that are held meanwhile, besides the graph and the model
 */
export async function predictedBy(
  { job, weights }: TrainedModel,
  beside: number,
  signal: AbortSignal,
): Promise<Predictions> {
  const { values } = await evaluateNodes({ ...job, weights, beside, signal });
  return predictionsFrom(values, job.graph.nodes, job.graph.labelSets !== null);
}
