/** Cross-entropy; see shaders/loss.wgsl and ../learning.ts. */

import { exp, log } from './exp';
import { clear, lanes, lanesBelow, NONE, VECTOR } from './memory';

const TRAIN: u32 = 1;

/** ln Σ e^x of each row; merged with that of the panels before. */
export function logSumExp(x: usize, out: usize, rows: u32, width4: u32, cols: u32, merge: u32): void {
  for (let row: u32 = 0; row < rows; row++, out += 4, x += <usize>width4 * VECTOR) {
    let tops = v128.load_splat<f32>(x);
    for (let c: u32 = 0; c < width4; c++) {
      const values = v128.load(x + <usize>c * VECTOR);
      tops = f32x4.max(tops, v128.bitselect(values, tops, lanesBelow(<i32>cols - <i32>(c * 4))));
    }
    tops = f32x4.max(tops, v128.shuffle<f32>(tops, tops, 2, 3, 0, 1));
    tops = f32x4.max(tops, v128.shuffle<f32>(tops, tops, 1, 0, 3, 2));
    let sum = f32x4.splat(0);
    for (let c: u32 = 0; c < width4; c++) {
      const terms = exp(f32x4.sub(v128.load(x + <usize>c * VECTOR), tops));
      sum = f32x4.add(sum, v128.and(terms, lanesBelow(<i32>cols - <i32>(c * 4))));
    }
    let state = f32x4.add(tops, log(f32x4.splat(lanes(sum))));
    if (merge) {
      const before = v128.load_splat<f32>(out);
      const apart = exp(f32x4.neg(f32x4.abs(f32x4.sub(before, state))));
      state = f32x4.add(f32x4.max(before, state), log(f32x4.add(f32x4.splat(1), apart)));
    }
    v128.store_lane<u32>(out, state, 0);
  }
}

/** The loss of each row with a label, in the column of its part of the split. */
export function crossEntropy(
  x: usize,
  logSumExp: usize,
  weights: usize,
  labels: usize,
  mask: usize,
  out: usize,
  rows: u32,
  width4: u32,
  cols: u32,
  first: u32,
): void {
  for (let row: usize = 0; row < rows; row++, out += VECTOR) {
    const part = load<u32>(mask + row * 4);
    if (part == 0) {
      if (first == 0) v128.store(out, i32x4.splat(0));
      continue;
    }
    const label = load<u32>(labels + row * 4);
    if (label < first || label - first >= cols) continue;
    v128.store(out, i32x4.splat(0));
    const weight: f32 = weights == NONE ? 1 : load<f32>(weights + <usize>label * 4);
    const logit = load<f32>(x + (row * width4 * 4 + label - first) * 4);
    store<f32>(out + <usize>(part - 1) * 4, weight * (load<f32>(logSumExp + row * 4) - logit));
  }
}

/** Of the training rows: softmax less the label. */
export function crossEntropyGrad(
  x: usize,
  logSumExp: usize,
  weights: usize,
  labels: usize,
  mask: usize,
  out: usize,
  rows: u32,
  width4: u32,
  cols: u32,
  first: u32,
  scale: f32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let row: usize = 0; row < rows; row++, x += width, out += width) {
    if (load<u32>(mask + row * 4) != TRAIN) {
      clear(out, width4 * 4);
      continue;
    }
    const label = load<u32>(labels + row * 4);
    const weight: f32 = weights == NONE ? 1 : load<f32>(weights + <usize>label * 4);
    const factor = f32x4.splat(scale * weight);
    const known = v128.load_splat<f32>(logSumExp + row * 4);
    const one = f32x4.splat(1);
    for (let c: u32 = 0; c < width4; c++) {
      const at: usize = <usize>c * VECTOR;
      const columns = i32x4.add(i32x4.splat(c * 4), i32x4(0, 1, 2, 3));
      const probability = v128.and(exp(f32x4.sub(v128.load(x + at), known)), i32x4.lt_s(columns, i32x4.splat(cols)));
      const hit = v128.and(one, i32x4.eq(columns, i32x4.splat(label - first)));
      v128.store(out + at, f32x4.mul(factor, f32x4.sub(probability, hit)));
    }
  }
}
