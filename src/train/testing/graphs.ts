import { type Config, DEFAULTS } from '../../config/schema.ts';
import { type GraphData, type SelfLoops, SPLIT } from '../../formats/graphData.ts';
import type { DenseMatrix, Matrix } from '../../formats/matrix.ts';
import { arrange } from '../../graph/arrange.ts';
import { canonicalSparse } from '../../graph/features.ts';
import type { Graph } from '../../graph/graph.ts';
import { nastyGraphData, withLabelSets } from '../../graph/testGraphs.ts';

/** Graphs and configurations for the tests of whole runs. */

export interface GraphOptions {
  readonly nodes?: number;
  readonly seed?: number;
  readonly weighted?: boolean;
  readonly directed?: boolean;
  readonly selfLoops?: SelfLoops;
  /** `dense`, `sparse` (with values), `ones` (sparse, every entry 1) or `identity` (the file has none). */
  readonly features?: 'dense' | 'sparse' | 'ones' | 'identity';
  readonly classes?: 2 | 4;
  /** Class 0 is more frequent than the others. */
  readonly uneven?: boolean;
  /** Every third node has a second class. */
  readonly severalLabels?: boolean;
}

/**
 * A nasty graph (isolated nodes, a hub, duplicates, self-loops, unlabelled nodes) whose features say something about the
 * classes, so that its curves move.
 */
export function graphData({
  nodes = 120,
  seed = 3,
  weighted = false,
  features = 'dense',
  classes = 4,
  uneven = false,
  severalLabels = false,
}: GraphOptions = {}): GraphData {
  const data = nastyGraphData(nodes, seed, weighted);
  const labels = data.labels!.map((label, node) => (label < 0 ? -1 : uneven && node % 2 === 0 ? 0 : label % classes));
  const dense = data.features as DenseMatrix;
  const values = dense.values.slice();
  labels.forEach((label, node) => {
    if (label >= 0 && node % 3 > 0) values[node * dense.cols + label] += 0.5;
  });
  const forms: Record<NonNullable<GraphOptions['features']>, () => Matrix | null> = {
    dense: () => ({ ...dense, values }),
    sparse: () => canonicalSparse({ ...dense, values }),
    ones: () => ({ ...canonicalSparse({ ...dense, values }), values: null }),
    identity: () => null,
  };
  const whole = { ...data, labels, features: forms[features](), classNames: data.classNames.slice(0, classes) };
  return severalLabels ? withLabelSets(whole) : whole;
}

export function testGraph(options: GraphOptions = {}): Graph {
  return arrange(graphData(options), options);
}

/** The same graph with the validation nodes taken out of its split. */
export function withoutValidation(graph: Graph): Graph {
  return {
    ...graph,
    splits: graph.splits.map((split) => split.map((code) => (code === SPLIT.validation ? SPLIT.none : code))),
  };
}

export function configOf(changes: Partial<Config> = {}): Config {
  return { ...DEFAULTS, 'training.epochs': 3, 'model.hidden': 8, ...changes };
}

/** Training and evaluation on batches that hold all nodes, with all their neighbours. */
export const ONE_BATCH = {
  'sampling.strategy': 'neighbor',
  'evaluation.strategy': 'neighbor',
  'sampling.batchSize': 1_000_000,
  'evaluation.batchSize': 1_000_000,
  'sampling.fanOut': [-1],
  'evaluation.fanOut': [-1],
} as const satisfies Partial<Config>;

/** Small batches with few neighbours, in training and evaluation. */
export const SAMPLED = {
  'sampling.strategy': 'neighbor',
  'evaluation.strategy': 'neighbor',
  'sampling.batchSize': 13,
  'evaluation.batchSize': 29,
  'sampling.fanOut': [4, 3],
  'evaluation.fanOut': [5],
} as const satisfies Partial<Config>;
