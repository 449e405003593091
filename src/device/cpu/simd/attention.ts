/** Dropout of attention's coefficients, and the entries of a row by fours; see ../attention.ts and shaders/attention. */

import { clear, NONE } from './memory';
import { hash0, hash1, threefry } from './random';

const ONE: v128 = f32x4.splat(1);

/** The other ends of four entries; where fewer are left, the last one stands in for the missing. */
export let entry0: u32 = 0;
export let entry1: u32 = 0;
export let entry2: u32 = 0;
export let entry3: u32 = 0;

/** Reads the entries from `at` up to `end` of the indices, four at most. Returns how many there are. */
export function readEntries(indices: usize, at: u32, end: u32): u32 {
  const count = min<u32>(4, end - at);
  const from: usize = indices + <usize>at * 4;
  entry0 = load<u32>(from);
  entry1 = count > 1 ? load<u32>(from, 4) : entry0;
  entry2 = count > 2 ? load<u32>(from, 8) : entry1;
  entry3 = count > 3 ? load<u32>(from, 12) : entry2;
  return count;
}

/** What multiplies the coefficients of four entries, for each head of a group: 0 where one is dropped, else the scale. */
export let keep0: v128 = f32x4.splat(1);
export let keep1: v128 = f32x4.splat(1);
export let keep2: v128 = f32x4.splat(1);
export let keep3: v128 = f32x4.splat(1);

let limit: v128 = i32x4.splat(0);
let kept: v128 = f32x4.splat(1);
let key: u32 = 0;
let nextKey: u32 = 0;
let drops: bool = false;

export function setDropout(threshold: u32, key0: u32, key1: u32): void {
  drops = threshold > 0;
  limit = i32x4.splat(threshold);
  kept = f32x4.splat(1 / (1 - <f32>threshold / 65536));
  key = key0;
  nextKey = key1;
  keep0 = ONE;
  keep1 = ONE;
  keep2 = ONE;
  keep3 = ONE;
}

/**
 * Draws the mask of the four entries and of the heads of group number `group`.
 * @param ids of nodes, or NONE
 * @param halves whether ids are pairs of floats of 16 bits
 * @param transposed whether rows are sources
 */
export function drawMask(row: u32, group: u32, ids: usize, halves: bool, transposed: bool): void {
  if (!drops) return;
  const own = i32x4.splat(globalId(row, ids, halves));
  let others = i32x4.splat(globalId(entry0, ids, halves));
  others = i32x4.replace_lane(others, 1, globalId(entry1, ids, halves));
  others = i32x4.replace_lane(others, 2, globalId(entry2, ids, halves));
  others = i32x4.replace_lane(others, 3, globalId(entry3, ids, halves));
  const targets = transposed ? others : own;
  threefry(i32x4.splat(key), i32x4.splat(nextKey + group), targets, transposed ? own : others);
  // The two words of one entry side by side: the 16 bits of four heads.
  const words01 = v128.shuffle<i32>(hash0, hash1, 0, 4, 1, 5);
  const words23 = v128.shuffle<i32>(hash0, hash1, 2, 6, 3, 7);
  keep0 = v128.and(kept, i32x4.ge_u(i32x4.extend_low_i16x8_u(words01), limit));
  keep1 = v128.and(kept, i32x4.ge_u(i32x4.extend_high_i16x8_u(words01), limit));
  keep2 = v128.and(kept, i32x4.ge_u(i32x4.extend_low_i16x8_u(words23), limit));
  keep3 = v128.and(kept, i32x4.ge_u(i32x4.extend_high_i16x8_u(words23), limit));
}

function globalId(node: u32, ids: usize, halves: bool): u32 {
  if (ids == NONE) return node;
  if (!halves) return load<u32>(ids + <usize>node * 4);
  const at: usize = ids + <usize>node * 8;
  return ((<u32>load<f32>(at)) << 16) | <u32>load<f32>(at, 4);
}

/** The walk over rows that are not heavy, or over the segments of the heavy ones: which row, and which entries of it. */
export let walkRow: u32 = 0;
export let walkBegin: u32 = 0;
export let walkEnd: u32 = 0;

/** Goes to row or segment `number`; false where it is to be left out. */
export function walkTo(number: u32, indptr: usize, segments: usize, heavy: u32): bool {
  const whole = segments == NONE;
  const at: usize = whole ? indptr + <usize>number * 4 : segments + <usize>number * 16;
  walkRow = whole ? number : load<u32>(at);
  walkBegin = whole ? load<u32>(at) : load<u32>(at, 4);
  walkEnd = whole ? load<u32>(at, 4) : load<u32>(at, 8);
  return !whole || walkEnd - walkBegin <= heavy;
}

/** Zeros where a row ends in padding: `end` floats of its stride are used, and the last of them ends at `to`. */
export function clearPadding(to: usize, stride: u32, end: u32): void {
  if (stride - end < 4) clear(to, stride - end);
}
