/** Weighted sums over compressed sparse rows; see shaders/aggregate.wgsl and ../aggregate.ts. */

import { NONE, VECTOR } from './memory';

/** The light rows: out[row] = Σ over its entries of weight · x[column]. */
export function rows(
  x: usize,
  weights: usize,
  out: usize,
  indptr: usize,
  indices: usize,
  count: u32,
  heavy: u32,
  width4: u32,
  xStride4: u32,
  xOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
): void {
  const first: usize = x + <usize>xOffset4 * VECTOR;
  for (let row: u32 = 0; row < count; row++) {
    const begin = load<u32>(indptr + <usize>row * 4);
    const end = load<u32>(indptr + <usize>row * 4, 4);
    if (end - begin > heavy) continue;
    const to: usize = out + (<usize>row * outStride4 + outOffset4) * VECTOR;
    sumEntries(to, begin, end, indices, weights, first, <usize>xStride4 * VECTOR, width4);
  }
}

/** Pieces of the heavy rows, which the merge adds up. */
export function segments(
  x: usize,
  weights: usize,
  out: usize,
  list: usize,
  indices: usize,
  count: u32,
  width4: u32,
  xStride4: u32,
  xOffset4: u32,
): void {
  const first: usize = x + <usize>xOffset4 * VECTOR;
  for (let s: u32 = 0; s < count; s++) {
    const at: usize = list + <usize>s * VECTOR;
    const to: usize = out + <usize>s * width4 * VECTOR;
    sumEntries(to, load<u32>(at, 4), load<u32>(at, 8), indices, weights, first, <usize>xStride4 * VECTOR, width4);
  }
}

/** 32 columns at a time, then 16, then 4: a row of x is read in whole cache lines, and the sums stay in registers. */
function sumEntries(
  to: usize,
  begin: u32,
  end: u32,
  indices: usize,
  weights: usize,
  x: usize,
  stride: usize,
  width4: u32,
): void {
  const from: usize = indices + <usize>begin * 4;
  const last: usize = indices + <usize>end * 4;
  const one = f32x4.splat(1);
  const weightAt: usize = weights == NONE ? NONE : weights + <usize>begin * 4;
  let column4: u32 = 0;
  for (; column4 + 8 <= width4; column4 += 8, x += 8 * VECTOR, to += 8 * VECTOR) {
    let s0 = f32x4.splat(0),
      s1 = f32x4.splat(0),
      s2 = f32x4.splat(0),
      s3 = f32x4.splat(0);
    let s4 = f32x4.splat(0),
      s5 = f32x4.splat(0),
      s6 = f32x4.splat(0),
      s7 = f32x4.splat(0);
    let w: usize = weightAt;
    for (let e: usize = from; e < last; e += 4) {
      const at: usize = x + <usize>load<u32>(e) * stride;
      let weight = one;
      if (weightAt != NONE) {
        weight = v128.load_splat<f32>(w);
        w += 4;
      }
      s0 = f32x4.add(s0, f32x4.mul(weight, v128.load(at)));
      s1 = f32x4.add(s1, f32x4.mul(weight, v128.load(at, 16)));
      s2 = f32x4.add(s2, f32x4.mul(weight, v128.load(at, 32)));
      s3 = f32x4.add(s3, f32x4.mul(weight, v128.load(at, 48)));
      s4 = f32x4.add(s4, f32x4.mul(weight, v128.load(at, 64)));
      s5 = f32x4.add(s5, f32x4.mul(weight, v128.load(at, 80)));
      s6 = f32x4.add(s6, f32x4.mul(weight, v128.load(at, 96)));
      s7 = f32x4.add(s7, f32x4.mul(weight, v128.load(at, 112)));
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
  for (; column4 + 4 <= width4; column4 += 4, x += 4 * VECTOR, to += 4 * VECTOR) {
    let s0 = f32x4.splat(0),
      s1 = f32x4.splat(0),
      s2 = f32x4.splat(0),
      s3 = f32x4.splat(0);
    let w: usize = weightAt;
    for (let e: usize = from; e < last; e += 4) {
      const at: usize = x + <usize>load<u32>(e) * stride;
      let weight = one;
      if (weightAt != NONE) {
        weight = v128.load_splat<f32>(w);
        w += 4;
      }
      s0 = f32x4.add(s0, f32x4.mul(weight, v128.load(at)));
      s1 = f32x4.add(s1, f32x4.mul(weight, v128.load(at, 16)));
      s2 = f32x4.add(s2, f32x4.mul(weight, v128.load(at, 32)));
      s3 = f32x4.add(s3, f32x4.mul(weight, v128.load(at, 48)));
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  for (; column4 < width4; column4++, x += VECTOR, to += VECTOR) {
    let sum = f32x4.splat(0);
    let w: usize = weightAt;
    for (let e: usize = from; e < last; e += 4) {
      const at: usize = x + <usize>load<u32>(e) * stride;
      let weight = one;
      if (weightAt != NONE) {
        weight = v128.load_splat<f32>(w);
        w += 4;
      }
      sum = f32x4.add(sum, f32x4.mul(weight, v128.load(at)));
    }
    v128.store(to, sum);
  }
}
