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

const normColumns: Term = ({ x, y, mean, variance }, p) => {
  return (i, _, c) => {
    const column = p.column4 * 4 + c;
    return ((x[i] - mean[column]) / Math.sqrt(variance[column] + p.epsilon)) * y[i];
  };
};

const normRows: Term = ({ x, y, moments }, p) => {
  return (i, row) => ((x[i] - moments[2 * row]) / Math.sqrt(moments[2 * row + 1] * p.perColumn + p.epsilon)) * y[i];
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
  'dot.normColumns': dotChunk(normColumns),
  'dot.normRows': dotChunk(normRows),
  'reduce.total': total,
};
