/** Sums over rows and copies; see ../rows.ts and ../copy.ts. */

import { clear, VECTOR } from './memory';

/** Of one vec4 of columns, from one row to another. */
function sumOfRows(at: usize, end: usize, width: usize): v128 {
  let sum = f32x4.splat(0);
  for (; at < end; at += width) sum = f32x4.add(sum, v128.load(at));
  return sum;
}

/** Per chunk of rows: the sum of each column. */
export function columnSum(x: usize, out: usize, rows: u32, width4: u32, chunk: u32): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let begin: u32 = 0; begin < rows; begin += chunk) {
    const from: usize = x + <usize>begin * width;
    const end: usize = from + <usize>min(chunk, rows - begin) * width;
    for (let c: usize = 0; c < width; c += VECTOR, out += VECTOR) v128.store(out, sumOfRows(from + c, end, width));
  }
}

/** The chunks in order, at once. */
export function columnSumWhole(
  x: usize,
  out: usize,
  rows: u32,
  width4: u32,
  chunk: u32,
  outOffset4: u32,
  scale: f32,
  accumulate: u32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let c: u32 = 0; c < width4; c++) {
    let sum = f32x4.splat(0);
    for (let begin: u32 = 0; begin < rows; begin += chunk) {
      const from: usize = x + <usize>begin * width;
      const end: usize = from + <usize>min(chunk, rows - begin) * width;
      sum = f32x4.add(sum, sumOfRows(from + <usize>c * VECTOR, end, width));
    }
    putSum(out, outOffset4 + c, sum, scale, accumulate);
  }
}

/** Stores a sum over all rows, scaled, on top of the old one where asked. */
export function putSum(out: usize, column4: u32, sum: v128, scale: f32, accumulate: u32): void {
  const to: usize = out + <usize>column4 * VECTOR;
  const scaled = f32x4.mul(f32x4.splat(scale), sum);
  v128.store(to, accumulate ? f32x4.add(v128.load(to), scaled) : scaled);
}

/** Adds up the chunks. */
export function mergeSum(
  partial: usize,
  out: usize,
  rows: u32,
  width4: u32,
  count: u32,
  scale: f32,
  outRow: u32,
  outStride4: u32,
  outOffset4: u32,
  accumulate: u32,
): void {
  const size: usize = <usize>rows * width4 * VECTOR;
  const factor = f32x4.splat(scale);
  for (let row: u32 = 0; row < rows; row++) {
    const to: usize = out + ((<usize>outRow + row) * outStride4 + outOffset4) * VECTOR;
    for (let c: u32 = 0; c < width4; c++, partial += VECTOR) {
      let sum = f32x4.splat(0);
      let at: usize = partial;
      for (let chunk: u32 = 0; chunk < count; chunk++, at += size) sum = f32x4.add(sum, v128.load(at));
      sum = f32x4.mul(factor, sum);
      const place: usize = to + <usize>c * VECTOR;
      v128.store(place, accumulate ? f32x4.add(v128.load(place), sum) : sum);
    }
  }
}

/** Copies some rows, and clears those that follow. */
export function copyRows(
  x: usize,
  out: usize,
  rows: u32,
  copied: u32,
  width4: u32,
  xStride4: u32,
  xOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    const to: usize = out + (<usize>row * outStride4 + outOffset4) * VECTOR;
    if (row < copied) copyWords(x + (<usize>row * xStride4 + xOffset4) * VECTOR, to, width4 * 4);
    else clear(to, width4 * 4);
  }
}

/** Copies columns from xFirst on to columns [begin, end), and clears up to the end of the vectors that they lie in. */
export function copyColumns(
  x: usize,
  out: usize,
  rows: u32,
  width4: u32,
  xStride4: u32,
  xFirst: u32,
  begin: u32,
  end: u32,
  outStride4: u32,
  outOffset4: u32,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    const to: usize = out + <usize>row * outStride4 * VECTOR;
    copyWords(x + <usize>row * xStride4 * VECTOR + <usize>xFirst * 4, to + <usize>begin * 4, end - begin);
    clear(to + <usize>end * 4, (outOffset4 + width4) * 4 - end);
  }
}

function copyWords(from: usize, to: usize, count: usize): void {
  const end: usize = from + count * 4;
  for (; from + VECTOR <= end; from += VECTOR, to += VECTOR) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from));
}
