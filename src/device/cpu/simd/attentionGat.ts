/** The backward pass of GAT; see ../attention.ts. Four entries at a time, four heads side by side. */

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
import { exp } from './exp';
import { addHeads, dotHeads, leaky, leakySlope, setHeads } from './heads';
import { clear, NONE, padded, storeUpTo } from './memory';

const ZERO: v128 = f32x4.splat(0);

/** The gradient of the scores of one end. `transposed`: rows are sources, and entries targets. */
export function gatScores(
  transposed: u32,
  x: usize,
  upstream: usize,
  packed: usize,
  scoreSource: usize,
  scoreTarget: usize,
  out: usize,
  indptr: usize,
  segments: usize,
  indices: usize,
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
  ids: u32,
): void {
  setDropout(threshold, key0, key1);
  const idsAt: usize = ids > 0 ? packed + <usize>ids * 4 : NONE;
  const slope = f32x4.splat(negativeSlope);
  const lastHead = headFirst + heads;
  // Rows and the other ends of their entries: features by head, scores.
  const ownFeatures: usize = transposed ? x + <usize>sourceOffset * 4 : upstream + <usize>targetOffset * 4;
  const otherFeatures: usize = transposed ? upstream + <usize>targetOffset * 4 : x + <usize>sourceOffset * 4;
  const ownStride: usize = <usize>(transposed ? sourceStride : targetStride) * 4;
  const otherStride: usize = <usize>(transposed ? targetStride : sourceStride) * 4;
  const ownScores: usize = transposed ? scoreSource : scoreTarget;
  const otherScores: usize = transposed ? scoreTarget : scoreSource;
  for (let number: u32 = 0; number < rows; number++) {
    if (!walkTo(number, indptr, segments, heavy)) continue;
    const row = walkRow;
    const end = walkEnd;
    const to: usize = out + <usize>(segments == NONE ? row * scoreStride + headFirst : number * heads) * 4;
    for (let group = headFirst & ~3; group < lastHead; group += 4) {
      const first = max(headFirst, group) - group;
      const last = min<u32>(lastHead - group, 4);
      setHeads(first, last, channels);
      const offset: usize = <usize>(group - headFirst) * channels * 4;
      const own: usize = ownFeatures + <usize>row * ownStride + offset;
      const ownScore = v128.load(ownScores + <usize>(row * scoreStride + group) * 4);
      let sum = ZERO;
      for (let e = walkBegin; e < end; e += 4) {
        const count = readEntries(indices, e, end);
        drawMask(row, group >> 2, idsAt, true, transposed != 0);
        for (let i: u32 = 0; i < count; i++) {
          const other = i == 0 ? entry0 : i == 1 ? entry1 : i == 2 ? entry2 : entry3;
          const keep = i == 0 ? keep0 : i == 1 ? keep1 : i == 2 ? keep2 : keep3;
          const raw = f32x4.add(ownScore, v128.load(otherScores + <usize>(other * scoreStride + group) * 4));
          const dot = dotHeads(own, otherFeatures + <usize>other * otherStride + offset, channels);
          const statistics: usize = packed + <usize>((transposed ? other : row) * scoreStride + group) * 8;
          const alpha = exp(f32x4.sub(leaky(raw, slope), logSumExps(statistics)));
          const gradient = f32x4.mul(alpha, f32x4.sub(f32x4.mul(keep, dot), meanDots(statistics)));
          sum = f32x4.add(sum, f32x4.mul(gradient, leakySlope(raw, slope)));
        }
      }
      putLanes(to + (<usize>group - headFirst) * 4, sum, first, last);
    }
    if (segments == NONE) clearPadding(to + <usize>heads * 4, scoreStride, lastHead);
  }
}

/** The gradient of what is summed: over the transpose, upstream times coefficient. */
export function gatFeatures(
  upstream: usize,
  packed: usize,
  scoreSource: usize,
  scoreTarget: usize,
  out: usize,
  indptr: usize,
  segments: usize,
  indices: usize,
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
  ids: u32,
): void {
  setDropout(threshold, key0, key1);
  const idsAt: usize = ids > 0 ? packed + <usize>ids * 4 : NONE;
  const slope = f32x4.splat(negativeSlope);
  const step: usize = <usize>channels * 4;
  const width = heads * channels;
  const stride: usize = <usize>targetStride * 4;
  const outStride = segments == NONE ? sourceStride : padded(width);
  const outOffset = segments == NONE ? sourceOffset : 0;
  for (let number: u32 = 0; number < rows; number++) {
    if (!walkTo(number, indptr, segments, heavy)) continue;
    const row = walkRow;
    const end = walkEnd;
    const to: usize = out + (<usize>number * outStride + outOffset) * 4;
    clear(to, width);
    clearPadding(to + <usize>width * 4, outStride, outOffset + width);
    for (let group = headFirst & ~3; group < headFirst + heads; group += 4) {
      const first = max(headFirst, group) - group;
      const last = min<u32>(headFirst + heads - group, 4);
      setHeads(first, last, channels);
      const offset: usize = (<usize>group - headFirst) * step;
      const from: usize = upstream + <usize>targetOffset * 4 + offset;
      const own = v128.load(scoreSource + <usize>(row * scoreStride + group) * 4);
      for (let e = walkBegin; e < end; e += 4) {
        const count = readEntries(indices, e, end);
        drawMask(row, group >> 2, idsAt, true, true);
        const scores: usize = scoreTarget + <usize>group * 4;
        const statistics: usize = packed + <usize>group * 8;
        const w0 = f32x4.mul(keep0, coefficient(own, scores, statistics, entry0 * scoreStride, slope));
        const w1 =
          count > 1 ? f32x4.mul(keep1, coefficient(own, scores, statistics, entry1 * scoreStride, slope)) : ZERO;
        const w2 =
          count > 2 ? f32x4.mul(keep2, coefficient(own, scores, statistics, entry2 * scoreStride, slope)) : ZERO;
        const w3 =
          count > 3 ? f32x4.mul(keep3, coefficient(own, scores, statistics, entry3 * scoreStride, slope)) : ZERO;
        const x0: usize = from + <usize>entry0 * stride;
        const x1: usize = from + <usize>entry1 * stride;
        const x2: usize = from + <usize>entry2 * stride;
        const x3: usize = from + <usize>entry3 * stride;
        addHeads(to + offset, step, x0, x1, x2, x3, w0, w1, w2, w3, first, last, channels);
      }
    }
  }
}

/** Of the entry between a source and the target whose scores begin `at` floats on. */
function coefficient(source: v128, scores: usize, statistics: usize, at: u32, slope: v128): v128 {
  const score = leaky(f32x4.add(source, v128.load(scores + <usize>at * 4)), slope);
  return exp(f32x4.sub(score, logSumExps(statistics + <usize>at * 8)));
}

/** Statistics lie in pairs: log-sum-exp, and the product of upstream and output. */
export function logSumExps(at: usize): v128 {
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
}

export function meanDots(at: usize): v128 {
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
}

function putLanes(to: usize, x: v128, first: u32, last: u32): void {
  if (first == 0) storeUpTo(to, x, last);
  else if (first == 1) storeUpTo(to + 4, v128.shuffle<f32>(x, x, 1, 2, 3, 3), last - first);
  else if (first == 2) storeUpTo(to + 8, v128.shuffle<f32>(x, x, 2, 3, 3, 3), last - first);
  else storeUpTo(to + 12, v128.shuffle<f32>(x, x, 3, 3, 3, 3), 1);
}
