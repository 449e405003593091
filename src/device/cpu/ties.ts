import type { CpuKernel, Floats, Params } from './kernel.ts';

/** Maxima over compressed sparse rows and the entries that attain them; see shaders/accumulator/max.wgsl, aggregateTies.wgsl. */

/** What is summed or compared over entries [begin, end) of a row, for column c of the range. */
type OverEntries = (row: number, begin: number, end: number, c: number) => number;
type Family = (floats: Readonly<Record<string, Floats>>, indices: Uint32Array, p: Params) => OverEntries;

const largest: Family = ({ x }, indices, p) => {
  return (_, begin, end, c) => {
    let state = Number.NEGATIVE_INFINITY;
    for (let e = begin; e < end; e++) {
      const value = x[(indices[e] * p.xStride4 + p.xOffset4) * 4 + c];
      if (value > state) state = value;
    }
    return state;
  };
};

const ties: Family = ({ x, own, shares }, indices, p) => {
  return (row, begin, end, c) => {
    if (c >= p.cols) return 0;
    const mine = own[(row * p.ownStride4 + p.ownOffset4) * 4 + c];
    let sum = 0;
    for (let e = begin; e < end; e++) {
      const at = (indices[e] * p.xStride4 + p.xOffset4) * 4 + c;
      if (x[at] === mine) sum += shares ? shares[at] : 1;
    }
    return sum;
  };
};

const finish = (state: number) => (state === Number.NEGATIVE_INFINITY ? 0 : state);

const rows = (family: Family): CpuKernel => {
  return ({ floats, words: { indptr, indices } }, p) => {
    const over = family(floats, indices, p);
    for (let row = 0; row < p.rows; row++) {
      const [begin, end] = [indptr[row], indptr[row + 1]];
      if (end - begin > p.heavy) continue;
      const to = (row * p.outStride4 + p.outOffset4) * 4;
      for (let c = 0; c < p.width4 * 4; c++) floats.out[to + c] = finish(over(row, begin, end, c));
    }
  };
};

const segments = (family: Family): CpuKernel => {
  return ({ floats, words: { segments: list, indices } }, p) => {
    const over = family(floats, indices, p);
    const width = p.width4 * 4;
    for (let s = 0; s < p.rows; s++) {
      const [row, begin, end] = list.subarray(s * 4, s * 4 + 3);
      for (let c = 0; c < width; c++) floats.out[s * width + c] = over(row, begin, end, c);
    }
  };
};

const mergeMax: CpuKernel = ({ floats: { partial, out }, words: { heavyRows } }, p) => {
  const width = p.width4 * 4;
  for (let h = 0; h < p.rows; h++) {
    const [row, first, count] = heavyRows.subarray(h * 4, h * 4 + 3);
    const to = (row * p.outStride4 + p.outOffset4) * 4;
    for (let c = 0; c < width; c++) {
      let state = Number.NEGATIVE_INFINITY;
      for (let s = first; s < first + count; s++) state = Math.max(state, partial[s * width + c]);
      out[to + c] = finish(state);
    }
  }
};

export const tieKernels: Record<string, CpuKernel> = {
  'aggregate.rows.max': rows(largest),
  'aggregate.segments.max': segments(largest),
  'aggregate.merge.max': mergeMax,
  'ties.rows.count': rows(ties),
  'ties.segments.count': segments(ties),
  'ties.rows.shares': rows(ties),
  'ties.segments.shares': segments(ties),
};
