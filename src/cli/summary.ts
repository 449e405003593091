import { SPLIT } from '../formats/graphData.ts';
import type { CsrMatrix, DenseMatrix } from '../formats/matrix.ts';
import type { Graph } from '../graph/graph.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';

/** What a graph looks like, in numbers: what `edgewise inspect` prints. */
export interface GraphSummary {
  readonly name: string;
  readonly nodes: number;
  readonly edges: number;
  readonly directed: boolean;
  readonly weighted: boolean;
  /** `nonZeros` is null for dense features that stay in a store. */
  readonly features: { readonly count: number; readonly storage: 'sparse' | 'dense'; readonly nonZeros: number | null };
  readonly labelled: number;
  /** Classes per labelled node, where some have several; else null. */
  readonly labelsPerNode: number | null;
  /** Nodes per class, in the order of the classes. */
  readonly classes: readonly { readonly name: string; readonly nodes: number }[];
  readonly splits: readonly { readonly train: number; readonly validation: number; readonly test: number }[];
  /** Neighbours per node. */
  readonly degree: { readonly mean: number; readonly median: number; readonly max: number; readonly isolated: number };
  /**
   * Share of the edges between labelled nodes that join two of the same class, of several classes the mean Jaccard index of
   * the two sets; null where there is no such edge or the edges stay in a store.
   */
  readonly homophily: number | null;
  readonly notes: readonly string[];
}

export function summarize(graph: AnyGraph): GraphSummary {
  const { features, labels, labelSets, adjacency } = graph;
  const classes = graph.classNames.map((name) => ({ name, nodes: 0 }));
  let labelled = 0;
  for (const label of labels) {
    if (label < 0) continue;
    labelled++;
    if (!labelSets) classes[label].nodes++;
  }
  for (const label of labelSets?.indices ?? []) classes[label].nodes++;
  return {
    name: graph.name,
    nodes: graph.nodes,
    edges: graph.edges,
    directed: !graph.symmetric,
    weighted: adjacency.values !== null,
    features: { count: features.cols, storage: features.kind, nonZeros: nonZeros(graph) },
    labelled,
    labelsPerNode: labelSets && labelSets.indices.length / labelled,
    classes,
    splits: graph.splits.map((split) => ({
      train: count(split, SPLIT.train),
      validation: count(split, SPLIT.validation),
      test: count(split, SPLIT.test),
    })),
    degree: degrees(graph),
    homophily: isStored(graph) ? null : edgeHomophily(graph),
    notes: graph.notes,
  };
}

function nonZeros(graph: AnyGraph): number | null {
  if (graph.features.kind === 'sparse') return graph.features.indices.length;
  if (isStored(graph)) return null;
  const { features } = graph as Graph & { features: DenseMatrix };
  return features.values.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
}

function count(codes: Uint8Array, code: number): number {
  return codes.reduce((sum, value) => sum + (value === code ? 1 : 0), 0);
}

function degrees({ adjacency, nodes }: AnyGraph): GraphSummary['degree'] {
  const { indptr } = adjacency;
  const sorted = Uint32Array.from({ length: nodes }, (_, node) => indptr[node + 1] - indptr[node]).sort();
  const middle = nodes >> 1;
  return {
    mean: indptr[nodes] / nodes,
    median: nodes % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    max: sorted[nodes - 1],
    isolated: sorted.findIndex((degree) => degree > 0) < 0 ? nodes : sorted.findIndex((degree) => degree > 0),
  };
}

/**
 * Edge homophily: Zhu et al., "Beyond homophily in graph neural networks", NeurIPS 2020, definition 1. An edge from a node
 * to itself says nothing of it.
 */
function edgeHomophily({ adjacency, labels, labelSets, nodes }: Graph): number | null {
  const likeness = (a: number, b: number) =>
    labelSets ? jaccard(setOf(labelSets, a), setOf(labelSets, b)) : Number(labels[a] === labels[b]);
  let same = 0;
  let all = 0;
  for (let node = 0; node < nodes; node++) {
    if (labels[node] < 0) continue;
    for (let e = adjacency.indptr[node]; e < adjacency.indptr[node + 1]; e++) {
      const other = adjacency.indices[e];
      if (labels[other] < 0 || other === node) continue;
      all++;
      same += likeness(node, other);
    }
  }
  return all === 0 ? null : same / all;
}

const setOf = ({ indptr, indices }: CsrMatrix, row: number) => indices.subarray(indptr[row], indptr[row + 1]);

/** Of two sets that are not both empty. */
function jaccard(a: Uint32Array, b: Uint32Array): number {
  const shared = a.reduce((sum, label) => sum + Number(b.includes(label)), 0);
  return shared / (a.length + b.length - shared);
}
