import { withTile } from '../tensor/fusedName.ts';
import { AGGREGATE_TILES, MATMUL_TILES, type Tile } from '../tensor/tiles.ts';

/**
 * Every kernel by its name: the WGSL files that make its module, and its entry point. Ops name kernels, the WebGPU executor
 * compiles them from here, and src/device/cpu has a function of the same name. A module is the concatenation of its files:
 * that is how a family is written once and varies in its accumulator, its weights, its row numbers.
 */
export interface Kernel {
  readonly files: readonly string[];
  readonly entry: string;
}

/**
 * Elementwise work: a function `apply` from what is read at one place of each operand to what is written there, or to nothing:
 * then it changes matrices of its own at that place. Alone it is a kernel; it may also be fused into the tail of another one.
 */
export interface Elementwise {
  /** With names of their own in every stage of a fused kernel. */
  readonly files: readonly string[];
  /** With one name for all. */
  readonly shared: readonly string[];
}

export const isElementwise = (kernel: Kernel | Elementwise): kernel is Elementwise => 'shared' in kernel;

/** One kernel for each tile: the first by the name alone. */
const tiled = (name: string, tiles: readonly Tile[], kernel: (tile: Tile) => Kernel): Record<string, Kernel> =>
  Object.fromEntries(tiles.map((tile, i) => [i > 0 ? withTile(name, tile.name) : name, kernel(tile)] as const));

/** Tiles of an aggregation. Wide ones are made of four vec4 each; all but the narrowest take the rows by their length. */
const partsOf = ({ name, width4 }: Tile) => [
  ...(width4 >= 4 ? ['aggregate/quad'] : []),
  ...(width4 > 1 ? ['ordered'] : []),
  `aggregate/tile${name}`,
];

const aggregate = (accumulator: string, weights: string): Record<string, Kernel> => {
  const kind = accumulator === 'sum' ? `sum.${weights}` : accumulator;
  const make = (entry: string) => (tile: Tile) => ({
    files: [`accumulator/${accumulator}`, `weights/${weights}`, ...partsOf(tile), 'aggregate'],
    entry,
  });
  return {
    ...tiled(`aggregate.rows.${kind}`, AGGREGATE_TILES, make('rows')),
    ...tiled(`aggregate.segments.${kind}`, AGGREGATE_TILES, make('heavySegments')),
  };
};

/** What A and B are in each orientation of out = A · B. */
const matmul = (orientation: string, a: string, b: string): Record<string, Kernel> =>
  tiled(`matmul.${orientation}`, MATMUL_TILES, ({ name, subgroups }) => ({
    files: ['matmul/operands', `matmul/${a}`, `matmul/${b}`, subgroups ? 'matmul/subgroup' : `matmul/tile${name}`],
    entry: 'tile',
  }));

const sparseDropout = (weights: string, ids: string): Kernel => ({
  files: ['random', `weights/${weights}`, `ids/${ids}`, 'ordered', 'sparseDropout'],
  entry: 'entries',
});

const sparseDense = (weights: string): Kernel => ({ files: [`weights/${weights}`, 'sparseDense'], entry: 'dense' });

const activation = (kind: string): Record<string, Elementwise> => ({
  [`activation.${kind}`]: { files: [`activation/${kind}`, 'activation/forward'], shared: [] },
  [`activation.${kind}Grad`]: { files: [`activation/${kind}`, 'activation/backward'], shared: [] },
});

const elementwise = (names: readonly string[]): Record<string, Elementwise> =>
  Object.fromEntries(names.map((name) => [`elementwise.${name}`, { files: [`elementwise/${name}`], shared: [] }]));

/** Sums over rows of what the files say, cut into chunks that are merged later, or whole. */
const sums = (name: string, files: readonly string[]): Record<string, Kernel> => ({
  [name]: { files: [...files, 'sumRows/chunks'], entry: 'chunks' },
  [`${name}.whole`]: { files: [...files, 'sumRows/whole'], entry: 'whole' },
});

const dot = (term: string) => sums(`dot.${term}`, [`term/${term}`, 'dot']);
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
            'attention/logSumExp',
            'unaligned',
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
            'unaligned',
            `attention/${score}Grad`,
          ],
          entry: `${what}${part}`,
        },
      ]),
    ),
  );

const loss = (entry: string, weights: 'ones' | 'weighted' = 'ones'): Kernel => ({
  files: [`weights/${weights}`, 'loss'],
  entry,
});

const optimizer = (entry: string, gradient: 'plain' | 'clipped' = 'plain'): Kernel => ({
  files: [`gradient/${gradient}`, 'optimizer'],
  entry,
});

/** What changes a parameter by its gradient, element by element. */
const update = (name: string, plain: readonly string[], clipped: readonly string[]): Record<string, Elementwise> => ({
  [`optimizer.${name}`]: { files: ['gradient/plain', ...plain, `optimizer/${name}`], shared: [] },
  [`optimizer.${name}.clipped`]: { files: ['gradient/clipped', ...clipped, `optimizer/${name}`], shared: [] },
});

const family = (file: string, entries: readonly string[], shared: readonly string[] = []) =>
  Object.fromEntries(
    entries.map((entry) => [`${file.replace('/', '.')}.${entry}`, { files: [...shared, file], entry }]),
  );

export const kernels: Readonly<Record<string, Kernel | Elementwise>> = {
  ...aggregate('sum', 'weighted'),
  ...aggregate('sum', 'ones'),
  ...aggregate('max', 'ones'),
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
  'sparse.dense.weighted': sparseDense('weighted'),
  'sparse.dense.ones': sparseDense('ones'),
  'dropout.local': { files: ['ids/local', 'elementwise/dropout'], shared: ['random'] },
  'dropout.global': { files: ['ids/global', 'elementwise/dropout'], shared: ['random'] },
  'loss.logSumExp': loss('logSumExpOfRow'),
  'loss.crossEntropy': loss('crossEntropy'),
  'loss.crossEntropy.weighted': loss('crossEntropy', 'weighted'),
  'loss.crossEntropyGrad': loss('crossEntropyGrad'),
  'loss.crossEntropyGrad.weighted': loss('crossEntropyGrad', 'weighted'),
  'loss.softmax': loss('lossOfRow'),
  'loss.softmax.weighted': loss('lossOfRow', 'weighted'),
  'loss.softmaxGrad': loss('lossAndGradientOfRow'),
  'loss.softmaxGrad.weighted': loss('lossAndGradientOfRow', 'weighted'),
  'loss.binaryCrossEntropy': loss('binaryCrossEntropy'),
  'loss.binaryCrossEntropyGrad': loss('binaryCrossEntropyGrad'),
  ...attention,
  'attention.merge': {
    files: ['accumulator/softmax', 'attention/tiles', 'attention/put', 'attention/logSumExp', 'attention/merge'],
    entry: 'merge',
  },
  ...family('attention/pack', ['statistics', 'vector', 'nodes'], ['unaligned']),
  ...attentionGrad('gat', ['targets', 'sources', 'features']),
  ...attentionGrad('gatv2', ['targets', 'sources']),
  'attention.mergeSum': { files: ['attention/mergeSum'], entry: 'mergeSum' },
  ...family('rowDots', ['dots'], ['unaligned']),
  'rowDots.rowGrad': { files: ['rowDotsGrad'], entry: 'rowGrad' },
  ...sums('rowDots.vectorGrad', ['rowDotsGrad']),
  ...matmul('nn', 'aRows', 'bRows'),
  ...matmul('nt', 'aRows', 'bColumns'),
  ...matmul('tn', 'aColumns', 'bRows'),
  'matmul.tn.whole': { files: ['matmul/operands', 'matmul/aColumns', 'matmul/bRows', 'matmul/whole'], entry: 'whole' },
  ...sums('reduce.columnSum', ['columnSum']),
  ...family('reduce', ['mergeSum', 'total']),
  ...elementwise([
    'addBias',
    'add',
    'combine',
    'scale',
    'scaledSum',
    'scaleByParameter',
    'scaleLoss',
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
  ...dot('product'),
  ...dot('negative'),
  ...dot('normColumns'),
  ...dot('normRows'),
  ...family('normColumns', [
    'chunkMoments',
    'mergeMoments',
    'updateRunning',
    'normalizeColumns',
    'normalizeColumnsGrad',
  ]),
  ...family('normRows', ['rowMoments', 'normalizeRows', 'rowSums', 'normalizeRowsGrad']),
  ...family('metrics', ['clear', 'argMax', 'count', 'confuse', 'countLabels']),
  'optimizer.adamClock.clipped': optimizer('adamClock', 'clipped'),
  ...update('adam', ['optimizer/counted'], ['optimizer/clock']),
  ...update('sgd', [], []),
  'optimizer.squares': optimizer('squares'),
  'optimizer.clipScale': optimizer('clipScale'),
  'optimizer.clipScale.clipped': optimizer('clipScale', 'clipped'),
  'optimizer.notFinite': optimizer('notFinite'),
  'optimizer.lossScale': optimizer('lossScale'),
  'optimizer.accumulate': optimizer('accumulate'),
};
