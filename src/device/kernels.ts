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

const SCORES: readonly string[] = ['gat', 'gatv2'];
const IDS: readonly string[] = ['global', 'local'];

/** Attention forward: the score varies, and whether nodes are numbered globally. */
const attention = Object.fromEntries(
  SCORES.flatMap((score) =>
    IDS.flatMap((ids) =>
      [
        ['rows', 'rows'],
        ['segments', 'heavySegments'],
      ].map(([part, entry]): [string, Kernel] => [
        `attention.${score}.${part}.${ids}`,
        {
          files: [
            'random',
            `ids/${ids}`,
            'accumulator/softmax',
            'attention/edge',
            'attention/tiles',
            `attention/${score}`,
            'attention/put',
            'attention/finish',
            'attention/forward',
          ],
          entry,
        },
      ]),
    ),
  ),
);

/** Attention backward: what the rows are, and whether whole rows or segments of heavy ones are summed. */
const attentionGrad = (score: string, whats: readonly string[]): Record<string, Kernel> =>
  Object.fromEntries(
    whats.flatMap((what) =>
      ['Rows', 'Segments'].map((part): [string, Kernel] => [
        `attention.${score}.grad.${what}.${part.toLowerCase()}`,
        {
          files: [
            'random',
            'attention/packed',
            'attention/edge',
            'attention/tiles',
            'attention/put',
            'attention/upstream',
            `attention/${score}Grad`,
          ],
          entry: `${what}${part}`,
        },
      ]),
    ),
  );

const family = (file: string, entries: readonly string[]) =>
  Object.fromEntries(entries.map((entry) => [`${file.replace('/', '.')}.${entry}`, { files: [file], entry }]));

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
  'loss.logSumExp': { files: ['loss'], entry: 'logSumExpOfRow' },
  'loss.crossEntropy': { files: ['loss'], entry: 'crossEntropy' },
  'loss.crossEntropyGrad': { files: ['loss'], entry: 'crossEntropyGrad' },
  ...attention,
  'attention.merge': {
    files: ['accumulator/softmax', 'attention/tiles', 'attention/put', 'attention/finish', 'attention/merge'],
    entry: 'merge',
  },
  ...family('attention/pack', ['statistics', 'vector', 'nodes']),
  ...attentionGrad('gat', ['targets', 'sources', 'features']),
  ...attentionGrad('gatv2', ['targets', 'sources']),
  'attention.mergeSum': { files: ['attention/mergeSum'], entry: 'mergeSum' },
  ...family('rowDots', ['dots', 'rowGrad', 'vectorGrad']),
  ...family('matmul', ['nn', 'nt', 'tn']),
  ...family('reduce', ['columnSum', 'mergeSum']),
  ...family('elementwise', ['addBias', 'relu', 'reluGrad', 'add']),
  ...family('metrics', ['clear', 'argMax', 'count']),
  ...family('optimizer', ['adam', 'adamClock', 'accumulate', 'compareBest', 'copyIf']),
};
