import { InputError } from './errors.ts';
import { nearest, quote } from './parse.ts';
import type { Config } from './schema.ts';

/** A named protocol: the keys in which it differs from the defaults, and where it comes from. */
export interface Preset {
  readonly help: string;
  readonly values: Partial<Config>;
}

/**
 * Kipf and Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017, section 5.2 and their
 * code: everything is written out, so that a changed default cannot change the protocol.
 */
const PLANETOID = {
  'model.layers': 2,
  'model.hidden': 16,
  'model.dropout': 0.5,
  'model.inputDropout': true,
  'data.normalizeFeatures': true,
  'training.epochs': 200,
  'training.lr': 0.01,
  'training.weightDecay': 0.0005,
  'training.decayOn': 'first',
  'training.optimizer': 'adam',
  'sampling.strategy': 'full',
  'evaluation.strategy': 'full',
} as const satisfies Partial<Config>;

/** Veličković et al., ICLR 2018, section 3.3, and PyTorch Geometric's benchmark/citation/gat.py. */
const GAT = {
  ...PLANETOID,
  'model.hidden': 64,
  'model.heads': 8,
  'model.outputHeads': 1,
  'model.concat': true,
  'model.activation': 'elu',
  'model.dropout': 0.6,
  'model.attentionDropout': 0.6,
  'training.lr': 0.005,
} as const satisfies Partial<Config>;

/** The package graph has 250 times as many labelled nodes as Cora: it wants width, large steps and no weight decay. */
const DEBIAN = {
  ...PLANETOID,
  'model.hidden': 64,
  'data.normalizeFeatures': false,
  'training.lr': 0.02,
  'training.weightDecay': 0,
} as const satisfies Partial<Config>;

/**
 * Graphs larger than the GPU: Hamilton, Ying and Leskovec's GraphSAGE, two layers of 64, ten neighbours each, in batches; what is
 * looked at after an epoch is drawn, because all of it would take longer than the epoch.
 */
const SHAPE = {
  'model.layers': 2,
  'model.hidden': 64,
  'model.dropout': 0.5,
  'data.normalizeFeatures': false,
  'training.epochs': 10,
  'training.lr': 0.003,
  'training.weightDecay': 0,
  'sampling.strategy': 'neighbor',
  'sampling.batchSize': 1024,
  'sampling.fanOut': [10, 10],
  'evaluation.strategy': 'neighbor',
  'evaluation.batchSize': 1024,
  'evaluation.fanOut': [10, 10],
  'evaluation.nodes': 10_000,
} as const satisfies Partial<Config>;

/**
 * Platonov et al., ICLR 2023 (arXiv 2302.11640): residual blocks norm → convolution → perceptron, GELU, dropout 0.2, the epoch with
 * the best validation metric; their search over learning rates is narrowed to one that was tried on split 0.
 */
const HETEROPHILOUS = {
  'model.block': 'residual',
  'model.norm': 'layer',
  'model.activation': 'gelu',
  'model.layers': 3,
  'model.hidden': 64,
  'model.dropout': 0.2,
  'model.inputDropout': false,
  'data.normalizeFeatures': false,
  'training.epochs': 300,
  'training.lr': 0.003,
  'training.weightDecay': 0,
  'training.optimizer': 'adam',
  'training.select': 'valMetric',
  'task.metric': 'rocAuc',
  'sampling.strategy': 'full',
  'evaluation.strategy': 'full',
} as const satisfies Partial<Config>;

/**
 * Several labels per node: their loss is a mean over nodes and classes, so its gradient is small and the weight decay of the citation
 * graphs leaves nothing (micro-F1 0 on the citation networks of AdaGCN, 83 to 85 % like this; docs/figures.md).
 */
const LABELS = { 'model.hidden': 64, 'training.weightDecay': 0 } as const;

/** For layers that learn faster from words as they are; the sums of GIN and the two weights of GraphSAGE do not. */
const LABELS_AS_THEY_ARE = { ...LABELS, 'data.normalizeFeatures': false, 'training.lr': 0.02 } as const;

const SINGLE = {
  gcn: {
    help: 'What a GCN gets when nothing else is asked for: the protocol of planetoid-gcn.',
    values: { ...PLANETOID, 'model.kind': 'gcn' },
  },
  sage: {
    help: 'GraphSAGE with the mean of all neighbours, in the protocol of planetoid-gcn.',
    values: { ...PLANETOID, 'model.kind': 'sage', 'model.aggregation': 'mean' },
  },
  gin: {
    help: 'Graph isomorphism network with learnable eps, in the protocol of planetoid-gcn.',
    values: { ...PLANETOID, 'model.kind': 'gin', 'model.learnEps': true },
  },
  gat: {
    help: 'Veličković et al. on the citation graphs: 8 heads of 8, ELU, dropout 0.6 on features and attention, learning rate 0.005.',
    values: { ...GAT, 'model.kind': 'gat' },
  },
  gatv2: {
    help: 'The protocol of gat with attention that depends on both ends.',
    values: { ...GAT, 'model.kind': 'gatv2' },
  },
  appnp: {
    help: 'Gasteiger et al.: a perceptron of 64 hidden, then 10 steps of personalised PageRank with alpha 0.1.',
    values: { ...PLANETOID, 'model.kind': 'appnp', 'model.hidden': 64, 'model.steps': 10, 'model.alpha': 0.1 },
  },
  sgc: {
    help: 'Wu et al.: one linear layer over two hops, learning rate 0.2, weight decay 1e-5.',
    values: {
      ...PLANETOID,
      'model.kind': 'sgc',
      'model.steps': 2,
      'model.dropout': 0,
      'training.lr': 0.2,
      'training.weightDecay': 0.00001,
    },
  },
  gcn2: {
    help: 'Chen et al. (GCNII): 16 layers of 64, alpha 0.1, theta 0.5, dropout 0.6, weight decay 0.01 on convolutions and 5e-4 on linear layers.',
    values: {
      ...PLANETOID,
      'model.kind': 'gcn2',
      'model.layers': 16,
      'model.hidden': 64,
      'model.alpha': 0.1,
      'model.theta': 0.5,
      'model.dropout': 0.6,
      'training.epochs': 300,
      'training.decayOn': 'split',
      'training.weightDecay': 0.01,
      'training.weightDecayLinear': 0.0005,
    },
  },
  mlp: {
    help: 'The protocol of planetoid-gcn without the graph.',
    values: { ...PLANETOID, 'model.kind': 'mlp' },
  },
} as const satisfies Record<Config['model.kind'], Preset>;

/** The protocol of a kind for nodes of several labels. */
const labels = (kind: Config['model.kind'], changes: Partial<Config>): Preset => ({
  help: `The protocol of ${kind} for nodes with several labels: 64 hidden, no weight decay.`,
  values: { ...SINGLE[kind].values, ...changes },
});

export const PRESETS = {
  ...SINGLE,
  'planetoid-gcn': {
    help: 'Kipf and Welling on the citation graphs: 2 layers, 16 hidden, dropout 0.5, weight decay on the first layer, 200 epochs.',
    values: { ...PLANETOID, 'model.kind': 'gcn' },
  },
  'tolokers-gcn': {
    help: 'Platonov et al. on Tolokers: 3 residual blocks of 64 with layer norm and GELU, judged by ROC-AUC.',
    values: { ...HETEROPHILOUS, 'model.kind': 'gcn' },
  },
  'tolokers-sage': {
    help: 'The same with GraphSAGE: the node itself beside the mean of its neighbours.',
    values: { ...HETEROPHILOUS, 'model.kind': 'sage' },
  },
  'minesweeper-gcn': {
    help: 'The same on Minesweeper with 5 blocks.',
    values: { ...HETEROPHILOUS, 'model.kind': 'gcn', 'model.layers': 5 },
  },
  'minesweeper-sage': {
    help: 'The same with GraphSAGE.',
    values: { ...HETEROPHILOUS, 'model.kind': 'sage', 'model.layers': 5 },
  },
  'debian-sage': {
    help: 'GraphSAGE in the protocol of debian-gcn.',
    values: { ...DEBIAN, 'model.kind': 'sage', 'model.aggregation': 'mean' },
  },
  'debian-gcn': {
    help: 'The Debian package graphs: 64 hidden, learning rate 0.02, no weight decay, words as they are.',
    values: { ...DEBIAN, 'model.kind': 'gcn' },
  },
  'debian-mlp': {
    help: 'The same protocol without the graph.',
    values: { ...DEBIAN, 'model.kind': 'mlp' },
  },
  'shape-sage': {
    help: 'Large graphs in batches: GraphSAGE, 2 layers of 64, 10 neighbours each, 1,024 seeds; 10,000 nodes of each part are evaluated.',
    values: { ...SHAPE, 'model.kind': 'sage', 'model.aggregation': 'mean' },
  },
  'shape-gcn': {
    help: 'The same with the convolution of GCN.',
    values: { ...SHAPE, 'model.kind': 'gcn' },
  },
  'heterophilous-gcn': {
    help: 'The residual blocks of tolokers-gcn on graphs of several classes (Roman-empire, Amazon-ratings), judged by accuracy.',
    values: { ...HETEROPHILOUS, 'model.kind': 'gcn', 'task.metric': 'accuracy' },
  },
  'heterophilous-sage': {
    help: 'The same with GraphSAGE.',
    values: { ...HETEROPHILOUS, 'model.kind': 'sage', 'task.metric': 'accuracy' },
  },
  'labels-gcn': labels('gcn', LABELS_AS_THEY_ARE),
  'labels-sage': labels('sage', LABELS),
  'labels-gin': labels('gin', LABELS),
  'labels-gat': labels('gat', LABELS_AS_THEY_ARE),
  'labels-gatv2': labels('gatv2', LABELS_AS_THEY_ARE),
  'labels-appnp': labels('appnp', LABELS_AS_THEY_ARE),
  'labels-sgc': labels('sgc', LABELS_AS_THEY_ARE),
  'labels-gcn2': labels('gcn2', { ...LABELS_AS_THEY_ARE, 'training.weightDecayLinear': 0 }),
  'labels-mlp': labels('mlp', LABELS_AS_THEY_ARE),
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/**
 * The family of protocols that suits a dataset of the catalogue. The family and the model's kind make the name of the
 * recommended preset, `family-kind`; where there is none of that name, the kind's own preset is it.
 */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['debian', 'debian'],
  ['debian-small', 'debian'],
  ['cora', 'planetoid'],
  ['citeseer', 'planetoid'],
  ['pubmed', 'planetoid'],
  ['tolokers', 'tolokers'],
  ['questions', 'tolokers'],
  ['minesweeper', 'minesweeper'],
  ['roman-empire', 'heterophilous'],
  ['amazon-ratings', 'heterophilous'],
  ['arxiv-shape', 'shape'],
  ['reddit-shape', 'shape'],
  ['products-shape', 'shape'],
]);

/**
 * The preset recommended for a model kind on a dataset.
 *
 * @param dataset a catalogue id, or null for any other graph
 * @param multiLabel whether its nodes have several labels, where that is known
 */
export function recommendedPreset(kind: Config['model.kind'], dataset: string | null, multiLabel = false): PresetName {
  const family = (dataset === null ? undefined : FAMILIES.get(dataset)) ?? (multiLabel ? 'labels' : undefined);
  const name = `${family}-${kind}`;
  return isPreset(name) ? name : kind;
}

/** The preset called `name`, or an InputError that suggests the nearest one. */
export function parsePreset(name: string): PresetName {
  if (isPreset(name)) return name;
  const near = nearest(name, PRESET_NAMES);
  const advice = near ? `did you mean ${near}?` : `the presets are ${PRESET_NAMES.join(', ')}.`;
  throw new InputError(`--preset: unknown preset ${quote(name)}: ${advice}`);
}

function isPreset(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}
