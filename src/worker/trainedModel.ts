import { InputError } from '../config/errors.ts';
import type { Weights } from '../model/stored.ts';
import { type WeightsOf, writeWeights } from '../model/weightsFile.ts';
import { predictionLines } from '../task/predictionLines.ts';
import type { Job } from '../train/job.ts';
import { predict } from '../train/session.ts';
import type { NamedFeature } from './modelApi.ts';

/** What a finished run leaves behind: its weights, and all that it takes to predict with them. */
export interface TrainedModel {
  readonly run: WeightsOf;
  readonly weights: ReadonlyMap<string, Weights>;
  /** The run's graph and its configuration as it was fitted. */
  readonly job: Pick<Job, 'graph' | 'config' | 'backend' | 'fit' | 'store'>;
  /** Of the adapter, if there is one. */
  readonly software: boolean;
}

export function weightsFile({ weights, run }: TrainedModel): Uint8Array<ArrayBuffer> {
  return writeWeights(weights, run) as Uint8Array<ArrayBuffer>;
}

/** @param beside bytes of main memory that are held meanwhile, besides the graph and the model */
export async function predictionsCsv(
  { job, weights }: TrainedModel,
  beside: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { probabilities } = await predict({ ...job, weights, beside, signal });
  const pieces = Array.from(
    predictionLines(job.graph, job.graph.splits[job.config['data.split']], probabilities),
    (lines) => `${lines}\n`,
  );
  return new TextEncoder().encode(pieces.join(''));
}

/** A name first, as for nodes: in some graphs names are numbers. */
export function findFeature({ job }: TrainedModel, which: string | number): NamedFeature {
  const { name, features } = job.graph;
  const featureNames = job.graph.featureNames ?? [];
  const wanted = String(which).trim();
  const lower = wanted.toLowerCase();
  const byName = typeof which === 'string' ? featureNames.indexOf(wanted) : -1;
  const byNumber = /^\d+$/.test(wanted) ? Number(wanted) : -1;
  const alike = featureNames.findIndex((other) => other.toLowerCase() === lower);
  const column = [byName, byNumber, alike].find((found) => found >= 0 && found < features.cols);
  if (column === undefined) {
    const how = featureNames.length > 0 ? 'one of its names, or a number' : 'a number';
    throw new InputError(
      `${name} has no feature "${wanted.slice(0, 80)}": type ${how} from 0 to ${features.cols - 1}.`,
    );
  }
  return { column, name: featureNames[column] ?? null };
}
