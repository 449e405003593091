import { InputError } from '../config/errors.ts';
import { applyEdits, type Edit } from '../graph/edits.ts';
import type { Graph } from '../graph/graph.ts';
import type { Weights } from '../model/stored.ts';
import { type WeightsOf, writeWeights } from '../model/weightsFile.ts';
import { isStored } from '../store/storedGraph.ts';
import { predictionLines } from '../task/predictionLines.ts';
import { attentionOf } from '../train/attentionWeights.ts';
import type { Job } from '../train/job.ts';
import { type Opinion, opinionOf } from '../train/opinion.ts';
import { probabilitiesOf } from '../train/predictions.ts';
import { predict } from '../train/session.ts';
import { predictionsBytes } from './kept.ts';
import type { NamedFeature, Repredicted } from './modelApi.ts';

/** What a finished run leaves behind: its weights, and all that it takes to predict with them. */
export interface TrainedModel {
  readonly run: WeightsOf;
  readonly weights: ReadonlyMap<string, Weights>;
  /** The run's graph and its configuration as it was fitted. */
  readonly job: Pick<Job, 'graph' | 'config' | 'backend' | 'fit' | 'store'>;
  /** Of the adapter, if there is one. */
  readonly software: boolean;
  readonly featureNames: readonly string[];
}

export function weightsFile({ weights, run }: TrainedModel): Uint8Array<ArrayBuffer> {
  return writeWeights(weights, run) as Uint8Array<ArrayBuffer>;
}

export async function predictionsCsv(
  { job, weights }: TrainedModel,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { probabilities } = await predict({ ...job, weights, signal });
  const pieces = Array.from(predictionLines(job.graph, probabilities), (lines) => `${lines}\n`);
  return new TextEncoder().encode(pieces.join(''));
}

/** A name first, as for nodes: in some graphs names are numbers. */
export function findFeature({ job, featureNames }: TrainedModel, which: string | number): NamedFeature {
  const { name, features } = job.graph;
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

/** Of each model: what it says of its graph, and of the graph as it was edited last. Somebody looks at one node after the other. */
interface Opinions {
  asItIs?: Opinion;
  edited?: Edited;
}

interface Edited {
  /** As JSON. */
  readonly edits: string;
  readonly opinion: Opinion;
  readonly changed: Uint32Array;
}

const opinions = new WeakMap<TrainedModel, Opinions>();

/** Bytes of what is remembered so of a model. */
export function opinionBytes(model: TrainedModel): number {
  const { asItIs, edited } = opinions.get(model) ?? {};
  const bytesOf = ({ predictions, attention }: Opinion) =>
    attention.reduce((sum, { bytes }) => sum + bytes, predictionsBytes(predictions));
  return (asItIs ? bytesOf(asItIs) : 0) + (edited ? bytesOf(edited.opinion) + edited.changed.byteLength : 0);
}

const UNCHANGED = new Uint32Array();

/** @throws InputError where an edit names what is not there, or the graph is too large */
export async function repredict(model: TrainedModel, edits: readonly Edit[], node: number): Promise<Repredicted> {
  const graph = wholeGraph(model);
  const kept = opinions.get(model) ?? {};
  opinions.set(model, kept);
  const name = JSON.stringify(edits);
  // What is wrong with an edit is said before anything is computed.
  const edited = edits.length > 0 ? applyEdits(graph, edits) : graph;
  // One after the other: each takes the memory that the whole graph takes.
  kept.asItIs ??= await ask(model, graph);
  const before = kept.asItIs;
  if (edits.length > 0 && kept.edited?.edits !== name) {
    const opinion = await ask(model, edited);
    const changed = differing(before.predictions.classes, opinion.predictions.classes);
    kept.edited = { edits: name, opinion, changed };
  }
  const { opinion, changed } = edits.length > 0 ? kept.edited! : { opinion: before, changed: UNCHANGED };
  const { predictions, attention, device } = opinion;
  return {
    before: probabilitiesOf(before.predictions, node),
    after: probabilitiesOf(predictions, node),
    changed,
    attention: attention.length > 0 ? attentionOf(attention, edited.adjacency, node) : null,
    device,
  };
}

function ask({ job, weights, software }: TrainedModel, graph: Graph): Promise<Opinion> {
  return opinionOf({ graph, config: job.config, backend: job.backend, software, weights });
}

function wholeGraph({ job: { graph } }: TrainedModel): Graph {
  if (!isStored(graph)) return graph;
  throw new InputError(
    `${graph.name} stays on this browser's disk, and edits are tried on a whole graph in memory: choose a smaller graph.`,
  );
}

function differing(a: Uint16Array, b: Uint16Array): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) found.push(i);
  return Uint32Array.from(found);
}
