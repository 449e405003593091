import { editedOutline, editRows, servingEdits } from '../graph/editedRows.ts';
import { applyEdits, type Edit, rowOf } from '../graph/edits.ts';
import type { Graph } from '../graph/graph.ts';
import { drive } from '../store/graphStore.ts';
import { isStored, type StoredGraph } from '../store/storedGraph.ts';
import { attentionOf, type NodeAttention } from '../train/attentionWeights.ts';
import { type NodeOpinion, nodeOpinionOf } from '../train/nodeOpinion.ts';
import { type Asked, type Opinion, opinionOf } from '../train/opinion.ts';
import { probabilitiesOf } from '../train/predictions.ts';
import { graphRows, graphRowsBytes } from './graphRows.ts';
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

/** @throws InputError where an edit names what is not there, or the graph, or what the model sees of it, is too large */
export function repredict(model: TrainedModel, edits: readonly Edit[], node: number): Promise<Repredicted> {
  const { graph } = model.job;
  const kept = opinions.get(model) ?? {};
  opinions.set(model, kept);
  return isStored(graph) ? ofNode(model, graph, kept, edits, node) : ofWhole(model, graph, kept, edits, node);
}

async function ofWhole(
  model: TrainedModel,
  graph: Graph,
  kept: Opinions,
  edits: readonly Edit[],
  node: number,
): Promise<Repredicted> {
  const name = JSON.stringify(edits);
  const ask = (of: Graph) => opinionOf({ ...asked(model), graph: of });
  // What is wrong with an edit is said before anything is computed.
  const edited = edits.length > 0 ? applyEdits(graph, edits) : graph;
  // One after the other: each takes the memory that the whole graph takes.
  kept.asItIs ??= await ask(graph);
  const before = kept.asItIs;
  if (edits.length > 0 && kept.edited?.edits !== name) {
    const opinion = await ask(edited);
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
): Promise<Repredicted> {
  const name = JSON.stringify(edits);
  const { serve } = await graphRows(graph, model.job.store);
  const ask = (about: Pick<Parameters<typeof nodeOpinionOf>[0], 'graph' | 'serve'>) =>
    nodeOpinionOf({ ...asked(model), ...about, node, servingBytes: graphRowsBytes(graph) });
  const rows = await drive(editRows(graph, edits), (request) => serve(request));
  if (kept.node?.node !== node) {
    kept.node = { node, opinion: await ask({ graph, serve: (request) => serve(request) }) };
  }
  const before = kept.node.opinion;
  if (edits.length > 0 && !(kept.editedNode?.node === node && kept.editedNode.edits === name)) {
    const opinion = await ask({ graph: editedOutline(graph, rows), serve: servingEdits(rows, serve) });
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
