/**
 * The kernels of the CPU executor that most of the time goes into, in AssemblyScript (a dialect of TypeScript that compiles to
 * WebAssembly: https://www.assemblyscript.org), four floats at a time. Each does what the function of the same name in the
 * folder above does, in single precision; arguments are byte addresses and the parameters of the dispatch. Vector instructions of
 * WebAssembly round alike on every processor.
 */
export { rows, segments } from './aggregate';
export { attention } from './attentionForward';
export { gatFeatures, gatScores } from './attentionGat';
export { gatv2Grad } from './attentionGatv2';
export { dropout, sparseDropout } from './dropout';
export { add, addBias, combine, elu, eluGrad, gelu, geluGrad, relu, reluGrad, scale } from './elementwise';
export { packHalves, roundToHalves, unpackHalves } from './half';
export { crossEntropy, crossEntropyGrad, logSumExp, softmaxLoss } from './loss';
export { nn, nt, tn, tnWhole } from './matmul';
export { dotNormRows, dotNormRowsWhole, normalizeRows, normalizeRowsGrad, rowMoments, rowSums } from './norm';
export { accumulate, adam, notFinite, sgd, squares } from './optimizer';
export { packStatistics, rowDots, rowDotsRowGrad, rowDotsVectorGrad, rowDotsVectorGradWhole } from './rowDots';
export { columnSum, columnSumWhole, copyColumns, copyRows, mergeSum } from './rows';
