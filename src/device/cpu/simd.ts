import type { CpuKernel, Operands, Params } from './kernel.ts';
import binary from './simd/index.ts?wasm';

/**
 * CPU kernels that are compiled from AssemblyScript (simd/), which takes four floats at a time where JavaScript takes one. They
 * work in single precision on one memory, in which all operands lie.
 */

/** The words of each line: the exported function, then its arguments, bindings and parameters of the dispatch by name. */
const KERNELS: Readonly<Record<string, string>> = {
  'matmul.nn': 'nn a b out rows inner width4 aStride4 bRow bStride4 bOffset4 outStride4 outOffset4 accumulate',
  'matmul.nt': 'nt a b out rows cols inner width4 aStride4 aOffset4 bRow bStride4 bOffset4 outStride4 accumulate',
  'matmul.tn': 'tn a b out rows cols width4 chunk aStride4 bStride4 bOffset4',
  'aggregate.rows.sum.weighted':
    'rows x weights out indptr indices rows heavy width4 xStride4 xOffset4 outStride4 outOffset4',
  'aggregate.rows.sum.ones':
    'rows x weights out indptr indices rows heavy width4 xStride4 xOffset4 outStride4 outOffset4',
  'aggregate.segments.sum.weighted': 'segments x weights out segments indices rows width4 xStride4 xOffset4',
  'aggregate.segments.sum.ones': 'segments x weights out segments indices rows width4 xStride4 xOffset4',
  'dropout.local': 'dropout x out ids rows width4 column4 threshold scale key0 key1',
  'dropout.global': 'dropout x out ids rows width4 column4 threshold scale key0 key1',
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
  'reduce.columnSum': 'columnSum x out rows width4 chunk',
  'reduce.mergeSum': 'mergeSum partial out rows width4 count scale outRow outStride4 outOffset4 accumulate',
  'copy.rows': 'copyRows x out rows copied width4 xStride4 xOffset4 outStride4 outOffset4',
  'copy.columns': 'copyColumns x out rows width4 xStride4 xFirst begin end outStride4 outOffset4',
};

/** Whether this engine has WebAssembly with vector instructions. */
export const SIMD: boolean = typeof WebAssembly === 'object' && WebAssembly.validate(binary);

let compiled: WebAssembly.Module | undefined;

/** The kernels, bound to the memory in which their operands will lie. */
export function simdKernels(memory: WebAssembly.Memory): Record<string, CpuKernel> {
  compiled ??= new WebAssembly.Module(binary);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const kernels = Object.entries(KERNELS).map(([kernel, words]) => {
    const [name, ...names] = words.split(' ');
    const run = exports[name] as (...values: number[]) => void;
    return [kernel, (operands: Operands, params: Params) => run(...names.map((n) => argument(n, operands, params)))];
  });
  return Object.fromEntries(kernels);
}

/** What not every dispatch of a kernel has. */
const OPTIONAL = ['weights', 'ids'];
const NONE = -1;

/** An operand's address, or a parameter. */
function argument(name: string, { floats, words }: Operands, params: Params): number {
  const value = floats[name]?.byteOffset ?? words[name]?.byteOffset ?? params[name];
  if (value === undefined && !OPTIONAL.includes(name)) throw new Error(`a dispatch without '${name}'`);
  return value ?? NONE;
}
