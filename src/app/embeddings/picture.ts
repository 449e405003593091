import { projectorBytes } from '../../worker/embeddingApi.ts';
import type { EmbeddingView, GraphView } from '../../worker/protocol.ts';
import { className, nodeName } from '../graph/nodeText.ts';

/** The picture of an embedding is that of a graph, drawn by the same canvas at other places. */

/** What the page keeps of an embedding; its rows are with the projector. */
export type Told = Omit<EmbeddingView, 'values'>;

/** Bytes that an embedding takes for as long as it is on show: what the projector holds of it, what the page was told, and the picture. */
export function embeddingBytes(told: Told, rows: number): number {
  const arrays = [told.nodes, told.labels, told.split, told.degrees, told.predicted, told.confidence];
  const page = arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
  return projectorBytes(rows, told.cols) + page + POSITION_BYTES * told.labels.length;
}

/** Of x and y. */
const POSITION_BYTES = 8;

/** The nodes of the picture as a graph of their own; one that is drawn anyway keeps its edges, to be walked along. */
export function picturedGraph(graph: GraphView, told: Told, positions: Float32Array): GraphView {
  const placed = { ...graph, positions: inUnitSquare(positions) };
  if (graph.positions) return placed;
  const { labels, split, nodes } = told;
  const nodeIds = told.names ?? (nodes && Array.from(nodes, (node) => nodeName(null, node)));
  return { ...placed, labels, labelSets: null, splits: [split], edges: new Uint32Array(0), nodeIds };
}

/** Both axes by one factor; y points upwards, as in a chart. */
export function inUnitSquare(positions: Float32Array): Float32Array {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    left = Math.min(left, positions[i]);
    right = Math.max(right, positions[i]);
    bottom = Math.min(bottom, positions[i + 1]);
    top = Math.max(top, positions[i + 1]);
  }
  const scale = 1 / Math.max(right - left, top - bottom, 1e-12);
  return positions.map((x, i) => scale * (i % 2 === 0 ? x - left : top - x));
}

/** Where a node is among those of the picture; null where it is not. */
export function placeOf({ nodes }: Told, node: number | null): number | null {
  if (node === null || !nodes) return node;
  const at = nodes.indexOf(node);
  return at < 0 ? null : at;
}

/** One row for each node of the picture. */
export function pictureRows(graph: GraphView, told: Told, positions: Float32Array): (string | number)[][] {
  const nameOf = (index: number) => (index >= 0 && index < graph.classNames.length ? className(graph, index) : '');
  const rows = Array.from(told.labels, (label, i) => [
    told.names?.[i] ?? told.nodes?.[i] ?? i,
    nameOf(label),
    nameOf(told.predicted[i]),
    positions[2 * i],
    positions[2 * i + 1],
  ]);
  return [['node', 'label', 'prediction', 'x', 'y'], ...rows];
}
