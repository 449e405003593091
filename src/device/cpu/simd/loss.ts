/** Cross-entropy; see shaders/loss.wgsl and ../learning.ts. */

import { exp, log } from './exp';
import { clear, lanes, lanesBelow, NONE, VECTOR } from './memory';

const TRAIN: u32 = 1;

/** ln Σ e^x of a row, in all lanes. */
function logSumExpOf(x: usize, width4: u32, cols: u32): v128 {
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
  return f32x4.add(tops, log(f32x4.splat(lanes(sum))));
}

/** The loss of a row with a label, in the column of its part of the split. */
function storeLoss(
  x: usize,
  logSumExp: f32,
  weights: usize,
  label: u32,
  part: u32,
  out: usize,
  cols: u32,
  first: u32,
): void {
  if (part == 0) {
    if (first == 0) v128.store(out, i32x4.splat(0));
    return;
  }
  if (label < first || label - first >= cols) return;
  v128.store(out, i32x4.splat(0));
  const weight: f32 = weights == NONE ? 1 : load<f32>(weights + <usize>label * 4);
  const logit = load<f32>(x + <usize>(label - first) * 4);
  store<f32>(out + <usize>(part - 1) * 4, weight * (logSumExp - logit));
}

/** Of a training row: softmax less the label. */
function storeGradient(
  x: usize,
  logSumExp: v128,
  weights: usize,
  label: u32,
  part: u32,
  out: usize,
  width4: u32,
  cols: u32,
  first: u32,
  scale: f32,
): void {
  if (part != TRAIN) {
    clear(out, width4 * 4);
    return;
  }
  const weight: f32 = weights == NONE ? 1 : load<f32>(weights + <usize>label * 4);
  const factor = f32x4.splat(scale * weight);
  const one = f32x4.splat(1);
  for (let c: u32 = 0; c < width4; c++) {
    const at: usize = <usize>c * VECTOR;
    const columns = i32x4.add(i32x4.splat(c * 4), i32x4(0, 1, 2, 3));
    const terms = exp(f32x4.sub(v128.load(x + at), logSumExp));
    const probability = v128.and(terms, i32x4.lt_s(columns, i32x4.splat(cols)));
    const hit = v128.and(one, i32x4.eq(columns, i32x4.splat(label - first)));
    v128.store(out + at, f32x4.mul(factor, f32x4.sub(probability, hit)));
  }
}

/** Of each row; merged with that of the panels before. */
export function logSumExp(x: usize, out: usize, rows: u32, width4: u32, cols: u32, merge: u32): void {
  for (let row: u32 = 0; row < rows; row++, out += 4, x += <usize>width4 * VECTOR) {
    let state = logSumExpOf(x, width4, cols);
    if (merge) {
      const before = v128.load_splat<f32>(out);
      const apart = exp(f32x4.neg(f32x4.abs(f32x4.sub(before, state))));
      state = f32x4.add(f32x4.max(before, state), log(f32x4.add(f32x4.splat(1), apart)));
    }
    v128.store_lane<u32>(out, state, 0);
  }
}

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
  for (let row: usize = 0; row < rows; row++, x += <usize>width4 * VECTOR, out += VECTOR) {
    const at = row * 4;
    storeLoss(x, load<f32>(logSumExp + at), weights, load<u32>(labels + at), load<u32>(mask + at), out, cols, first);
  }
}

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
    const at = row * 4;
    const state = v128.load_splat<f32>(logSumExp + at);
    const label = load<u32>(labels + at);
    const part = load<u32>(mask + at);
    storeGradient(x, state, weights, label, part, out, width4, cols, first, scale);
  }
}

/** The loss and, where there is an `out`, its gradient, of logits that are one panel. */
export function softmaxLoss(
  x: usize,
  weights: usize,
  labels: usize,
  mask: usize,
  outLoss: usize,
  out: usize,
  rows: u32,
  width4: u32,
  cols: u32,
  scale: f32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let row: usize = 0; row < rows; row++, x += width, outLoss += VECTOR) {
    const state = logSumExpOf(x, width4, cols);
    const label = load<u32>(labels + row * 4);
    const part = load<u32>(mask + row * 4);
    storeLoss(x, f32x4.extract_lane(state, 0), weights, label, part, outLoss, cols, 0);
    if (out == NONE) continue;
    storeGradient(x, state, weights, label, part, out, width4, cols, 0, scale);
    out += width;
  }
}
