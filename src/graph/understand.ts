import { InputError } from '../config/errors.ts';
import type { GraphData } from '../formats/graphData.ts';
import type { FilesView, OpenFiles } from '../formats/open.ts';
import type { ReadChoices } from '../formats/readChoices.ts';
import { arrangeCounted, type Dropped } from './arrange.ts';
import type { Graph } from './graph.ts';
import { type GraphStatistics, homophilyCounter, statistics } from './statistics.ts';

/** What was understood of files, as plain data: what they are, and the graph or why there is none. */
export interface Understood extends FilesView {
  /** Whether the files leave open how they are to be read. */
  readonly correctable: boolean;
  readonly graph: GraphAccount | null;
  /** One sentence, where there is no graph as the files are read now. */
  readonly error: string | null;
}

/** What is in a graph, and what of the files is not. */
export interface GraphAccount {
  readonly name: string;
  readonly nodes: number;
  /** Whether the files name the nodes, instead of numbering them from 0. */
  readonly named: boolean;
  /** Edges as the files list them, and what of them is not kept. */
  readonly listed: number;
  readonly dropped: Dropped;
  /** Unique undirected edges. */
  readonly edges: number;
  readonly directed: boolean;
  readonly weighted: boolean;
  /** Null where the files have none. */
  readonly features: { readonly kind: 'sparse' | 'dense'; readonly count: number } | null;
  readonly classes: number;
  readonly classNames: readonly string[];
  readonly unlabelled: number;
  /** Classes per labelled node, where some have several; else null. */
  readonly labelsPerNode: number | null;
  /** Nodes of each split that the files offer; empty where one is drawn. */
  readonly splits: readonly { readonly train: number; readonly validation: number; readonly test: number }[];
  readonly notes: readonly string[];
  readonly statistics: GraphStatistics;
}

/**
 * Reads files that are open and says what was understood of them. Where they cannot be read as they are, but something about it can be
 * corrected, the answer has the error in place of a graph.
 * @throws InputError where nothing can be corrected
 */
export function understand(
  files: OpenFiles,
  choices: ReadChoices = {},
): { understood: Understood; graph: Graph | null } {
  const found = files.view(choices);
  const view = { ...found, correctable: found.tables.length > 0 || found.mat !== null };
  try {
    const data = files.read(choices);
    const { graph, dropped } = arrangeCounted(data, choices);
    return { understood: { ...view, graph: account(data, graph, dropped), error: null }, graph };
  } catch (error) {
    if (!(error instanceof InputError) || !view.correctable) throw error;
    return { understood: { ...view, graph: null, error: error.message }, graph: null };
  }
}

function account(data: GraphData, graph: Graph, dropped: Dropped): GraphAccount {
  const { name, nodes, edges, classNames, labels, labelSets, notes } = graph;
  const unlabelled = labels.reduce((n, label) => n + (label < 0 ? 1 : 0), 0);
  const homophily = homophilyCounter(graph);
  homophily.add(graph.adjacency, 0);
  const counted = statistics(graph, homophily.finish());
  return {
    name,
    nodes,
    named: data.nodeIds !== null,
    listed: data.source.length,
    dropped,
    edges,
    directed: !graph.symmetric,
    weighted: graph.adjacency.values !== null,
    features: data.features && { kind: data.features.kind, count: data.features.cols },
    classes: classNames.length,
    classNames,
    unlabelled,
    labelsPerNode: labelSets && labelSets.indices.length / (nodes - unlabelled),
    splits: data.splits.map((_, i) => counted.splits[i]),
    notes,
    statistics: counted,
  };
}
