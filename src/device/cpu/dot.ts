import type { CpuKernel } from './kernel.ts';
import { sumKernels, type Term } from './sumRows.ts';

/** Sums over rows of a term of two matrices, and the sum of what they leave; see shaders/dot.wgsl and shaders/term. */

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
  ...sumKernels('dot.product', product),
  ...sumKernels('dot.negative', negative),
  ...sumKernels('dot.normColumns', normColumns),
  ...sumKernels('dot.normRows', normRows),
  'reduce.total': total,
};
