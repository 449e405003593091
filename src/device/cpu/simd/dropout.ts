/** Dropout; see shaders/dropout.wgsl, sparseDropout.wgsl and ../rows.ts: the same masks. */

import { loadUpTo, NONE, storeUpTo } from './memory';
import { hash0, hash1, threefry } from './random';

/** Each vec4 of x takes one hash of (row's id, vec4's column): four hashes at once, which may go over the end of a row. */
export function dropout(
  x: usize,
  out: usize,
  ids: usize,
  rows: u32,
  width4: u32,
  column4: u32,
  threshold: u32,
  scale: f32,
  key0: u32,
  key1: u32,
): void {
  const limit = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  const low = i32x4.splat(0xffff);
  const total = rows * width4;
  let row: u32 = 0;
  let column: u32 = 0;
  let counter0 = i32x4.splat(0);
  let counter1 = i32x4.splat(0);
  for (let first: u32 = 0; first < total; first += 4) {
    const count = min<u32>(4, total - first);
    for (let lane: u32 = 0; lane < count; lane++) {
      const id = ids == NONE ? row : load<u32>(ids + <usize>row * 4);
      // Shifted in from the end: after four lanes the first one is in front.
      counter0 = v128.shuffle<i32>(counter0, i32x4.splat(id), 1, 2, 3, 4);
      counter1 = v128.shuffle<i32>(counter1, i32x4.splat(column4 + column), 1, 2, 3, 4);
      if (++column == width4) {
        column = 0;
        row++;
      }
    }
    for (let lane = count; lane < 4; lane++) {
      counter0 = v128.shuffle<i32>(counter0, counter0, 1, 2, 3, 4);
      counter1 = v128.shuffle<i32>(counter1, counter1, 1, 2, 3, 4);
    }
    threefry(i32x4.splat(key0), i32x4.splat(key1), counter0, counter1);
    // The four 16-bit numbers of each lane, then as a square turned over: those of one vec4 side by side.
    const n0 = v128.and(hash0, low);
    const n1 = i32x4.shr_u(hash0, 16);
    const n2 = v128.and(hash1, low);
    const n3 = i32x4.shr_u(hash1, 16);
    const n01a = v128.shuffle<i32>(n0, n1, 0, 4, 1, 5);
    const n01b = v128.shuffle<i32>(n0, n1, 2, 6, 3, 7);
    const n23a = v128.shuffle<i32>(n2, n3, 0, 4, 1, 5);
    const n23b = v128.shuffle<i32>(n2, n3, 2, 6, 3, 7);
    const from: usize = x + <usize>first * 16;
    const to: usize = out + <usize>first * 16;
    keep(from, to, v128.shuffle<i32>(n01a, n23a, 0, 1, 4, 5), limit, factor);
    if (count > 1) keep(from + 16, to + 16, v128.shuffle<i32>(n01a, n23a, 2, 3, 6, 7), limit, factor);
    if (count > 2) keep(from + 32, to + 32, v128.shuffle<i32>(n01b, n23b, 0, 1, 4, 5), limit, factor);
    if (count > 3) keep(from + 48, to + 48, v128.shuffle<i32>(n01b, n23b, 2, 3, 6, 7), limit, factor);
  }
}

function keep(from: usize, to: usize, numbers: v128, limit: v128, factor: v128): void {
  v128.store(to, v128.and(i32x4.ge_u(numbers, limit), f32x4.mul(factor, v128.load(from))));
}

/** Every four entries of a row take one hash of (row's id, their number): four hashes at once. */
export function sparseDropout(
  weights: usize,
  out: usize,
  outTransposed: usize,
  positions: usize,
  indptr: usize,
  ids: usize,
  rows: u32,
  threshold: u32,
  scale: f32,
  key0: u32,
  key1: u32,
): void {
  const limit = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  for (let row: u32 = 0; row < rows; row++) {
    const begin = load<u32>(indptr + <usize>row * 4);
    const end = load<u32>(indptr + <usize>row * 4, 4);
    const id = i32x4.splat(ids == NONE ? row : load<u32>(ids + <usize>row * 4));
    for (let first = begin; first < end; first += 16) {
      const number = i32x4.add(i32x4.splat((first - begin) >> 2), i32x4(0, 1, 2, 3));
      threefry(i32x4.splat(key0), i32x4.splat(key1), id, number);
      // Words of one hash side by side; a word holds the numbers of two entries.
      const words01 = v128.shuffle<i32>(hash0, hash1, 0, 4, 1, 5);
      const words23 = v128.shuffle<i32>(hash0, hash1, 2, 6, 3, 7);
      keepEntries(weights, out, first, end, i32x4.extend_low_i16x8_u(words01), limit, factor);
      keepEntries(weights, out, first + 4, end, i32x4.extend_high_i16x8_u(words01), limit, factor);
      keepEntries(weights, out, first + 8, end, i32x4.extend_low_i16x8_u(words23), limit, factor);
      keepEntries(weights, out, first + 12, end, i32x4.extend_high_i16x8_u(words23), limit, factor);
    }
    for (let e: usize = begin; e < end; e++) {
      store<u32>(outTransposed + <usize>load<u32>(positions + e * 4) * 4, load<u32>(out + e * 4));
    }
  }
}

/** Up to four entries from `first` on. */
function keepEntries(weights: usize, out: usize, first: u32, end: u32, numbers: v128, limit: v128, factor: v128): void {
  if (first >= end) return;
  const at: usize = <usize>first * 4;
  const count = end - first;
  const scaled = weights == NONE ? factor : f32x4.mul(factor, loadUpTo(weights + at, count));
  storeUpTo(out + at, v128.and(i32x4.ge_u(numbers, limit), scaled), count);
}
