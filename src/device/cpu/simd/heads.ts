/**
 * What the kernels of attention share: rows of heads · channels floats, of which four heads make a group. A vector of a group holds
 * a number of each head; lanes from `first` up to `last` are heads that the dispatch works on, what the others hold is never used.
 * The address of a group is that of its first lane's channels, whether the dispatch works on it or not.
 */

import { lanes, loadUpTo, storeUpTo, sums } from './memory';

/** Bytes from a group's address to the heads of its lanes; lanes that are not worked on repeat the first that is. */
let head0: usize = 0;
let head1: usize = 0;
let head2: usize = 0;
let head3: usize = 0;
let single: bool = false;

export function setHeads(first: u32, last: u32, channels: u32): void {
  const step: usize = <usize>channels * 4;
  const own: usize = <usize>first * step;
  head0 = own;
  head1 = first <= 1 && last > 1 ? step : own;
  head2 = first <= 2 && last > 2 ? 2 * step : own;
  head3 = last > 3 ? 3 * step : own;
  single = first + 1 == last;
}

/** Σ over the channels of a · b, of each head of the group. */
export function dotHeads(a: usize, b: usize, channels: u32): v128 {
  const end: usize = <usize>(channels & ~3) * 4;
  const rest = channels & 3;
  const a0: usize = a + head0;
  const b0: usize = b + head0;
  let s0 = f32x4.splat(0);
  if (single) {
    for (let c: usize = 0; c < end; c += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a0 + c), v128.load(b0 + c)));
    if (rest) s0 = f32x4.add(s0, f32x4.mul(loadUpTo(a0 + end, rest), loadUpTo(b0 + end, rest)));
    return f32x4.splat(lanes(s0));
  }
  const a1: usize = a + head1;
  const a2: usize = a + head2;
  const a3: usize = a + head3;
  const b1: usize = b + head1;
  const b2: usize = b + head2;
  const b3: usize = b + head3;
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (let c: usize = 0; c < end; c += 16) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a0 + c), v128.load(b0 + c)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a1 + c), v128.load(b1 + c)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a2 + c), v128.load(b2 + c)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a3 + c), v128.load(b3 + c)));
  }
  if (rest) {
    s0 = f32x4.add(s0, f32x4.mul(loadUpTo(a0 + end, rest), loadUpTo(b0 + end, rest)));
    s1 = f32x4.add(s1, f32x4.mul(loadUpTo(a1 + end, rest), loadUpTo(b1 + end, rest)));
    s2 = f32x4.add(s2, f32x4.mul(loadUpTo(a2 + end, rest), loadUpTo(b2 + end, rest)));
    s3 = f32x4.add(s3, f32x4.mul(loadUpTo(a3 + end, rest), loadUpTo(b3 + end, rest)));
  }
  return sums(s0, s1, s2, s3);
}

/** Σ over the channels of a · LeakyReLU(x + target), of each head of the group: the score of GATv2. */
export function scoreHeads(x: usize, target: usize, a: usize, channels: u32, slope: v128): v128 {
  if (single) return f32x4.splat(lanes(scoreHead(x + head0, target + head0, a + head0, channels, slope)));
  return sums(
    scoreHead(x + head0, target + head0, a + head0, channels, slope),
    scoreHead(x + head1, target + head1, a + head1, channels, slope),
    scoreHead(x + head2, target + head2, a + head2, channels, slope),
    scoreHead(x + head3, target + head3, a + head3, channels, slope),
  );
}

/** Four parts of the sum. */
function scoreHead(x: usize, target: usize, a: usize, channels: u32, slope: v128): v128 {
  let sum = f32x4.splat(0);
  const end: usize = x + <usize>(channels & ~3) * 4;
  for (; x < end; x += 16, target += 16, a += 16) {
    const u = leaky(f32x4.add(v128.load(x), v128.load(target)), slope);
    sum = f32x4.add(sum, f32x4.mul(v128.load(a), u));
  }
  const rest = channels & 3;
  if (rest == 0) return sum;
  const u = leaky(f32x4.add(loadUpTo(x, rest), loadUpTo(target, rest)), slope);
  return f32x4.add(sum, f32x4.mul(loadUpTo(a, rest), u));
}

/** Adds to the heads of a group those of four rows, each times its coefficients. `step` bytes lie from head to head of `to`. */
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
  const end: usize = <usize>(channels & ~3) * 4;
  const rest = channels & 3;
  to += <usize>first * step;
  let at: usize = head0;
  for (let lane = first; lane < last; lane++, to += step, at += <usize>channels * 4) {
    const f0 = laneOf(w0, lane);
    const f1 = laneOf(w1, lane);
    const f2 = laneOf(w2, lane);
    const f3 = laneOf(w3, lane);
    for (let c: usize = 0; c < end; c += 16) {
      let sum = f32x4.add(v128.load(to + c), f32x4.mul(f0, v128.load(x0 + at + c)));
      sum = f32x4.add(sum, f32x4.mul(f1, v128.load(x1 + at + c)));
      sum = f32x4.add(sum, f32x4.mul(f2, v128.load(x2 + at + c)));
      v128.store(to + c, f32x4.add(sum, f32x4.mul(f3, v128.load(x3 + at + c))));
    }
    if (rest == 0) continue;
    let sum = f32x4.add(loadUpTo(to + end, rest), f32x4.mul(f0, loadUpTo(x0 + at + end, rest)));
    sum = f32x4.add(sum, f32x4.mul(f1, loadUpTo(x1 + at + end, rest)));
    sum = f32x4.add(sum, f32x4.mul(f2, loadUpTo(x2 + at + end, rest)));
    storeUpTo(to + end, f32x4.add(sum, f32x4.mul(f3, loadUpTo(x3 + at + end, rest))), rest);
  }
}

/** to · x for so many floats. */
export function scaleBy(to: usize, x: v128, count: u32): void {
  const end: usize = to + <usize>(count & ~3) * 4;
  for (; to < end; to += 16) v128.store(to, f32x4.mul(v128.load(to), x));
  const rest = count & 3;
  if (rest) storeUpTo(to, f32x4.mul(loadUpTo(to, rest), x), rest);
}

/** One lane, in all lanes. */
export function laneOf(x: v128, lane: u32): v128 {
  return i8x16.swizzle(x, i32x4.splat(0x03020100 + lane * 0x04040404));
}

export function leaky(x: v128, slope: v128): v128 {
  return v128.bitselect(f32x4.mul(slope, x), x, f32x4.lt(x, f32x4.splat(0)));
}

/** The derivative of LeakyReLU: 1 above zero, else the slope. */
export function leakySlope(x: v128, slope: v128): v128 {
  return v128.bitselect(f32x4.splat(1), slope, f32x4.gt(x, f32x4.splat(0)));
}
