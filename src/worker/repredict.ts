import { editedOutline, editRows, servingEdits } from '../graph/editedRows.ts';
import { applyEdits, type Edit, rowOf } from '../graph/edits.ts';
import type { Graph } from '../graph/graph.ts';
import { drive } from '../store/graphStore.ts';
import { type AnyGraph, isStored, type StoredGraph } from '../store/storedGraph.ts';
import { attentionOf, type NodeAttention } from '../train/attentionWeights.ts';
import { type NodeOpinion, type NodeOpinionJob, nodeOpinionOf } from '../train/nodeOpinion.ts';
import { type Asked, type Opinion, opinionOf } from '../train/opinion.ts';
import { probabilitiesOf } from '../train/predictions.ts';
import { graphRows } from './graphRows.ts';
import { predictionsBytes } from './kept.ts';
import type { Repredicted } from './modelApi.ts';
import type { TrainedModel } from './trainedModel.ts';

/**
 * What the trained model says of its graph after some edits. A graph in memory is evaluated whole, so it is known who else changes class;
 * of one that stays on disk the node that was asked about is, with all that the model sees around it.
 */

/** Of each model: what it said last of its graph as it is, and as it was edited. Somebody looks at one node after the other. */
interface Opinions {
  asItIs?: Opinion;
  edited?: { readonly edits: string; readonly opinion: Opinion; readonly changed: Uint32Array };
  /** Of a graph that stays on disk, by node. */
  node?: { readonly node: number; readonly opinion: NodeOpinion };
  editedNode?: { readonly node: number; readonly edits: string; readonly opinion: NodeOpinion };
}

const opinions = new WeakMap<TrainedModel, Opinions>();

/** Bytes of what is remembered so of a model. */
export function opinionBytes(model: TrainedModel): number {
  const { asItIs, edited, node, editedNode } = opinions.get(model) ?? {};
  const whole = ({ predictions, attention }: Opinion) =>
    attention.reduce((sum, { bytes }) => sum + bytes, predictionsBytes(predictions));
  const single = ({ probabilities, attention }: NodeOpinion) =>
    (probabilities?.byteLength ?? 0) + (attention ? attentionBytes(attention) : 0);
  return (
    (asItIs ? whole(asItIs) : 0) +
    (edited ? whole(edited.opinion) + edited.changed.byteLength : 0) +
    (node ? single(node.opinion) : 0) +
    (editedNode ? single(editedNode.opinion) : 0)
  );
}

const attentionBytes = ({ sources, layers }: NodeAttention) =>
  layers.reduce((sum, { weights }) => sum + weights.byteLength, sources.byteLength);

const UNCHANGED = new Uint32Array();

/**
 * @param beside bytes of main memory that are held meanwhile, besides the graph, the model and what is remembered here
 * @throws InputError where an edit names what is not there, or the graph, or what the model sees of it, is too large
 */
export function repredict(
  model: TrainedModel,
  edits: readonly Edit[],
  node: number,
  beside: number,
): Promise<Repredicted> {
  const { graph } = model.job;
  const kept = opinions.get(model) ?? {};
  opinions.set(model, kept);
  const held = (other: AnyGraph, of: AnyGraph) => beside + opinionBytes(model) + apartBytes(other, of);
  return isStored(graph)
    ? ofNode(model, graph, kept, edits, node, held)
    : ofWhole(model, graph, kept, edits, node, held);
}

/** What is held while a graph is asked about and the `other`, edited or not, is there as well. */
type Held = (other: AnyGraph, of: AnyGraph) => number;

/** Bytes of the arrays that one graph does not share with another. */
function apartBytes(graph: AnyGraph, other: AnyGraph): number {
  const theirs = new Set(arraysOf(other));
  return arraysOf(graph).reduce((sum, array) => sum + (theirs.has(array) ? 0 : array.byteLength), 0);
}

/** What edits may change of a graph, as far as it is in memory. */
const arraysOf = ({ adjacency, features }: AnyGraph): ArrayBufferView[] =>
  [adjacency, features].flatMap((matrix) => Object.values(matrix).filter((value) => ArrayBuffer.isView(value)));

async function ofWhole(
  model: TrainedModel,
  graph: Graph,
  kept: Opinions,
  edits: readonly Edit[],
  node: number,
  held: Held,
): Promise<Repredicted> {
  const name = JSON.stringify(edits);
  const ask = (of: Graph, other: Graph) => opinionOf({ ...asked(model), graph: of, beside: held(other, of) });
  // What is wrong with an edit is said before anything is computed.
  const edited = edits.length > 0 ? applyEdits(graph, edits) : graph;
  // One after the other: each takes the memory that the whole graph takes.
  kept.asItIs ??= await ask(graph, edited);
  const before = kept.asItIs;
  if (edits.length > 0 && kept.edited?.edits !== name) {
    // It makes room for the next one.
    kept.edited = undefined;
    const opinion = await ask(edited, graph);
    kept.edited = { edits: name, opinion, changed: differing(before.predictions.classes, opinion.predictions.classes) };
  }
  const { opinion, changed } = edits.length > 0 ? kept.edited! : { opinion: before, changed: UNCHANGED };
  const { predictions, attention, device } = opinion;
  const { indices } = rowOf(edited.adjacency, node);
  return {
    before: probabilitiesOf(before.predictions, node),
    after: probabilitiesOf(predictions, node),
    changed,
    askedAll: true,
    attention: attention.length > 0 ? attentionOf(attention, indices, node) : null,
    device,
  };
}

async function ofNode(
  model: TrainedModel,
  graph: StoredGraph,
  kept: Opinions,
  edits: readonly Edit[],
  node: number,
  held: Held,
): Promise<Repredicted> {
  const name = JSON.stringify(edits);
  const { serve } = await graphRows(graph, model.job.store);
  const ask = (about: Pick<NodeOpinionJob, 'graph' | 'serve'>, other: StoredGraph) =>
    nodeOpinionOf({ ...asked(model), ...about, node, beside: held(other, about.graph) });
  const rows = await drive(editRows(graph, edits), (request) => serve(request));
  const edited = editedOutline(graph, rows);
  if (kept.node?.node !== node) {
    kept.node = undefined;
    kept.node = { node, opinion: await ask({ graph, serve: (request) => serve(request) }, edited) };
  }
  const before = kept.node.opinion;
  if (edits.length > 0 && !(kept.editedNode?.node === node && kept.editedNode.edits === name)) {
    kept.editedNode = undefined;
    const opinion = await ask({ graph: edited, serve: servingEdits(rows, serve) }, graph);
    kept.editedNode = { node, edits: name, opinion };
  }
  const { probabilities, classIndex, attention, device } = edits.length > 0 ? kept.editedNode!.opinion : before;
  return {
    before: before.probabilities,
    after: probabilities,
    changed: classIndex === before.classIndex ? UNCHANGED : Uint32Array.of(node),
    askedAll: false,
    attention,
    device,
  };
}

function asked({ job: { config, backend }, software, weights }: TrainedModel): Asked {
  return { config, backend, software, weights };
}

function differing(a: Uint16Array, b: Uint16Array): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) found.push(i);
  return Uint32Array.from(found);
}
