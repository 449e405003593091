import type { HalfConversions } from '../half.ts';
import type { CpuKernel, Operands, Params } from './kernel.ts';
import binary from './simd/index.ts?wasm';

/**
 * CPU kernels that are compiled from AssemblyScript (simd/), which takes four floats at a time where JavaScript takes one. They
 * work in single precision on one memory, in which all operands lie.
 */

/** Where a range of heads lies, and dropout: what all kernels over the entries of attention get. */
const ENTRIES =
  'rows heavy heads headFirst channels negativeSlope threshold key0 key1 ' +
  'sourceStride sourceOffset targetStride targetOffset scoreStride';

/** Over the rows that are not heavy, and over the segments of those that are. */
const ATTENTION = [
  ['rows', `indptr - indices`],
  ['segments', `- segments indices`],
].flatMap(([part, walk]) => {
  const entries = part === 'rows' ? ENTRIES : ENTRIES.replace('heavy', '0');
  const scores = 'upstream packed scoreSource scoreTarget';
  const ends = 'x targets upstream packed out';
  return [
    ...['global', 'local'].flatMap((ids) => [
      [
        `attention.gat.${part}.${ids}`,
        `attention x scoreSource scoreTarget - - out outLogSumExp ${walk} ${ids === 'local' ? 'ids' : '-'} ${entries}`,
      ],
      [
        `attention.gatv2.${part}.${ids}`,
        `attention x - - targets vector out outLogSumExp ${walk} ${ids === 'local' ? 'ids' : '-'} ${entries}`,
      ],
    ]),
    [`attention.gat.grad.targets.${part}`, `gatScores 0 x ${scores} outScores ${walk} ${entries} ids`],
    [`attention.gat.grad.sources.${part}`, `gatScores 1 x ${scores} outScores ${walk} ${entries} ids`],
    [`attention.gat.grad.features.${part}`, `gatFeatures ${scores} out ${walk} ${entries} ids`],
    [`attention.gatv2.grad.targets.${part}`, `gatv2Grad 0 ${ends} outVector ${walk} ${entries} ids vector`],
    [`attention.gatv2.grad.sources.${part}`, `gatv2Grad 1 ${ends} - ${walk} ${entries} ids vector`],
  ];
});

const MOMENTS = 'parameter moment1 moment2 rows width4 beta1 beta2 gain1 gain2 l2 shrink lr epsilon';
/** What becomes of a sum over all rows. */
const WHOLE = 'outOffset4 scale accumulate';
const VECTOR_GRAD = 'upstream x out rows heads channels column4 width4 scoreStride chunk';
const SPARSE_DROPOUT = 'rows threshold scale key0 key1';

/**
 * The words of each line: the exported function, then its arguments: bindings and parameters of the dispatch by name, numbers as they
 * are, and `-` for an operand that the kernel does not have.
 */
const KERNELS: Readonly<Record<string, string>> = {
  'matmul.nn': 'nn a b out rows inner width4 aStride4 bRow bStride4 bOffset4 outStride4 outOffset4 accumulate',
  'matmul.nt': 'nt a b out rows cols inner width4 aStride4 aOffset4 bRow bStride4 bOffset4 outStride4 accumulate',
  'matmul.tn': 'tn a b out rows cols width4 chunk aStride4 bStride4 bOffset4',
  'matmul.tn.whole': 'tnWhole a b out rows cols width4 chunk aStride4 bStride4 bOffset4 outStride4 outOffset4',
  'aggregate.rows.sum.weighted':
    'rows x weights out indptr indices rows heavy width4 xStride4 xOffset4 outStride4 outOffset4',
  'aggregate.rows.sum.ones': 'rows x - out indptr indices rows heavy width4 xStride4 xOffset4 outStride4 outOffset4',
  'aggregate.segments.sum.weighted': 'segments x weights out segments indices rows width4 xStride4 xOffset4',
  'aggregate.segments.sum.ones': 'segments x - out segments indices rows width4 xStride4 xOffset4',
  'dropout.local': 'dropout x out ids rows width4 column4 threshold scale key0 key1',
  'dropout.global': 'dropout x out - rows width4 column4 threshold scale key0 key1',
  'elementwise.add': 'add x y out rows width4',
  'elementwise.addBias': 'addBias x b out rows width4 column4',
  'elementwise.combine': 'combine x y out rows width4 alpha beta',
  'elementwise.scale': 'scale x out rows width4 alpha',
  'activation.relu': 'relu x out rows width4',
  'activation.reluGrad': 'reluGrad upstream kept out rows width4',
  'activation.gelu': 'gelu x out rows width4',
  'activation.geluGrad': 'geluGrad upstream kept out rows width4',
  'normRows.rowMoments': 'rowMoments x outMoments rows width4 cols before',
  'normRows.normalizeRows': 'normalizeRows x moments weight bias out rows width4 column4 perColumn epsilon',
  'normRows.rowSums': 'rowSums x upstream weight moments outSums rows width4 column4 before perColumn epsilon',
  'normRows.normalizeRowsGrad':
    'normalizeRowsGrad x upstream weight moments sums out rows width4 cols column4 perColumn epsilon',
  'dot.normRows': 'dotNormRows x y moments out rows width4 chunk perColumn epsilon',
  'dot.normRows.whole': `dotNormRowsWhole x y moments out rows width4 chunk perColumn epsilon ${WHOLE}`,
  'reduce.columnSum': 'columnSum x out rows width4 chunk',
  'reduce.columnSum.whole': `columnSumWhole x out rows width4 chunk ${WHOLE}`,
  'reduce.mergeSum': 'mergeSum partial out rows width4 count scale outRow outStride4 outOffset4 accumulate',
  'copy.rows': 'copyRows x out rows copied width4 xStride4 xOffset4 outStride4 outOffset4',
  'copy.columns': 'copyColumns x out rows width4 xStride4 xFirst begin end outStride4 outOffset4',
  'activation.elu': 'elu x out rows width4',
  'activation.eluGrad': 'eluGrad upstream kept out rows width4',
  'sparse.dropout.weighted.local': `sparseDropout weights out outTransposed positions indptr ids ${SPARSE_DROPOUT}`,
  'sparse.dropout.weighted.global': `sparseDropout weights out outTransposed positions indptr - ${SPARSE_DROPOUT}`,
  'sparse.dropout.ones.local': `sparseDropout - out outTransposed positions indptr ids ${SPARSE_DROPOUT}`,
  'sparse.dropout.ones.global': `sparseDropout - out outTransposed positions indptr - ${SPARSE_DROPOUT}`,
  'loss.logSumExp': 'logSumExp x outLogSumExp rows width4 cols merge',
  'loss.crossEntropy': 'crossEntropy x logSumExp - labels mask outLoss rows width4 cols first',
  'loss.crossEntropy.weighted': 'crossEntropy x logSumExp weights labels mask outLoss rows width4 cols first',
  'loss.crossEntropyGrad': 'crossEntropyGrad x logSumExp - labels mask out rows width4 cols first scale',
  'loss.crossEntropyGrad.weighted': 'crossEntropyGrad x logSumExp weights labels mask out rows width4 cols first scale',
  'loss.softmax': 'softmaxLoss x - labels mask outLoss - rows width4 cols 0',
  'loss.softmax.weighted': 'softmaxLoss x weights labels mask outLoss - rows width4 cols 0',
  'loss.softmaxGrad': 'softmaxLoss x - labels mask outLoss out rows width4 cols scale',
  'loss.softmaxGrad.weighted': 'softmaxLoss x weights labels mask outLoss out rows width4 cols scale',
  'optimizer.adam': `adam gradient - - ${MOMENTS} correction1 correction2`,
  'optimizer.adam.clipped': `adam gradient clip clock ${MOMENTS} 0 0`,
  'optimizer.sgd': 'sgd gradient - parameter velocity rows width4 momentum l2 lr',
  'optimizer.sgd.clipped': 'sgd gradient clip parameter velocity rows width4 momentum l2 lr',
  'optimizer.accumulate': 'accumulate x total rows keep',
  'optimizer.squares': 'squares x outPartial rows first count',
  'optimizer.notFinite': 'notFinite bits outPartial rows first count',
  'rowDots.dots': 'rowDots x vector out rows heads headFirst channels stride offset scoreStride',
  'rowDots.rowGrad': 'rowDotsRowGrad upstream vector out rows heads channels column4 width4 scoreStride',
  'rowDots.vectorGrad': `rowDotsVectorGrad ${VECTOR_GRAD}`,
  'rowDots.vectorGrad.whole': `rowDotsVectorGradWhole ${VECTOR_GRAD} ${WHOLE}`,
  'attention.pack.statistics':
    'packStatistics upstream x logSumExp packed rows heads headFirst channels targetStride targetOffset scoreStride',
  ...Object.fromEntries(ATTENTION),
};

let compiled: WebAssembly.Module | undefined;

type Export = (...values: number[]) => void;

function exportsOf(memory: WebAssembly.Memory): Record<string, Export> {
  compiled ??= new WebAssembly.Module(binary);
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as Record<string, Export>;
}

/** Conversions of what lies in the memory; as many numbers as whole vectors hold. */
export function simdHalves(memory: WebAssembly.Memory): HalfConversions {
  const { packHalves, unpackHalves, roundToHalves } = exportsOf(memory);
  return {
    pack: (floats, halves, count) => packHalves(floats.byteOffset, halves.byteOffset, count),
    unpack: (halves, floats, count) => unpackHalves(halves.byteOffset, floats.byteOffset, count),
    round: (floats) => roundToHalves(floats.byteOffset, floats.length),
  };
}

/** The kernels, bound to the memory in which their operands will lie. */
export function simdKernels(memory: WebAssembly.Memory): Record<string, CpuKernel> {
  const exports = exportsOf(memory);
  const kernels = Object.entries(KERNELS).map(([kernel, words]) => {
    const [name, ...names] = words.split(' ');
    const run = exports[name];
    return [kernel, (operands: Operands, params: Params) => run(...names.map((n) => argument(n, operands, params)))];
  });
  return Object.fromEntries(kernels);
}

/** The address of an operand that a kernel does not have. */
const NONE = -1;

/** An operand's address, or a parameter. */
function argument(name: string, { floats, words }: Operands, params: Params): number {
  if (name === '-') return NONE;
  const value = floats[name]?.byteOffset ?? words[name]?.byteOffset ?? params[name] ?? Number.parseInt(name, 10);
  if (Number.isNaN(value)) throw new Error(`a dispatch without '${name}'`);
  return value;
}
