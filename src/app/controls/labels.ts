import type { ConfigKey, Group } from '../../config/schema.ts';

/** Keys whose last part is not a word. */
const LABELS: Partial<Record<ConfigKey, string>> = {
  'model.kind': 'model',
  'model.hidden': 'hidden width',
  'model.norm': 'normalisation',
  'model.dropEdge': 'dropped edges',
  'model.learnEps': 'learnable eps',
  'model.concat': 'heads side by side',
  'training.lr': 'learning rate',
  'training.optimizer': 'optimiser',
  'training.checkpointEvery': 'checkpoint every',
  'training.clip': 'gradient clipping',
  'training.accumulate': 'batches per step',
  'data.normalizeFeatures': 'normalise features',
  'sampling.fanOut': 'fan-out',
  'sampling.fanOutEnd': 'fan-out at the end',
  'sampling.replace': 'with replacement',
  'sampling.bias': 'drawn by',
  'evaluation.strategy': 'evaluation',
  'evaluation.batchSize': 'evaluation batch',
  'evaluation.fanOut': 'evaluation fan-out',
  'compute.compiled': 'compiled plan',
  'compute.reorder': 'cheapest order',
  'compute.fuse': 'fused kernels',
  'compute.slots': 'shared buffers',
  'compute.recompute': 'recomputation',
  'memory.cacheBytes': 'chunk cache',
  'memory.chunkBytes': 'chunk size',
};

/** `sampling.batchSize` → `batch size`. */
export function labelOf(key: ConfigKey): string {
  const name = key.slice(key.indexOf('.') + 1);
  return LABELS[key] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The sections of the form, top to bottom; the budgets are in the memory plan. */
export const SECTIONS: readonly { readonly title: string; readonly groups: readonly Group[] }[] = [
  { title: 'Data', groups: ['data'] },
  { title: 'Model', groups: ['model'] },
  { title: 'Training', groups: ['training', 'task'] },
  { title: 'Memory', groups: ['sampling', 'evaluation', 'memory', 'compute'] },
];
