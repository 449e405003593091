import type { GraphView } from '../../worker/protocol.ts';

/** What a graph says of the classes of its nodes. */
export type Labelled = Pick<GraphView, 'labels' | 'labelSets'>;

/** The classes of a node, ascending: none, one, or several. */
export function classesOf({ labels, labelSets }: Labelled, node: number): ArrayLike<number> {
  if (labelSets) return labelSets.indices.subarray(labelSets.indptr[node], labelSets.indptr[node + 1]);
  return labels[node] < 0 ? [] : [labels[node]];
}

export function isOfClass(graph: Labelled, node: number, index: number): boolean {
  const { labels, labelSets } = graph;
  if (!labelSets) return labels[node] === index;
  for (let e = labelSets.indptr[node]; e < labelSets.indptr[node + 1]; e++) {
    if (labelSets.indices[e] === index) return true;
  }
  return false;
}
