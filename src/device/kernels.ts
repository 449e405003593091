/**
 * Every kernel by its name: the WGSL files that make its module, and its entry point. Ops name kernels, the WebGPU executor
 * compiles them from here, and src/device/cpu has a function of the same name. A module is the concatenation of its files:
 * that is how a family is written once and varies in its accumulator, its weights, its row numbers.
 */
export interface Kernel {
  readonly files: readonly string[];
  readonly entry: string;
}

const aggregate = (weights: string, entry: string): Kernel => ({
  files: ['accumulator/sum', `weights/${weights}`, 'aggregate'],
  entry,
});

const sparseDropout = (weights: string, ids: string): Kernel => ({
  files: ['random', `weights/${weights}`, `ids/${ids}`, 'sparseDropout'],
  entry: 'entries',
});

const loss = (entry: string, weights: 'ones' | 'weighted' = 'ones'): Kernel => ({
  files: [`weights/${weights}`, 'loss'],
  entry,
});

const optimizer = (entry: string, gradient: 'plain' | 'clipped' = 'plain'): Kernel => ({
  files: [`gradient/${gradient}`, 'optimizer'],
  entry,
});

const family = (file: string, entries: readonly string[]) =>
  Object.fromEntries(entries.map((entry) => [`${file}.${entry}`, { files: [file], entry }]));

export const kernels: Readonly<Record<string, Kernel>> = {
  'aggregate.rows.sum.weighted': aggregate('weighted', 'rows'),
  'aggregate.rows.sum.ones': aggregate('ones', 'rows'),
  'aggregate.segments.sum.weighted': aggregate('weighted', 'heavySegments'),
  'aggregate.segments.sum.ones': aggregate('ones', 'heavySegments'),
  'aggregate.merge.sum': { files: ['accumulator/sum', 'aggregateMerge'], entry: 'merge' },
  'sparse.dropout.weighted.local': sparseDropout('weighted', 'local'),
  'sparse.dropout.weighted.global': sparseDropout('weighted', 'global'),
  'sparse.dropout.ones.local': sparseDropout('ones', 'local'),
  'sparse.dropout.ones.global': sparseDropout('ones', 'global'),
  'sparse.permute': { files: ['permute'], entry: 'permute' },
  'dropout.local': { files: ['random', 'ids/local', 'dropout'], entry: 'dense' },
  'dropout.global': { files: ['random', 'ids/global', 'dropout'], entry: 'dense' },
  'loss.logSumExp': loss('logSumExpOfRow'),
  'loss.crossEntropy': loss('crossEntropy'),
  'loss.crossEntropy.weighted': loss('crossEntropy', 'weighted'),
  'loss.crossEntropyGrad': loss('crossEntropyGrad'),
  'loss.crossEntropyGrad.weighted': loss('crossEntropyGrad', 'weighted'),
  'loss.binaryCrossEntropy': loss('binaryCrossEntropy'),
  'loss.binaryCrossEntropyGrad': loss('binaryCrossEntropyGrad'),
  ...family('matmul', ['nn', 'nt', 'tn']),
  ...family('reduce', ['columnSum', 'mergeSum']),
  ...family('elementwise', ['addBias', 'relu', 'reluGrad', 'add']),
  ...family('metrics', ['clear', 'argMax', 'count', 'confuse', 'countLabels']),
  'optimizer.adamClock': optimizer('adamClock'),
  'optimizer.adam': optimizer('adam'),
  'optimizer.adam.clipped': optimizer('adam', 'clipped'),
  'optimizer.sgd': optimizer('sgd'),
  'optimizer.sgd.clipped': optimizer('sgd', 'clipped'),
  'optimizer.squares': optimizer('squares'),
  'optimizer.clipScale': optimizer('clipScale'),
  'optimizer.accumulate': optimizer('accumulate'),
};
