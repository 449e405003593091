/** Dot products of rows with a vector, per head, and their gradients; see ../rowDots.ts and ../attention.ts. */

import { clearPadding } from './attention';
import { dotHeads, setHeads } from './heads';
import { VECTOR } from './memory';
import { putSum } from './rows';

export function rowDots(
  x: usize,
  vector: usize,
  out: usize,
  rows: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  stride: u32,
  offset: u32,
  scoreStride: u32,
): void {
  const head: usize = <usize>channels * 4;
  vector += <usize>headFirst * head;
  for (let row: usize = 0; row < rows; row++) {
    const at: usize = x + (row * stride + offset) * 4;
    const to: usize = out + (row * scoreStride + headFirst) * 4;
    for (let group: u32 = 0; group < heads; group += 4) {
      const skipped: usize = <usize>group * head;
      const count = min<u32>(heads - group, 4);
      setHeads(0, count, channels);
      const dots = dotHeads(at + skipped, vector + skipped, channels);
      for (let lane: u32 = 0; lane < count; lane++) store<f32>(to + <usize>(group + lane) * 4, laneFloat(dots, lane));
    }
    clearPadding(to + <usize>heads * 4, scoreStride, headFirst + heads);
  }
}

/** Beside the log-sum-exp of each target and head, upstream · x. */
export function packStatistics(
  upstream: usize,
  x: usize,
  logSumExp: usize,
  packed: usize,
  rows: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  targetStride: u32,
  targetOffset: u32,
  scoreStride: u32,
): void {
  for (let row: usize = 0; row < rows; row++) {
    const first: usize = (row * targetStride + targetOffset) * 4;
    for (let group: u32 = 0; group < heads; group += 4) {
      const count = min<u32>(heads - group, 4);
      setHeads(0, count, channels);
      const at: usize = first + <usize>group * channels * 4;
      const dots = dotHeads(upstream + at, x + at, channels);
      for (let lane: u32 = 0; lane < count; lane++) {
        const score: usize = row * scoreStride + headFirst + group + lane;
        store<f32>(packed + score * 8, load<f32>(logSumExp + score * 4));
        store<f32>(packed + score * 8, laneFloat(dots, lane), 4);
      }
    }
  }
}

function laneFloat(x: v128, lane: u32): f32 {
  if (lane == 0) return f32x4.extract_lane(x, 0);
  if (lane == 1) return f32x4.extract_lane(x, 1);
  return lane == 2 ? f32x4.extract_lane(x, 2) : f32x4.extract_lane(x, 3);
}

/** The heads of four columns: their bytes in a row of scores. */
let head0: usize = 0;
let head1: usize = 0;
let head2: usize = 0;
let head3: usize = 0;

function findHeads(column: u32, channels: u32, heads: u32): void {
  const last = heads - 1;
  head0 = <usize>min(column / channels, last) * 4;
  head1 = <usize>min((column + 1) / channels, last) * 4;
  head2 = <usize>min((column + 2) / channels, last) * 4;
  head3 = <usize>min((column + 3) / channels, last) * 4;
}

function scoresAt(row: usize): v128 {
  if (head0 == head3) return v128.load_splat<f32>(row + head0);
  const two = v128.load_lane<u32>(row + head1, v128.load_zero<u32>(row + head0), 1);
  return v128.load_lane<u32>(row + head3, v128.load_lane<u32>(row + head2, two, 2), 3);
}

/** out = upstream of the column's head · vector */
export function rowDotsRowGrad(
  upstream: usize,
  vector: usize,
  out: usize,
  rows: u32,
  heads: u32,
  channels: u32,
  column4: u32,
  width4: u32,
  scoreStride: u32,
): void {
  for (let c: u32 = 0; c < width4; c++) {
    findHeads((column4 + c) * 4, channels, heads);
    const factor = v128.load(vector + <usize>(column4 + c) * VECTOR);
    let to: usize = out + <usize>c * VECTOR;
    let from: usize = upstream;
    for (let row: u32 = 0; row < rows; row++, to += <usize>width4 * VECTOR, from += <usize>scoreStride * 4) {
      v128.store(to, f32x4.mul(scoresAt(from), factor));
    }
  }
}

/** Σ upstream of the column's head · x of the vec4 of columns that `findHeads` was asked for, over some rows. */
function upstreamOfRows(upstream: usize, x: usize, begin: u32, end: u32, width: usize, scoreStride: u32): v128 {
  let sum = f32x4.splat(0);
  let at: usize = x + <usize>begin * width;
  let from: usize = upstream + <usize>begin * scoreStride * 4;
  for (let row = begin; row < end; row++, at += width, from += <usize>scoreStride * 4) {
    sum = f32x4.add(sum, f32x4.mul(scoresAt(from), v128.load(at)));
  }
  return sum;
}

/** Per chunk of rows: Σ upstream of the column's head · x. */
export function rowDotsVectorGrad(
  upstream: usize,
  x: usize,
  out: usize,
  rows: u32,
  heads: u32,
  channels: u32,
  column4: u32,
  width4: u32,
  scoreStride: u32,
  chunk: u32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let begin: u32 = 0; begin < rows; begin += chunk) {
    const end = min(begin + chunk, rows);
    for (let c: u32 = 0; c < width4; c++, out += VECTOR) {
      findHeads((column4 + c) * 4, channels, heads);
      v128.store(out, upstreamOfRows(upstream, x + <usize>c * VECTOR, begin, end, width, scoreStride));
    }
  }
}

/** The chunks in order, at once. */
export function rowDotsVectorGradWhole(
  upstream: usize,
  x: usize,
  out: usize,
  rows: u32,
  heads: u32,
  channels: u32,
  column4: u32,
  width4: u32,
  scoreStride: u32,
  chunk: u32,
  outOffset4: u32,
  scale: f32,
  accumulate: u32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let c: u32 = 0; c < width4; c++, x += VECTOR) {
    findHeads((column4 + c) * 4, channels, heads);
    let sum = f32x4.splat(0);
    for (let begin: u32 = 0; begin < rows; begin += chunk) {
      sum = f32x4.add(sum, upstreamOfRows(upstream, x, begin, min(begin + chunk, rows), width, scoreStride));
    }
    putSum(out, outOffset4 + c, sum, scale, accumulate);
  }
}
