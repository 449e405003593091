import type { CpuKernel, Floats, Params } from './kernel.ts';

/** Sums over rows of a term of two matrices, and the sum of what they leave; see shaders/dot.wgsl and shaders/term. */

type Term = (floats: Readonly<Record<string, Floats>>, p: Params) => (i: number, row: number, column: number) => number;

const dotChunk = (termOf: Term): CpuKernel => {
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

const product: Term = ({ x, y }) => {
  return (i) => x[i] * y[i];
};

const negative: Term = ({ x, y }) => {
  return (i) => (x[i] < 0 ? x[i] * y[i] : 0);
};

const total: CpuKernel = ({ floats: { partial, out } }, p) => {
  let sum = 0;
  for (let c = 0; c < p.width4 * 4; c++) sum += partial[c];
  out[0] = sum;
  out.fill(0, 1, 4);
};

export const dotKernels: Record<string, CpuKernel> = {
  'dot.product': dotChunk(product),
  'dot.negative': dotChunk(negative),
  'reduce.total': total,
};
