/**
 * The kernels of the CPU executor that most of the time goes into, in AssemblyScript (a dialect of TypeScript that compiles to
 * WebAssembly: https://www.assemblyscript.org), four floats at a time. Each does what the function of the same name in the
 * folder above does, in single precision; arguments are byte addresses and the parameters of the dispatch. Vector instructions of
 * WebAssembly round alike on every processor.
 */
export { rows, segments } from './aggregate';
export { dropout } from './dropout';
export { add, addBias, combine, gelu, geluGrad, relu, reluGrad, scale } from './elementwise';
export { nn, nt, tn } from './matmul';
export { dotNormRows, normalizeRows, normalizeRowsGrad, rowMoments, rowSums } from './norm';
export { columnSum, copyColumns, copyRows, mergeSum } from './rows';
