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

const activation = (kind: string): Record<string, Kernel> => ({
  [`activation.${kind}`]: { files: [`activation/${kind}`, 'activation'], entry: 'forward' },
  [`activation.${kind}Grad`]: { files: [`activation/${kind}`, 'activation'], entry: 'backward' },
});

const dot = (term: string): Kernel => ({ files: [`term/${term}`, 'dot'], entry: 'dotChunk' });

const family = (file: string, entries: readonly string[]) =>
  Object.fromEntries(entries.map((entry) => [`${file}.${entry}`, { files: [file], entry }]));

export const kernels: Readonly<Record<string, Kernel>> = {
  'aggregate.rows.sum.weighted': aggregate('weighted', 'rows'),
  'aggregate.rows.sum.ones': aggregate('ones', 'rows'),
  'aggregate.segments.sum.weighted': aggregate('weighted', 'heavySegments'),
  'aggregate.segments.sum.ones': aggregate('ones', 'heavySegments'),
  'aggregate.rows.max': { files: ['accumulator/max', 'weights/ones', 'aggregate'], entry: 'rows' },
  'aggregate.segments.max': { files: ['accumulator/max', 'weights/ones', 'aggregate'], entry: 'heavySegments' },
  'aggregate.merge.max': { files: ['accumulator/max', 'aggregateMerge'], entry: 'merge' },
  'ties.rows.count': { files: ['ties/count', 'aggregateTies'], entry: 'rows' },
  'ties.segments.count': { files: ['ties/count', 'aggregateTies'], entry: 'heavySegments' },
  'ties.rows.shares': { files: ['ties/shares', 'aggregateTies'], entry: 'rows' },
  'ties.segments.shares': { files: ['ties/shares', 'aggregateTies'], entry: 'heavySegments' },
  'aggregate.merge.sum': { files: ['accumulator/sum', 'aggregateMerge'], entry: 'merge' },
  'sparse.dropout.weighted.local': sparseDropout('weighted', 'local'),
  'sparse.dropout.weighted.global': sparseDropout('weighted', 'global'),
  'sparse.dropout.ones.local': sparseDropout('ones', 'local'),
  'sparse.dropout.ones.global': sparseDropout('ones', 'global'),
  'sparse.permute': { files: ['permute'], entry: 'permute' },
  'dropout.local': { files: ['random', 'ids/local', 'dropout'], entry: 'dense' },
  'dropout.global': { files: ['random', 'ids/global', 'dropout'], entry: 'dense' },
  'loss.logSumExp': { files: ['loss'], entry: 'logSumExpOfRow' },
  'loss.crossEntropy': { files: ['loss'], entry: 'crossEntropy' },
  'loss.crossEntropyGrad': { files: ['loss'], entry: 'crossEntropyGrad' },
  ...family('matmul', ['nn', 'nt', 'tn']),
  ...family('reduce', ['columnSum', 'mergeSum', 'total']),
  ...family('elementwise', [
    'addBias',
    'add',
    'combine',
    'scale',
    'scaledSum',
    'scaleByParameter',
    'maximum',
    'shares',
    'whereEqual',
    'whereUnequal',
  ]),
  'copy.rows': { files: ['copy'], entry: 'copyRows' },
  'copy.columns': { files: ['copy'], entry: 'copyColumns' },
  ...family('heads', ['mean', 'spread']),
  ...activation('relu'),
  ...activation('elu'),
  ...activation('leakyRelu'),
  ...activation('gelu'),
  ...activation('prelu'),
  'dot.product': dot('product'),
  'dot.negative': dot('negative'),
  'dot.normColumns': dot('normColumns'),
  'dot.normRows': dot('normRows'),
  ...family('normColumns', [
    'chunkMoments',
    'mergeMoments',
    'updateRunning',
    'normalizeColumns',
    'normalizeColumnsGrad',
  ]),
  ...family('normRows', ['rowMoments', 'normalizeRows', 'rowSums', 'normalizeRowsGrad']),
  ...family('metrics', ['clear', 'argMax', 'count']),
  ...family('optimizer', ['adam', 'adamClock', 'accumulate', 'compareBest', 'copyIf']),
};
