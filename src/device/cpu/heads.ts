import type { CpuKernel, Floats, Params } from './kernel.ts';

/** The mean over heads and its gradient; see shaders/heads.wgsl. */

/** Column `from` of x, 0 where it is in another panel. */
function columnOrZero(x: Floats, row: number, from: number, p: Params): number {
  const at = from - p.xFirst;
  return at >= 0 && at < p.xCols ? x[row * p.xStride4 * 4 + at] : 0;
}

/** Fills a panel of out with a function of row and column, zero from column `end` on. */
function fill(out: Floats, p: Params, end: number, at: (row: number, column: number) => number): void {
  for (let i = 0, row = 0; row < p.rows; row++) {
    for (let c = 0; c < p.width4 * 4; c++, i++) {
      const column = p.first + c;
      const value = column < end ? p.scale * at(row, column) : 0;
      out[i] = p.accumulate ? out[i] + value : value;
    }
  }
}

const mean: CpuKernel = ({ floats: { x, out } }, p) => {
  fill(out, p, p.channels, (row, channel) => {
    let sum = 0;
    for (let head = 0; head < p.heads; head++) sum += columnOrZero(x, row, head * p.channels + channel, p);
    return sum;
  });
};

const spread: CpuKernel = ({ floats: { x, out } }, p) => {
  fill(out, p, p.heads * p.channels, (row, column) => columnOrZero(x, row, column % p.channels, p));
};

export const headKernels: Record<string, CpuKernel> = { 'heads.mean': mean, 'heads.spread': spread };
