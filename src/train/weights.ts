import { fromStored, toStored, type Weights } from '../model/stored.ts';
import type { Job } from './job.ts';
import type { TrainingProgram } from './program.ts';
import type { Run } from './run.ts';

/** Weights on their way between the device and whoever has them: one at a time, on the ledger. */

interface Given extends Pick<Job, 'graph'> {
  readonly weights: ReadonlyMap<string, Weights>;
}

type Open = Pick<Run, 'executor' | 'context' | 'fit'>;

/** Before anything is opened. @throws InputError where they are not those of the model */
export function checkWeights({ parameters }: TrainingProgram, { graph, weights }: Given): void {
  for (const parameter of parameters) fromStored(parameter, weights, graph.name);
}

export function writeWeights({ executor, context: { host }, fit }: Open, { graph, weights }: Given): void {
  for (const parameter of fit.forecast.training.parameters) {
    const data = fromStored(parameter, weights, graph.name);
    host.add('weights', data.byteLength);
    executor.write(parameter.value, data);
    host.remove('weights', data.byteLength);
  }
}

/** As they are on the device now; on the ledger until the run is closed, then they are the caller's. */
export async function readWeights({ executor, context: { host }, fit }: Open): Promise<Map<string, Weights>> {
  const weights = new Map<string, Weights>();
  for (const parameter of fit.forecast.training.parameters) {
    const data = (await executor.read(parameter.value)) as Float32Array;
    const stored = toStored(parameter, data);
    host.add('weights', data.byteLength);
    // Until the next one is read both layouts are there.
    host.add('weights', stored.data.byteLength);
    host.remove('weights', data.byteLength);
    weights.set(parameter.value.name, stored);
  }
  return weights;
}
