import type { GraphView, NeighbourhoodView } from '../../../worker/protocol.ts';
import { nodeName } from '../nodeText.ts';

/** A sampled neighbourhood as a graph of its own, for the picture and the legend; nodes go by their places in the sample. */
export function sampleView(graph: GraphView, { nodes, splits, edges, positions }: NeighbourhoodView): GraphView {
  const name = nodeName(nodes[0].name, nodes[0].node);
  const sets = nodes.map(({ labels }) => labels);
  return {
    ...graph,
    info: { ...graph.info, name: `a sample around ${name}`, nodes: nodes.length, edges: edges.length / 2 },
    labels: Int32Array.from(sets, (labels) => labels[0] ?? -1),
    labelSets: graph.info.multiLabel ? rowsOf(sets) : null,
    splits,
    positions,
    edges,
    nodeIds: nodes.map((node) => nodeName(node.name, node.node)),
  };
}

function rowsOf(sets: readonly (readonly number[])[]): GraphView['labelSets'] {
  const indptr = new Uint32Array(sets.length + 1);
  sets.forEach((labels, i) => {
    indptr[i + 1] = indptr[i] + labels.length;
  });
  return { indptr, indices: Uint32Array.from(sets.flat()) };
}
