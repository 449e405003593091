/** Attention with an online softmax; see ../attention.ts. Four entries at a time, four heads side by side. */

import {
  clearPadding,
  drawMask,
  entry0,
  entry1,
  entry2,
  entry3,
  keep0,
  keep1,
  keep2,
  keep3,
  readEntries,
  setDropout,
  walkBegin,
  walkEnd,
  walkRow,
  walkTo,
} from './attention';
import { exp, log } from './exp';
import { addHeads, laneOf, leaky, scaleBy, scoreHeads, setHeads } from './heads';
import { clear, NONE, padded } from './memory';

const LEAST: f32 = -1e38;

/** The running softmax of the heads of a group. */
let largest: v128 = f32x4.splat(LEAST);
let sum: v128 = f32x4.splat(0);

/** Of GAT where there are scores of the sources, else of GATv2; of segments of the heavy rows where there are segments. */
export function attention(
  x: usize,
  scoreSource: usize,
  scoreTarget: usize,
  targets: usize,
  vector: usize,
  out: usize,
  logSumExp: usize,
  indptr: usize,
  segments: usize,
  indices: usize,
  ids: usize,
  rows: u32,
  heavy: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  negativeSlope: f32,
  threshold: u32,
  key0: u32,
  key1: u32,
  sourceStride: u32,
  sourceOffset: u32,
  targetStride: u32,
  targetOffset: u32,
  scoreStride: u32,
): void {
  setDropout(threshold, key0, key1);
  const slope = f32x4.splat(negativeSlope);
  const whole = segments == NONE;
  const step: usize = <usize>channels * 4;
  const lastHead = headFirst + heads;
  const outStride = whole ? targetStride : padded(heads * channels);
  const outOffset = whole ? targetOffset : 0;
  for (let number: u32 = 0; number < rows; number++) {
    if (!walkTo(number, indptr, segments, heavy)) continue;
    const row = walkRow;
    const begin = walkBegin;
    const end = walkEnd;
    const to: usize = out + (<usize>number * outStride + outOffset) * 4;
    const scores: usize = <usize>row * scoreStride * 4;
    const target: usize = targets + (<usize>row * targetStride + targetOffset) * 4;
    for (let group = headFirst & ~3; group < lastHead; group += 4) {
      const first = max(headFirst, group) - group;
      const last = min<u32>(lastHead - group, 4);
      setHeads(first, last, channels);
      const before: usize = <usize>(group - headFirst);
      const offset: usize = before * step;
      const groupTo: usize = to + offset;
      for (let lane = first; lane < last; lane++) clear(groupTo + <usize>lane * step, channels);
      const own = scoreTarget == NONE ? f32x4.splat(0) : v128.load(scoreTarget + scores + <usize>group * 4);
      const a: usize = vector + <usize>group * step;
      largest = f32x4.splat(LEAST);
      sum = f32x4.splat(0);
      for (let e = begin; e < end; e += 4) {
        const count = readEntries(indices, e, end);
        const x0: usize = x + (<usize>entry0 * sourceStride + sourceOffset) * 4 + offset;
        const x1: usize = x + (<usize>entry1 * sourceStride + sourceOffset) * 4 + offset;
        const x2: usize = x + (<usize>entry2 * sourceStride + sourceOffset) * 4 + offset;
        const x3: usize = x + (<usize>entry3 * sourceStride + sourceOffset) * 4 + offset;
        let s0: v128, s1: v128, s2: v128, s3: v128;
        if (scoreTarget != NONE) {
          const from: usize = scoreSource + <usize>group * 4;
          const stride: usize = <usize>scoreStride * 4;
          s0 = leaky(f32x4.add(v128.load(from + <usize>entry0 * stride), own), slope);
          s1 = leaky(f32x4.add(v128.load(from + <usize>entry1 * stride), own), slope);
          s2 = leaky(f32x4.add(v128.load(from + <usize>entry2 * stride), own), slope);
          s3 = leaky(f32x4.add(v128.load(from + <usize>entry3 * stride), own), slope);
        } else {
          s0 = scoreHeads(x0, target + offset, a, channels, slope);
          s1 = count > 1 ? scoreHeads(x1, target + offset, a, channels, slope) : s0;
          s2 = count > 2 ? scoreHeads(x2, target + offset, a, channels, slope) : s1;
          s3 = count > 3 ? scoreHeads(x3, target + offset, a, channels, slope) : s2;
        }
        const top = f32x4.max(f32x4.max(largest, s0), f32x4.max(f32x4.max(s1, s2), s3));
        if (v128.any_true(f32x4.gt(top, largest))) {
          if (e > begin) shrink(exp(f32x4.sub(largest, top)), groupTo, step, first, last, channels);
          largest = top;
        }
        s0 = exp(f32x4.sub(s0, top));
        s1 = count > 1 ? exp(f32x4.sub(s1, top)) : f32x4.splat(0);
        s2 = count > 2 ? exp(f32x4.sub(s2, top)) : f32x4.splat(0);
        s3 = count > 3 ? exp(f32x4.sub(s3, top)) : f32x4.splat(0);
        sum = f32x4.add(sum, f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
        drawMask(row, group >> 2, ids, false, false);
        s0 = f32x4.mul(s0, keep0);
        s1 = f32x4.mul(s1, keep1);
        s2 = f32x4.mul(s2, keep2);
        s3 = f32x4.mul(s3, keep3);
        addHeads(groupTo, step, x0, x1, x2, x3, s0, s1, s2, s3, first, last, channels);
      }
      if (whole) finish(groupTo, logSumExp + scores + <usize>group * 4, first, last, channels);
      else keepState(logSumExp + (<usize>number * heads + before) * 8, first, last);
    }
    clearPadding(to + <usize>heads * step, outStride, outOffset + heads * channels);
  }
}

/** What was summed before counts relative to a larger score. */
function shrink(by: v128, to: usize, step: usize, first: u32, last: u32, channels: u32): void {
  sum = f32x4.mul(sum, by);
  for (let lane = first; lane < last; lane++) scaleBy(to + <usize>lane * step, laneOf(by, lane), channels);
}

/** The state of a segment, in pairs: largest score and sum. */
function keepState(to: usize, first: u32, last: u32): void {
  for (let lane = first; lane < last; lane++) {
    const pair = v128.shuffle<f32>(laneOf(largest, lane), laneOf(sum, lane), 0, 4, 0, 4);
    v128.store_lane<u64>(to + <usize>lane * 8, pair, 0);
  }
}

function finish(to: usize, logSumExp: usize, first: u32, last: u32, channels: u32): void {
  const empty = f32x4.eq(sum, f32x4.splat(0));
  const inverse = f32x4.div(f32x4.splat(1), v128.bitselect(f32x4.splat(1), sum, empty));
  const known = v128.bitselect(f32x4.splat(LEAST), f32x4.add(largest, log(sum)), empty);
  for (let lane = first; lane < last; lane++) {
    scaleBy(to + <usize>lane * channels * 4, laneOf(inverse, lane), channels);
    v128.store_lane<u32>(logSumExp + <usize>lane * 4, laneOf(known, lane), 0);
  }
}
