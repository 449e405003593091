import { transfer } from 'comlink';
import { MAX_DRAWN_NODES } from '../graph/drawingEdges.ts';
import { feistel } from '../graph/feistel.ts';
import { seedKey } from '../graph/random.ts';
import { modelOf } from '../model/models.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { evaluateNodes } from '../train/hiddenValues.ts';
import { predictionOf } from '../train/predictions.ts';
import type { EmbeddingView, LayerChoice } from './embeddingApi.ts';
import type { TrainedModel } from './trainedModel.ts';

/** Rows of all nodes leave this worker, and the projector holds them twice: as they are, and of length 1 for the cosine. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * @param held bytes of main memory that are held meanwhile, besides the graph and the model
 * @throws InputError where the model has no such layer, its rows take more than MOST_BYTES, or nothing fits the budgets
 */
export async function embeddingView(
  { job, weights }: TrainedModel,
  choice: LayerChoice,
  held: number,
  signal: AbortSignal,
): Promise<EmbeddingView> {
  const { graph, config } = job;
  const { hidden: hops } = modelOf(config);
  const layer = layerOf(choice, hops.length);
  const most = Math.floor(MOST_BYTES / (4 * graph.nodes));
  const evaluate = (beside: number, ...upTo: [layer?: number, most?: number]) =>
    evaluateNodes({ ...job, weights, beside, signal }, ...upTo);
  const logits = await evaluate(held);
  const { values, cols } = layer === null ? logits : await evaluate(held + logits.values.byteLength, layer, most);
  const nodes = graph.nodes > MAX_DRAWN_NODES ? sampleOf(graph.nodes) : null;
  const listed = nodes ?? Uint32Array.from({ length: graph.nodes }, (_, v) => v);
  const predicted = new Uint16Array(listed.length);
  const confidence = new Uint8Array(listed.length);
  listed.forEach((node, i) => {
    const row = logits.values.subarray(node * logits.cols, (node + 1) * logits.cols);
    [predicted[i], confidence[i]] = predictionOf(row, graph.labelSets !== null);
  });
  const view = {
    hops,
    layer,
    values,
    cols,
    nodes,
    names: namesOf(graph, listed),
    labels: Int32Array.from(listed, (v) => graph.labels[v]),
    split: Uint8Array.from(listed, (v) => graph.splits[config['data.split']][v]),
    degrees: Uint32Array.from(listed, (v) => graph.adjacency.indptr[v + 1] - graph.adjacency.indptr[v]),
    predicted,
    confidence,
  };
  return transfer(view, [values.buffer as ArrayBuffer]);
}

function layerOf(choice: LayerChoice, hidden: number): number | null {
  if (choice === 'logits' || (choice === 'embedding' && hidden === 0)) return null;
  return choice === 'embedding' ? hidden - 1 : choice;
}

/** As many nodes as are drawn, the same ones every time. */
function sampleOf(nodes: number): Uint32Array {
  const { forward } = feistel(nodes, seedKey(0));
  return Uint32Array.from({ length: MAX_DRAWN_NODES }, (_, i) => forward(i)).sort();
}

function namesOf({ nodeIds }: AnyGraph, nodes: Uint32Array): string[] | null {
  return nodeIds && Array.from(nodes, (node) => nodeIds[node]);
}
