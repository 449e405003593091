import type { CpuKernel, Floats } from './kernel.ts';

/** Aggregation over compressed sparse rows; see shaders/aggregate.wgsl. */

/**
 * out[to .. to + width) = Σ over entries [begin, end) of weight · x[row of entry]. Four columns at a time, so that the sums
 * stay in registers.
 */
function overEntries(
  out: Floats,
  to: number,
  begin: number,
  end: number,
  indices: Uint32Array,
  weights: Floats | undefined,
  x: Floats,
  stride: number,
  offset: number,
  width: number,
): void {
  for (let c = 0; c < width; c += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let e = begin; e < end; e++) {
      const weight = weights ? weights[e] : 1;
      const at = indices[e] * stride + offset + c;
      s0 += weight * x[at];
      s1 += weight * x[at + 1];
      s2 += weight * x[at + 2];
      s3 += weight * x[at + 3];
    }
    out[to + c] = s0;
    out[to + c + 1] = s1;
    out[to + c + 2] = s2;
    out[to + c + 3] = s3;
  }
}

const rows: CpuKernel = ({ floats: { x, out, weights }, words: { indptr, indices } }, p) => {
  const stride = p.xStride4 * 4;
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    const begin = indptr[row];
    const end = indptr[row + 1];
    if (end - begin > p.heavy) continue;
    const to = (row * p.outStride4 + p.outOffset4) * 4;
    overEntries(out, to, begin, end, indices, weights, x, stride, p.xOffset4 * 4, width);
  }
};

const heavySegments: CpuKernel = ({ floats: { x, out, weights }, words: { segments, indices } }, p) => {
  const stride = p.xStride4 * 4;
  const width = p.width4 * 4;
  for (let s = 0; s < p.rows; s++) {
    const [begin, end] = [segments[s * 4 + 1], segments[s * 4 + 2]];
    overEntries(out, s * width, begin, end, indices, weights, x, stride, p.xOffset4 * 4, width);
  }
};

const merge: CpuKernel = ({ floats: { partial, out }, words: { heavyRows } }, p) => {
  const width = p.width4 * 4;
  for (let h = 0; h < p.rows; h++) {
    const first = heavyRows[h * 4 + 1];
    const count = heavyRows[h * 4 + 2];
    const to = (heavyRows[h * 4] * p.outStride4 + p.outOffset4) * 4;
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let s = first; s < first + count; s++) sum += partial[s * width + c];
      out[to + c] = sum;
    }
  }
};

export const aggregateKernels: Record<string, CpuKernel> = {
  'aggregate.rows.sum.weighted': rows,
  'aggregate.rows.sum.ones': rows,
  'aggregate.segments.sum.weighted': heavySegments,
  'aggregate.segments.sum.ones': heavySegments,
  'aggregate.merge.sum': merge,
};
