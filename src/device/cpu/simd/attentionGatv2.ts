/** The backward pass of GATv2; see ../attention.ts. Scores four heads side by side, their gradients entry by entry. */

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
import { logSumExps, meanDots } from './attentionGat';
import { exp } from './exp';
import { dotHeads, laneOf, leakySlope, scoreHeads, setHeads } from './heads';
import { clear, loadUpTo, NONE, padded, storeUpTo } from './memory';

/** Of one end: the gradient of the target and its part of the vector's, or over the transpose the gradient of the source. */
export function gatv2Grad(
  transposed: u32,
  x: usize,
  targets: usize,
  upstream: usize,
  packed: usize,
  out: usize,
  outVector: usize,
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
  vector: u32,
): void {
  setDropout(threshold, key0, key1);
  const idsAt: usize = ids > 0 ? packed + <usize>ids * 4 : NONE;
  const slope = f32x4.splat(negativeSlope);
  const step: usize = <usize>channels * 4;
  const width = heads * channels;
  const whole = segments == NONE;
  const outStride = whole ? (transposed ? sourceStride : targetStride) : padded(width);
  const outOffset = whole ? (transposed ? sourceOffset : targetOffset) : 0;
  for (let number: u32 = 0; number < rows; number++) {
    if (!walkTo(number, indptr, segments, heavy)) continue;
    const row = walkRow;
    const end = walkEnd;
    const at: usize = (<usize>number * outStride + outOffset) * 4;
    clear(out + at, width);
    clearPadding(out + at + <usize>width * 4, outStride, outOffset + width);
    if (!transposed) {
      clear(outVector + at, width);
      clearPadding(outVector + at + <usize>width * 4, outStride, outOffset + width);
    }
    for (let group = headFirst & ~3; group < headFirst + heads; group += 4) {
      const first = max(headFirst, group) - group;
      const last = min<u32>(headFirst + heads - group, 4);
      setHeads(first, last, channels);
      const offset: usize = (<usize>group - headFirst) * step;
      const a: usize = packed + (<usize>vector + <usize>group * channels) * 4;
      for (let e = walkBegin; e < end; e += 4) {
        const count = readEntries(indices, e, end);
        drawMask(row, group >> 2, idsAt, true, transposed != 0);
        for (let i: u32 = 0; i < count; i++) {
          const other = i == 0 ? entry0 : i == 1 ? entry1 : i == 2 ? entry2 : entry3;
          const keep = i == 0 ? keep0 : i == 1 ? keep1 : i == 2 ? keep2 : keep3;
          const target = transposed ? other : row;
          const s: usize = x + (<usize>(transposed ? row : other) * sourceStride + sourceOffset) * 4 + offset;
          const t: usize = (<usize>target * targetStride + targetOffset) * 4 + offset;
          const dots = dotHeads(upstream + t, s, channels);
          const scores = scoreHeads(s, targets + t, a, channels, slope);
          const statistics: usize = packed + <usize>(target * scoreStride + group) * 8;
          const alpha = exp(f32x4.sub(scores, logSumExps(statistics)));
          const gradient = f32x4.mul(alpha, f32x4.sub(f32x4.mul(keep, dots), meanDots(statistics)));
          const weight = f32x4.mul(alpha, keep);
          for (let lane = first; lane < last; lane++) {
            const to: usize = at + offset + <usize>lane * step;
            const from: usize = <usize>lane * step;
            const g = laneOf(gradient, lane);
            if (transposed) {
              addSource(
                out + to,
                s + from,
                targets + t + from,
                upstream + t + from,
                a + from,
                g,
                laneOf(weight, lane),
                slope,
                channels,
              );
            } else addTarget(out + to, outVector + to, s + from, targets + t + from, g, slope, channels);
          }
        }
      }
      if (transposed) continue;
      for (let lane = first; lane < last; lane++) {
        multiply(out + at + offset + <usize>lane * step, a + <usize>lane * step, channels);
      }
    }
  }
}

/** sum += g · LeakyReLU'(u), vector += g · LeakyReLU(u), with u = x + target. */
function addTarget(sum: usize, vector: usize, x: usize, target: usize, g: v128, slope: v128, channels: u32): void {
  const end: usize = <usize>(channels & ~3) * 4;
  for (let c: usize = 0; c < end; c += 16) {
    const u = f32x4.add(v128.load(x + c), v128.load(target + c));
    const down = f32x4.mul(g, leakySlope(u, slope));
    v128.store(sum + c, f32x4.add(v128.load(sum + c), down));
    v128.store(vector + c, f32x4.add(v128.load(vector + c), f32x4.mul(down, u)));
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const u = f32x4.add(loadUpTo(x + end, rest), loadUpTo(target + end, rest));
  const down = f32x4.mul(g, leakySlope(u, slope));
  storeUpTo(sum + end, f32x4.add(loadUpTo(sum + end, rest), down), rest);
  storeUpTo(vector + end, f32x4.add(loadUpTo(vector + end, rest), f32x4.mul(down, u)), rest);
}

/** sum += weight · upstream + g · a · LeakyReLU'(x + target) */
function addSource(
  sum: usize,
  x: usize,
  target: usize,
  upstream: usize,
  a: usize,
  g: v128,
  weight: v128,
  slope: v128,
  channels: u32,
): void {
  const end: usize = <usize>(channels & ~3) * 4;
  for (let c: usize = 0; c < end; c += 16) {
    const u = f32x4.add(v128.load(x + c), v128.load(target + c));
    const ofScore = f32x4.mul(f32x4.mul(g, v128.load(a + c)), leakySlope(u, slope));
    const more = f32x4.add(f32x4.mul(weight, v128.load(upstream + c)), ofScore);
    v128.store(sum + c, f32x4.add(v128.load(sum + c), more));
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const u = f32x4.add(loadUpTo(x + end, rest), loadUpTo(target + end, rest));
  const ofScore = f32x4.mul(f32x4.mul(g, loadUpTo(a + end, rest)), leakySlope(u, slope));
  const more = f32x4.add(f32x4.mul(weight, loadUpTo(upstream + end, rest)), ofScore);
  storeUpTo(sum + end, f32x4.add(loadUpTo(sum + end, rest), more), rest);
}

function multiply(to: usize, by: usize, channels: u32): void {
  const end: usize = <usize>(channels & ~3) * 4;
  for (let c: usize = 0; c < end; c += 16) v128.store(to + c, f32x4.mul(v128.load(to + c), v128.load(by + c)));
  const rest = channels & 3;
  if (rest) storeUpTo(to + end, f32x4.mul(loadUpTo(to + end, rest), loadUpTo(by + end, rest)), rest);
}
