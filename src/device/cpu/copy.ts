import type { CpuKernel } from './kernel.ts';

/** Copies of rows and of ranges of columns; see shaders/copy.wgsl. */

const copyRows: CpuKernel = ({ floats: { x, out } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    const from = (row * p.xStride4 + p.xOffset4) * 4;
    const to = (row * p.outStride4 + p.outOffset4) * 4;
    if (row < p.copied) out.set(x.subarray(from, from + width), to);
    else out.fill(0, to, to + width);
  }
};

/** See shaders/copy.wgsl for what becomes of the vec4 in which a range begins or ends. */
const copyColumns: CpuKernel = ({ floats: { x, out } }, p) => {
  for (let row = 0; row < p.rows; row++) {
    const to = row * p.outStride4 * 4;
    const from = row * p.xStride4 * 4 + p.xFirst;
    out.set(x.subarray(from, from + p.end - p.begin), to + p.begin);
    out.fill(0, to + p.end, to + (p.outOffset4 + p.width4) * 4);
  }
};

export const copyKernels: Record<string, CpuKernel> = {
  'copy.rows': copyRows,
  'copy.columns': copyColumns,
};
