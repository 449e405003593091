import { threefry } from '../../graph/random.ts';
import type { CpuKernel, Params } from './kernel.ts';

/** Elementwise work and dropout; see shaders of the same names. */

const addBias: CpuKernel = ({ floats: { x, b, out } }, p) => {
  const width = p.width4 * 4;
  const offset = p.column4 * 4;
  for (let i = 0, row = 0; row < p.rows; row++) {
    for (let c = 0; c < width; c++, i++) out[i] = x[i] + b[offset + c];
  }
};

const add: CpuKernel = ({ floats: { x, y, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = x[i] + y[i];
};

const combine: CpuKernel = ({ floats: { x, y, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = p.alpha * x[i] + p.beta * y[i];
};

const scale: CpuKernel = ({ floats: { x, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = p.alpha * x[i];
};

const scaledSum: CpuKernel = ({ floats: { x, y, eps, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = (1 + eps[0]) * x[i] + y[i];
};

const scaleLoss: CpuKernel = ({ floats: { x, lossScale, out } }, p) => {
  const scale = 2 ** (lossScale[2] + 16);
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = scale * x[i];
};

const scaleByParameter: CpuKernel = ({ floats: { x, eps, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = (1 + eps[0]) * x[i];
};

const maximum: CpuKernel = ({ floats: { x, y, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = y[i] > x[i] ? y[i] : x[i];
};

const shares: CpuKernel = ({ floats: { x, y, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = y[i] > 0 ? x[i] / y[i] : 0;
};

const whereEqual: CpuKernel = ({ floats: { x, y, upstream, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = x[i] === y[i] ? upstream[i] : 0;
};

const whereUnequal: CpuKernel = ({ floats: { x, y, upstream, out } }, p) => {
  for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = x[i] === y[i] ? 0 : upstream[i];
};

/** Keys above 2^31 would make V8 hash in doubles, at half the speed. */
function asInt32({ key0, key1 }: Params): [number, number] {
  return [key0 | 0, key1 | 0];
}

const dropout: CpuKernel = ({ floats: { x, out }, words: { ids } }, p) => {
  const hash = new Uint32Array(2);
  const { rows, threshold, scale } = p;
  const [key0, key1] = asInt32(p);
  for (let i = 0, row = 0; row < rows; row++) {
    const id = ids ? ids[row] : row;
    for (let column4 = 0; column4 < p.width4; column4++, i += 4) {
      threefry(key0, key1, id, p.column4 + column4, hash);
      out[i] = (hash[0] & 0xffff) < threshold ? 0 : scale * x[i];
      out[i + 1] = hash[0] >>> 16 < threshold ? 0 : scale * x[i + 1];
      out[i + 2] = (hash[1] & 0xffff) < threshold ? 0 : scale * x[i + 2];
      out[i + 3] = hash[1] >>> 16 < threshold ? 0 : scale * x[i + 3];
    }
  }
};

const sparseDropout: CpuKernel = (
  { floats: { weights, out, outTransposed }, words: { indptr, positions, ids } },
  p,
) => {
  const hash = new Uint32Array(2);
  const { rows, threshold, scale } = p;
  const [key0, key1] = asInt32(p);
  for (let row = 0; row < rows; row++) {
    const begin = indptr[row];
    const end = indptr[row + 1];
    const id = ids ? ids[row] : row;
    for (let e = begin; e < end; e += 4) {
      threefry(key0, key1, id, (e - begin) >> 2, hash);
      let low = hash[0] | 0;
      let high = hash[1] | 0;
      const last = Math.min(end, e + 4);
      for (let i = e; i < last; i++) {
        out[i] = (low & 0xffff) < threshold ? 0 : scale * (weights ? weights[i] : 1);
        outTransposed[positions[i]] = out[i];
        low = (low >>> 16) | (high << 16);
        high >>>= 16;
      }
    }
  }
};

const sparseDense: CpuKernel = ({ floats: { weights, out }, words: { indptr, indices } }, p) => {
  const width = p.width4 * 4;
  out.fill(0, 0, p.rows * width);
  for (let row = 0; row < p.rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) {
      const column = indices[e] - p.first;
      if (column >= 0 && column < p.cols) out[row * width + column] += weights ? weights[e] : 1;
    }
  }
};

export const rowKernels: Record<string, CpuKernel> = {
  'elementwise.addBias': addBias,
  'elementwise.add': add,
  'elementwise.combine': combine,
  'elementwise.scale': scale,
  'elementwise.scaledSum': scaledSum,
  'elementwise.scaleByParameter': scaleByParameter,
  'elementwise.scaleLoss': scaleLoss,
  'elementwise.maximum': maximum,
  'elementwise.shares': shares,
  'elementwise.whereEqual': whereEqual,
  'elementwise.whereUnequal': whereUnequal,
  'dropout.local': dropout,
  'dropout.global': dropout,
  'sparse.dropout.weighted.local': sparseDropout,
  'sparse.dropout.weighted.global': sparseDropout,
  'sparse.dropout.ones.local': sparseDropout,
  'sparse.dropout.ones.global': sparseDropout,
  'sparse.dense.weighted': sparseDense,
  'sparse.dense.ones': sparseDense,
};
