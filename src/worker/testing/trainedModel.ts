import { train } from '../../train/session.ts';
import { CPU } from '../../train/testing/backends.ts';
import { configOf, testGraph } from '../../train/testing/graphs.ts';
import type { TrainedModel } from '../trainedModel.ts';

const { backend } = CPU;

/** What a short run on the CPU leaves. */
export async function trainedModel(
  changes: Parameters<typeof configOf>[0] = {},
  graph = testGraph(),
): Promise<TrainedModel> {
  const config = configOf(changes);
  const { weights, result } = await train({ graph, config, backend, fit: false });
  return {
    run: { engine: '1', curveHash: result.curveHash },
    weights,
    job: { graph, config, backend, fit: true },
    software: false,
  };
}
