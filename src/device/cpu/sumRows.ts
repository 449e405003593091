import type { CpuKernel, Floats, Params } from './kernel.ts';

/** Sums over rows: chunks of them and what merges these, or both at once; see shaders/sumRows and reduce.wgsl. */

/** What is summed, of one element: its place in x, its row and its column. */
export type Term = (
  floats: Readonly<Record<string, Floats>>,
  p: Params,
) => (i: number, row: number, column: number) => number;

const chunksOf = (termOf: Term): CpuKernel => {
  return ({ floats }, p) => {
    const { out } = floats;
    const term = termOf(floats, p);
    const width = p.width4 * 4;
    const sums = new Float64Array(width);
    for (let begin = 0, to = 0; begin < p.rows; begin += p.chunk, to += width) {
      sums.fill(0);
      const end = Math.min(begin + p.chunk, p.rows);
      for (let row = begin; row < end; row++) {
        for (let c = 0; c < width; c++) sums[c] += term(row * width + c, row, c);
      }
      out.set(sums, to);
    }
  };
};

const mergeSum: CpuKernel = ({ floats: { partial, out } }, p) => {
  const width = p.width4 * 4;
  const size = p.rows * width;
  for (let row = 0, i = 0; row < p.rows; row++) {
    const to = ((p.outRow + row) * p.outStride4 + p.outOffset4) * 4;
    for (let c = 0; c < width; c++, i++) {
      const sum = p.scale * sumOfChunks(partial, i, size, p.count);
      out[to + c] = p.accumulate ? out[to + c] + sum : sum;
    }
  }
};

function sumOfChunks(partial: Floats, first: number, size: number, count: number): number {
  let sum = 0;
  for (let chunk = 0, at = first; chunk < count; chunk++, at += size) sum += partial[at];
  return sum;
}

/**
 * Chunks and what merges them in one kernel; rounds the sum of each chunk as storing it does.
 * @param mergeOf the parameters of the merge that the kernel does not have
 */
export const wholeOf = (chunks: CpuKernel, mergeOf: (p: Params) => Params): CpuKernel => {
  return ({ floats, words }, p) => {
    const { out } = floats;
    const merge: Params = { ...p, outRow: 0, ...mergeOf(p) };
    const size = p.count * merge.rows * p.width4 * 4;
    const partial = out instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
    chunks({ floats: { ...floats, out: partial }, words }, p);
    mergeSum({ floats: { partial, out }, words }, merge);
  };
};

/** The kernel of a term over chunks of rows, and over all of them. */
export function sumKernels(name: string, term: Term): Record<string, CpuKernel> {
  const chunks = chunksOf(term);
  return { [name]: chunks, [`${name}.whole`]: wholeOf(chunks, ({ width4 }) => ({ rows: 1, outStride4: width4 })) };
}

const plain: Term = ({ x }) => {
  return (i) => x[i];
};

const vectorGrad: Term = ({ upstream, x }, p) => {
  return (i, row, c) => {
    const head = Math.min(Math.floor((4 * p.column4 + c) / p.channels), p.heads - 1);
    return upstream[row * p.scoreStride + head] * x[i];
  };
};

export const sumRowKernels: Record<string, CpuKernel> = {
  ...sumKernels('reduce.columnSum', plain),
  ...sumKernels('rowDots.vectorGrad', vectorGrad),
  'reduce.mergeSum': mergeSum,
};
