import { resolveConfig } from '../config/resolve.ts';
import type { Config } from '../config/schema.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Matrix } from '../formats/matrix.ts';
import { arrange } from '../graph/arrange.ts';
import { rowNormalize } from '../graph/features.ts';
import { uniformGraph } from '../graph/generators.ts';
import type { Graph } from '../graph/graph.ts';
import { graphOperator } from '../graph/operators.ts';
import type { Backend } from '../train/session.ts';
import type { BenchContext, Goal } from './suite.ts';

/** What the peers are compared on: models × graphs. */

const MODELS = {
  gcn: { operator: 'gcn' },
  sage: { operator: 'mean' },
  gat: { operator: 'attention' },
} as const;
export type ModelName = keyof typeof MODELS;

/**
 * Whom a time is held against: the fastest of a group of peers. The API of the browser's libraries leads to products of dense
 * matrices, because neither has sparse ones; gathers were written by hand for this bench, with our own kernels in mind.
 */
export type Rival = 'dense' | 'gather' | 'pygEager';

interface GoalOnRival extends Pick<Goal, 'unit' | 'most' | 'least'> {
  readonly text: string;
  readonly rival: Rival;
  /** Which of our two it is held against. */
  readonly on: Backend['kind'];
}

const ON_CORA: readonly GoalOnRival[] = [
  {
    text: "on WebGPU, fastest dense formulation of the browser's libraries / Edgewise",
    ...{ rival: 'dense', on: 'webgpu', unit: 'times', least: 50 },
  },
  {
    text: 'on WebGPU, fastest gathers written by hand for this bench / Edgewise',
    ...{ rival: 'gather', on: 'webgpu', unit: 'times', least: 50 },
  },
  {
    text: "fastest eager PyTorch Geometric's time / the CPU executor's",
    ...{ rival: 'pygEager', on: 'cpu', unit: 'times', least: 1 },
  },
];
const ON_LARGER: readonly GoalOnRival[] = [
  {
    text: "the CPU executor's time / fastest eager PyTorch Geometric's",
    ...{ rival: 'pygEager', on: 'cpu', unit: 'times', most: 1.5 },
  },
];

interface GraphCase {
  readonly name: string;
  open(context: BenchContext): Promise<Graph>;
  /** What differs from the preset of the model. */
  readonly sets: readonly string[];
  readonly goals: readonly GoalOnRival[];
}

/** 200,000 entries of the adjacency: each of the 100,000 edges in both directions. */
const LARGER = { nodes: 10_000, edges: 100_000, features: 128, classes: 16 };

const GRAPHS: readonly GraphCase[] = [
  {
    name: 'cora',
    open: (context) => context.graph('cora'),
    sets: [],
    goals: ON_CORA,
  },
  {
    name: '10k',
    open: async () => arrange(uniformGraph(LARGER.nodes, LARGER.edges, LARGER, 1)),
    sets: ['model.hidden=64'],
    goals: ON_LARGER,
  },
];

export interface PeerCase {
  readonly name: string;
  readonly model: ModelName;
  readonly goals: readonly GoalOnRival[];
  open(context: BenchContext): Promise<{ readonly graph: Graph; readonly config: Config }>;
}

export const CASES: readonly PeerCase[] = GRAPHS.flatMap(({ name, open, sets, goals }) =>
  (Object.keys(MODELS) as ModelName[]).map((model) => ({
    name: `${name} ${model}`,
    model,
    goals,
    open: async (context: BenchContext) => ({
      graph: await open(context),
      config: resolveConfig({ preset: model, sets }).config,
    }),
  })),
);

export type PeerInput = ReturnType<typeof peerInput>;

/** What bench/peers is given (its input.mjs says what is what): the same matrices and rates that we train with. */
export function peerInput(model: ModelName, graph: Graph, config: Config) {
  return {
    model,
    nodes: graph.nodes,
    featureCount: graph.features.cols,
    classes: graph.classNames.length,
    hidden: config['model.hidden'],
    heads: config['model.heads'],
    features: rowNormalize(graph.features) as Matrix & { readonly values: Float32Array },
    adjacency: graphOperator(MODELS[model].operator, graph.adjacency),
    labels: graph.labels,
    train: Uint8Array.from(graph.splits[0], (code) => (code === SPLIT.train ? 1 : 0)),
    dropout: config['model.dropout'],
    attentionDropout: config['model.attentionDropout'],
    lr: config['training.lr'],
    weightDecay: config['training.weightDecay'],
    seed: config['training.seed'],
  };
}
