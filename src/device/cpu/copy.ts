import type { CpuKernel } from './kernel.ts';

/** Copies of rows; see shaders/copy.wgsl. */

const copyRows: CpuKernel = ({ floats: { x, out } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    const from = (row * p.xStride4 + p.xOffset4) * 4;
    const to = (row * p.outStride4 + p.outOffset4) * 4;
    if (row < p.copied) out.set(x.subarray(from, from + width), to);
    else out.fill(0, to, to + width);
  }
};

export const copyKernels: Record<string, CpuKernel> = {
  'copy.rows': copyRows,
};
