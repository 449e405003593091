import type { DenseMatrix } from '../formats/matrix.ts';
import type { Graph } from '../graph/graph.ts';
import { homophilyCounter, statistics } from '../graph/statistics.ts';
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
  const { features, labelSets, adjacency, classNames } = graph;
  const homophily = homophilyCounter(graph);
  if (!isStored(graph)) homophily.add(graph.adjacency, 0);
  const { degrees, classes, splits, ...counted } = statistics(graph, homophily.finish());
  const labelled = graph.nodes - classes.unlabelled;
  return {
    name: graph.name,
    nodes: graph.nodes,
    edges: graph.edges,
    directed: !graph.symmetric,
    weighted: adjacency.values !== null,
    features: { count: features.cols, storage: features.kind, nonZeros: nonZeros(graph) },
    labelled,
    labelsPerNode: labelSets && labelSets.indices.length / labelled,
    classes: classNames.map((name, label) => ({ name, nodes: classes.nodes[label] })),
    splits,
    degree: { mean: degrees.mean, median: degrees.median, max: degrees.largest, isolated: degrees.bins[0] },
    homophily: counted.homophily?.edge ?? null,
    notes: graph.notes,
  };
}

function nonZeros(graph: AnyGraph): number | null {
  if (graph.features.kind === 'sparse') return graph.features.indices.length;
  if (isStored(graph)) return null;
  const { features } = graph as Graph & { features: DenseMatrix };
  return features.values.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
}
