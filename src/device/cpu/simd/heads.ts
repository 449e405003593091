/**
 * What the kernels of attention share: rows of heads · channels floats, of which four heads make a group. A vector of a group holds
 * a number of each head; lanes from `first` up to `last` are heads that the dispatch works on. The address of a group is that of its
 * first lane's channels, whether the dispatch works on it or not.
 */

import { loadUpTo, storeUpTo, sums } from './memory';

const ZERO: v128 = f32x4.splat(0);

/** Σ over the channels of a · b, of each head of a group. */
export function dotHeads(a: usize, b: usize, first: u32, last: u32, channels: u32): v128 {
  const step: usize = <usize>channels * 4;
  return sums(
    first == 0 ? dot(a, b, channels) : ZERO,
    first <= 1 && last > 1 ? dot(a + step, b + step, channels) : ZERO,
    first <= 2 && last > 2 ? dot(a + 2 * step, b + 2 * step, channels) : ZERO,
    last > 3 ? dot(a + 3 * step, b + 3 * step, channels) : ZERO,
  );
}

/** Four parts of a dot product. */
function dot(a: usize, b: usize, channels: u32): v128 {
  let sum = ZERO;
  const end: usize = a + <usize>(channels & ~3) * 4;
  for (; a < end; a += 16, b += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
  const rest = channels & 3;
  return rest ? f32x4.add(sum, f32x4.mul(loadUpTo(a, rest), loadUpTo(b, rest))) : sum;
}

/** Adds to each head of a group the heads of four rows, each times a coefficient. `step` bytes lie from head to head of `to`. */
export function addHeads(
  to: usize,
  step: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  w0: v128,
  w1: v128,
  w2: v128,
  w3: v128,
  first: u32,
  last: u32,
  channels: u32,
): void {
  const next: usize = <usize>channels * 4;
  if (first == 0) addRows(to, x0, x1, x2, x3, lane0(w0), lane0(w1), lane0(w2), lane0(w3), channels);
  to += step;
  x0 += next;
  x1 += next;
  x2 += next;
  x3 += next;
  if (first <= 1 && last > 1) addRows(to, x0, x1, x2, x3, lane1(w0), lane1(w1), lane1(w2), lane1(w3), channels);
  to += step;
  x0 += next;
  x1 += next;
  x2 += next;
  x3 += next;
  if (first <= 2 && last > 2) addRows(to, x0, x1, x2, x3, lane2(w0), lane2(w1), lane2(w2), lane2(w3), channels);
  to += step;
  x0 += next;
  x1 += next;
  x2 += next;
  x3 += next;
  if (last > 3) addRows(to, x0, x1, x2, x3, lane3(w0), lane3(w1), lane3(w2), lane3(w3), channels);
}

function addRows(
  to: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  w0: v128,
  w1: v128,
  w2: v128,
  w3: v128,
  channels: u32,
): void {
  const end: usize = <usize>(channels & ~3) * 4;
  let c: usize = 0;
  for (; c < end; c += 16) {
    let sum = f32x4.add(v128.load(to + c), f32x4.mul(w0, v128.load(x0 + c)));
    sum = f32x4.add(sum, f32x4.mul(w1, v128.load(x1 + c)));
    sum = f32x4.add(sum, f32x4.mul(w2, v128.load(x2 + c)));
    v128.store(to + c, f32x4.add(sum, f32x4.mul(w3, v128.load(x3 + c))));
  }
  const rest = channels & 3;
  if (rest == 0) return;
  let sum = f32x4.add(loadUpTo(to + c, rest), f32x4.mul(w0, loadUpTo(x0 + c, rest)));
  sum = f32x4.add(sum, f32x4.mul(w1, loadUpTo(x1 + c, rest)));
  sum = f32x4.add(sum, f32x4.mul(w2, loadUpTo(x2 + c, rest)));
  storeUpTo(to + c, f32x4.add(sum, f32x4.mul(w3, loadUpTo(x3 + c, rest))), rest);
}

/** to · x for so many floats. */
export function scaleBy(to: usize, x: v128, count: u32): void {
  const end: usize = to + <usize>(count & ~3) * 4;
  for (; to < end; to += 16) v128.store(to, f32x4.mul(v128.load(to), x));
  const rest = count & 3;
  if (rest) storeUpTo(to, f32x4.mul(loadUpTo(to, rest), x), rest);
}

export function lane0(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 0, 0, 0, 0);
}

export function lane1(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 1, 1, 1, 1);
}

export function lane2(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 2, 2, 2);
}

export function lane3(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 3, 3, 3, 3);
}

export function laneOf(x: v128, lane: u32): v128 {
  if (lane == 0) return lane0(x);
  if (lane == 1) return lane1(x);
  return lane == 2 ? lane2(x) : lane3(x);
}

export function leaky(x: v128, slope: v128): v128 {
  return v128.bitselect(f32x4.mul(slope, x), x, f32x4.lt(x, ZERO));
}

/** The derivative of LeakyReLU: 1 above zero, else the slope. */
export function leakySlope(x: v128, slope: v128): v128 {
  return v128.bitselect(f32x4.splat(1), slope, f32x4.gt(x, ZERO));
}
