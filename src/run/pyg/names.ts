import type { Config } from '../../config/schema.ts';
import { hopsOf, type PygRun } from './source.ts';

/** The constants at the top of a script and what it imports: of both, those that its lines use. */

const constant =
  (key: keyof Config) =>
  ({ config }: PygRun) =>
    String(config[key]);

/** One fan-out per hop; the last that is given repeats. */
const fanOut =
  (key: 'sampling.fanOut' | 'sampling.fanOutEnd' | 'evaluation.fanOut') =>
  ({ config }: PygRun) => {
    const given = config[key];
    const list = Array.from({ length: hopsOf(config) }, (_, hop) => given[Math.min(hop, given.length - 1)]);
    return `[${list.join(', ')}]`;
  };

const CONSTANTS: Readonly<Record<string, (run: PygRun) => string>> = {
  SEED: constant('training.seed'),
  SPLIT: constant('data.split'),
  FEATURES: ({ dataset }) => String(dataset.features),
  CLASSES: ({ dataset }) => String(dataset.classes),
  LAYERS: constant('model.layers'),
  HIDDEN: constant('model.hidden'),
  HEADS: constant('model.heads'),
  OUTPUT_HEADS: constant('model.outputHeads'),
  STEPS: constant('model.steps'),
  ALPHA: constant('model.alpha'),
  THETA: constant('model.theta'),
  DROPOUT: constant('model.dropout'),
  ATTENTION_DROPOUT: constant('model.attentionDropout'),
  DROP_EDGE: constant('model.dropEdge'),
  EPOCHS: constant('training.epochs'),
  PATIENCE: constant('training.patience'),
  LR: constant('training.lr'),
  WARMUP: constant('training.warmup'),
  STEP_SIZE: constant('training.stepSize'),
  GAMMA: constant('training.gamma'),
  WEIGHT_DECAY: constant('training.weightDecay'),
  WEIGHT_DECAY_LINEAR: constant('training.weightDecayLinear'),
  MOMENTUM: constant('training.momentum'),
  CLIP: constant('training.clip'),
  BATCH_SIZE: constant('sampling.batchSize'),
  ACCUMULATE: constant('training.accumulate'),
  FAN_OUT: fanOut('sampling.fanOut'),
  FAN_OUT_END: fanOut('sampling.fanOutEnd'),
  EVALUATION_BATCH_SIZE: constant('evaluation.batchSize'),
  EVALUATION_FAN_OUT: fanOut('evaluation.fanOut'),
  EVALUATION_NODES: constant('evaluation.nodes'),
};

/** Modules by the name that lines know them under. */
const STANDARD: Readonly<Record<string, string>> = {
  copy: 'import copy',
  math: 'import math',
  Path: 'from pathlib import Path',
};
const INSTALLED: Readonly<Record<string, string>> = {
  np: 'import numpy as np',
  torch: 'import torch',
  F: 'import torch.nn.functional as F',
};

/** What is taken out of modules. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  'torch.optim.lr_scheduler': ['CosineAnnealingLR', 'LinearLR', 'SequentialLR', 'StepLR'],
  'torch_geometric.data': ['Data'],
  'torch_geometric.datasets': ['HeterophilousGraphDataset', 'Planetoid'],
  'torch_geometric.loader': ['NeighborLoader'],
  'torch_geometric.nn': [
    'APPNP',
    'GATConv',
    'GATv2Conv',
    'GCN2Conv',
    'GCNConv',
    'GINConv',
    'Linear',
    'MLP',
    'SAGEConv',
    'SGConv',
    'SimpleConv',
  ],
  'torch_geometric.utils': ['degree', 'index_to_mask', 'scatter'],
};

/** Whether lines use a name by itself, not as the attribute of something. */
function user(lines: readonly string[]): (name: string) => boolean {
  const code = lines.map((line) => line.replace(/#.*$/, '').replace(/""".*"""/, '')).join('\n');
  return (name) => new RegExp(`(?<![.\\w'])${name}\\b(?!')`).test(code);
}

/** `NAME = value`, a line for each constant that the lines use. */
export function constantLines(run: PygRun, lines: readonly string[]): string[] {
  const uses = user(lines);
  return Object.entries(CONSTANTS).flatMap(([name, value]) => (uses(name) ? [`${name} = ${value(run)}`] : []));
}

/** Imports, those of Python itself in a block before the others. */
export function importBlocks(lines: readonly string[]): string[][] {
  const uses = user(lines);
  const modules = (table: Readonly<Record<string, string>>) =>
    Object.entries(table).flatMap(([name, line]) => (uses(name) ? [line] : []));
  const taken = Object.entries(TAKEN).flatMap(([module, names]) => {
    const used = names.filter(uses);
    return used.length > 0 ? [`from ${module} import ${used.join(', ')}`] : [];
  });
  return [modules(STANDARD), [...modules(INSTALLED), ...taken]].filter((block) => block.length > 0);
}
