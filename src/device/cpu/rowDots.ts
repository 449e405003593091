import type { CpuKernel } from './kernel.ts';

/** Dot products of rows with a vector, per head, and the gradient of the rows; see shaders/rowDots.wgsl. */

const dots: CpuKernel = ({ floats: { x, vector, out } }, p) => {
  const end = p.headFirst + p.heads;
  for (let row = 0; row < p.rows; row++) {
    for (let head = 0; head < p.heads; head++) {
      const at = row * p.stride + p.offset + head * p.channels;
      const v = (p.headFirst + head) * p.channels;
      let sum = 0;
      for (let c = 0; c < p.channels; c++) sum += x[at + c] * vector[v + c];
      out[row * p.scoreStride + p.headFirst + head] = sum;
    }
    if (p.scoreStride - end < 4) out.fill(0, row * p.scoreStride + end, (row + 1) * p.scoreStride);
  }
};

const rowGrad: CpuKernel = ({ floats: { upstream, vector, out } }, p) => {
  const first = 4 * p.column4;
  for (let row = 0, i = 0; row < p.rows; row++) {
    for (let c = first; c < first + 4 * p.width4; c++, i++) {
      const head = Math.min(Math.floor(c / p.channels), p.heads - 1);
      out[i] = upstream[row * p.scoreStride + head] * vector[c];
    }
  }
};

export const rowDotsKernels: Record<string, CpuKernel> = {
  'rowDots.dots': dots,
  'rowDots.rowGrad': rowGrad,
};
