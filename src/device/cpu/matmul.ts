import type { CpuKernel } from './kernel.ts';
import { wholeOf } from './sumRows.ts';

/** Dense matrix products; see shaders/matmul.wgsl. Four columns at a time, so that the sums stay in registers. */

const nn: CpuKernel = ({ floats: { a, b, out } }, p) => {
  const width = p.width4 * 4;
  const aStride = p.aStride4 * 4;
  const bStride = p.bStride4 * 4;
  for (let row = 0; row < p.rows; row++) {
    const from = row * aStride;
    const to = (row * p.outStride4 + p.outOffset4) * 4;
    for (let c = 0; c < width; c += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let at = p.bRow * bStride + p.bOffset4 * 4 + c;
      for (let k = 0; k < p.inner; k++, at += bStride) {
        const x = a[from + k];
        s0 += x * b[at];
        s1 += x * b[at + 1];
        s2 += x * b[at + 2];
        s3 += x * b[at + 3];
      }
      const add = p.accumulate;
      out[to + c] = s0 + (add ? out[to + c] : 0);
      out[to + c + 1] = s1 + (add ? out[to + c + 1] : 0);
      out[to + c + 2] = s2 + (add ? out[to + c + 2] : 0);
      out[to + c + 3] = s3 + (add ? out[to + c + 3] : 0);
    }
  }
};

const nt: CpuKernel = ({ floats: { a, b, out } }, p) => {
  const { inner } = p;
  const bStride = p.bStride4 * 4;
  const width = p.width4 * 4;
  const { rows, cols, accumulate } = p;
  // Past the last row of b the sums are thrown away, so any row will do.
  const rowOfB = (c: number) => (p.bRow + Math.min(c, cols - 1)) * bStride + p.bOffset4 * 4;
  for (let c = 0; c < width; c += 4) {
    const [b0, b1, b2, b3] = [rowOfB(c), rowOfB(c + 1), rowOfB(c + 2), rowOfB(c + 3)];
    for (let row = 0; row < rows; row++) {
      const from = (row * p.aStride4 + p.aOffset4) * 4;
      const to = row * p.outStride4 * 4 + c;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let k = 0; k < inner; k++) {
        const x = a[from + k];
        s0 += x * b[b0 + k];
        s1 += x * b[b1 + k];
        s2 += x * b[b2 + k];
        s3 += x * b[b3 + k];
      }
      out[to] = s0 + (accumulate ? out[to] : 0);
      out[to + 1] = c + 1 < cols ? s1 + (accumulate ? out[to + 1] : 0) : 0;
      out[to + 2] = c + 2 < cols ? s2 + (accumulate ? out[to + 2] : 0) : 0;
      out[to + 3] = c + 3 < cols ? s3 + (accumulate ? out[to + 3] : 0) : 0;
    }
  }
};

const tn: CpuKernel = ({ floats: { a, b, out } }, p) => {
  const width = p.width4 * 4;
  const size = p.cols * width;
  for (let begin = 0, chunk = 0; begin < p.rows; begin += p.chunk, chunk++) {
    const end = Math.min(begin + p.chunk, p.rows);
    for (let k = 0; k < p.cols; k++) {
      const to = chunk * size + k * width;
      for (let c = 0; c < width; c += 4) {
        let s0 = 0;
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        for (let m = begin; m < end; m++) {
          const x = a[m * p.aStride4 * 4 + k];
          const at = (m * p.bStride4 + p.bOffset4) * 4 + c;
          s0 += x * b[at];
          s1 += x * b[at + 1];
          s2 += x * b[at + 2];
          s3 += x * b[at + 3];
        }
        out[to + c] = s0;
        out[to + c + 1] = s1;
        out[to + c + 2] = s2;
        out[to + c + 3] = s3;
      }
    }
  }
};

export const matmulKernels: Record<string, CpuKernel> = {
  'matmul.nn': nn,
  'matmul.nt': nt,
  'matmul.tn': tn,
  'matmul.tn.whole': wholeOf(tn, ({ cols }) => ({ rows: cols, scale: 1, accumulate: 0 })),
};
