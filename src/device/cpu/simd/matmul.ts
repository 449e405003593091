/**
 * Dense matrix products; see shaders/matmul.wgsl and ../matmul.ts. Sums of a tile are named variables, which stay in registers: 16
 * vectors on x86, 32 on ARM. Where a tile sticks out, its last row or column is computed again and not stored.
 */

import { sums, VECTOR } from './memory';

/** out[m, n] = Σ a[m, k] · b[k, n], in tiles of 4 rows × 8 columns. */
export function nn(
  a: usize,
  b: usize,
  out: usize,
  rows: u32,
  inner: u32,
  width4: u32,
  aStride4: u32,
  bRow: u32,
  bStride4: u32,
  bOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
  accumulate: u32,
): void {
  const aStride: usize = <usize>aStride4 * VECTOR;
  const bStride: usize = <usize>bStride4 * VECTOR;
  const outStride: usize = <usize>outStride4 * VECTOR;
  const bFirst: usize = b + <usize>bRow * bStride + <usize>bOffset4 * VECTOR;
  for (let row: u32 = 0; row < rows; row += 4) {
    const count = min<u32>(4, rows - row);
    const a0: usize = a + <usize>row * aStride;
    const a1: usize = a0 + (count > 1 ? aStride : 0);
    const a2: usize = a0 + (count > 2 ? 2 * aStride : 0);
    const a3: usize = a0 + (count > 3 ? 3 * aStride : 0);
    for (let column4: u32 = 0; column4 < width4; column4 += 2) {
      const next: usize = column4 + 1 < width4 ? VECTOR : 0;
      let s00 = f32x4.splat(0),
        s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0),
        s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0),
        s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0),
        s31 = f32x4.splat(0);
      let at: usize = bFirst + <usize>column4 * VECTOR;
      const end: usize = <usize>inner * 4;
      for (let k: usize = 0; k < end; k += 4, at += bStride) {
        const b0 = v128.load(at);
        const b1 = v128.load(at + next);
        let x = v128.load_splat<f32>(a0 + k);
        s00 = f32x4.add(s00, f32x4.mul(x, b0));
        s01 = f32x4.add(s01, f32x4.mul(x, b1));
        x = v128.load_splat<f32>(a1 + k);
        s10 = f32x4.add(s10, f32x4.mul(x, b0));
        s11 = f32x4.add(s11, f32x4.mul(x, b1));
        x = v128.load_splat<f32>(a2 + k);
        s20 = f32x4.add(s20, f32x4.mul(x, b0));
        s21 = f32x4.add(s21, f32x4.mul(x, b1));
        x = v128.load_splat<f32>(a3 + k);
        s30 = f32x4.add(s30, f32x4.mul(x, b0));
        s31 = f32x4.add(s31, f32x4.mul(x, b1));
      }
      const to: usize = out + <usize>row * outStride + <usize>(outOffset4 + column4) * VECTOR;
      put2(to, next, s00, s01, accumulate);
      if (count > 1) put2(to + outStride, next, s10, s11, accumulate);
      if (count > 2) put2(to + 2 * outStride, next, s20, s21, accumulate);
      if (count > 3) put2(to + 3 * outStride, next, s30, s31, accumulate);
    }
  }
}

function put2(to: usize, next: usize, s0: v128, s1: v128, accumulate: u32): void {
  put(to, s0, accumulate);
  if (next) put(to + next, s1, accumulate);
}

function put(to: usize, sum: v128, accumulate: u32): void {
  v128.store(to, accumulate ? f32x4.add(v128.load(to), sum) : sum);
}

/** out[m, n] = Σ a[m, k] · b[n, k], in tiles of 2 rows × 4 columns, four terms of each sum at a time. */
export function nt(
  a: usize,
  b: usize,
  out: usize,
  rows: u32,
  cols: u32,
  inner: u32,
  width4: u32,
  aStride4: u32,
  aOffset4: u32,
  bRow: u32,
  bStride4: u32,
  bOffset4: u32,
  outStride4: u32,
  accumulate: u32,
): void {
  const aStride: usize = <usize>aStride4 * VECTOR;
  const bStride: usize = <usize>bStride4 * VECTOR;
  const outStride: usize = <usize>outStride4 * VECTOR;
  const bFirst: usize = b + <usize>bRow * bStride + <usize>bOffset4 * VECTOR;
  const end: usize = <usize>inner * 4;
  for (let row: u32 = 0; row < rows; row += 2) {
    const second = row + 1 < rows;
    const a0: usize = a + <usize>row * aStride + <usize>aOffset4 * VECTOR;
    const a1: usize = second ? a0 + aStride : a0;
    for (let column4: u32 = 0; column4 < width4; column4++) {
      const column = column4 * 4;
      const b0: usize = bFirst + <usize>min(column, cols - 1) * bStride;
      const b1: usize = bFirst + <usize>min(column + 1, cols - 1) * bStride;
      const b2: usize = bFirst + <usize>min(column + 2, cols - 1) * bStride;
      const b3: usize = bFirst + <usize>min(column + 3, cols - 1) * bStride;
      let s00 = f32x4.splat(0),
        s01 = f32x4.splat(0),
        s02 = f32x4.splat(0),
        s03 = f32x4.splat(0);
      let s10 = f32x4.splat(0),
        s11 = f32x4.splat(0),
        s12 = f32x4.splat(0),
        s13 = f32x4.splat(0);
      for (let k: usize = 0; k < end; k += VECTOR) {
        const x0 = v128.load(a0 + k);
        const x1 = v128.load(a1 + k);
        let y = v128.load(b0 + k);
        s00 = f32x4.add(s00, f32x4.mul(x0, y));
        s10 = f32x4.add(s10, f32x4.mul(x1, y));
        y = v128.load(b1 + k);
        s01 = f32x4.add(s01, f32x4.mul(x0, y));
        s11 = f32x4.add(s11, f32x4.mul(x1, y));
        y = v128.load(b2 + k);
        s02 = f32x4.add(s02, f32x4.mul(x0, y));
        s12 = f32x4.add(s12, f32x4.mul(x1, y));
        y = v128.load(b3 + k);
        s03 = f32x4.add(s03, f32x4.mul(x0, y));
        s13 = f32x4.add(s13, f32x4.mul(x1, y));
      }
      const inside = i32x4.lt_u(i32x4.add(i32x4.splat(column), i32x4(0, 1, 2, 3)), i32x4.splat(cols));
      const to: usize = out + <usize>row * outStride + <usize>column4 * VECTOR;
      put(to, v128.and(inside, sums(s00, s01, s02, s03)), accumulate);
      if (second) put(to + outStride, v128.and(inside, sums(s10, s11, s12, s13)), accumulate);
    }
  }
}

/** Over some rows: out[k, n] = Σ a[m, k] · b[m, n], or added to what is there, in tiles of 4 × 8. */
function tnOfRows(
  a: usize,
  b: usize,
  out: usize,
  count: u32,
  cols: u32,
  width4: u32,
  aStride: usize,
  bStride: usize,
  outStride: usize,
  accumulate: u32,
): void {
  for (let k: u32 = 0; k < cols; k += 4) {
    const aFirst: usize = a + <usize>k * 4;
    for (let column4: u32 = 0; column4 < width4; column4 += 2) {
      const next: usize = column4 + 1 < width4 ? VECTOR : 0;
      let s00 = f32x4.splat(0),
        s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0),
        s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0),
        s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0),
        s31 = f32x4.splat(0);
      let from: usize = aFirst;
      let at: usize = b + <usize>column4 * VECTOR;
      for (let m: u32 = 0; m < count; m++, from += aStride, at += bStride) {
        const b0 = v128.load(at);
        const b1 = v128.load(at + next);
        let x = v128.load_splat<f32>(from);
        s00 = f32x4.add(s00, f32x4.mul(x, b0));
        s01 = f32x4.add(s01, f32x4.mul(x, b1));
        x = v128.load_splat<f32>(from, 4);
        s10 = f32x4.add(s10, f32x4.mul(x, b0));
        s11 = f32x4.add(s11, f32x4.mul(x, b1));
        x = v128.load_splat<f32>(from, 8);
        s20 = f32x4.add(s20, f32x4.mul(x, b0));
        s21 = f32x4.add(s21, f32x4.mul(x, b1));
        x = v128.load_splat<f32>(from, 12);
        s30 = f32x4.add(s30, f32x4.mul(x, b0));
        s31 = f32x4.add(s31, f32x4.mul(x, b1));
      }
      const to: usize = out + <usize>k * outStride + <usize>column4 * VECTOR;
      put2(to, next, s00, s01, accumulate);
      if (k + 1 < cols) put2(to + outStride, next, s10, s11, accumulate);
      if (k + 2 < cols) put2(to + 2 * outStride, next, s20, s21, accumulate);
      if (k + 3 < cols) put2(to + 3 * outStride, next, s30, s31, accumulate);
    }
  }
}

/** Per chunk of rows, one matrix after the other. */
export function tn(
  a: usize,
  b: usize,
  out: usize,
  rows: u32,
  cols: u32,
  width4: u32,
  chunk: u32,
  aStride4: u32,
  bStride4: u32,
  bOffset4: u32,
): void {
  const aStride: usize = <usize>aStride4 * VECTOR;
  const bStride: usize = <usize>bStride4 * VECTOR;
  const outStride: usize = <usize>width4 * VECTOR;
  b += <usize>bOffset4 * VECTOR;
  for (let begin: u32 = 0; begin < rows; begin += chunk, out += <usize>cols * outStride) {
    const from: usize = b + <usize>begin * bStride;
    const count = min(chunk, rows - begin);
    tnOfRows(a + <usize>begin * aStride, from, out, count, cols, width4, aStride, bStride, outStride, 0);
  }
}

/** The chunks in order, at once. */
export function tnWhole(
  a: usize,
  b: usize,
  out: usize,
  rows: u32,
  cols: u32,
  width4: u32,
  chunk: u32,
  aStride4: u32,
  bStride4: u32,
  bOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
): void {
  const aStride: usize = <usize>aStride4 * VECTOR;
  const bStride: usize = <usize>bStride4 * VECTOR;
  const outStride: usize = <usize>outStride4 * VECTOR;
  b += <usize>bOffset4 * VECTOR;
  out += <usize>outOffset4 * VECTOR;
  // Of no rows, too, the sum is stored.
  for (let begin: u32 = 0; begin == 0 || begin < rows; begin += chunk) {
    const from: usize = b + <usize>begin * bStride;
    const count = min(chunk, rows - begin);
    tnOfRows(
      a + <usize>begin * aStride,
      from,
      out,
      count,
      cols,
      width4,
      aStride,
      bStride,
      outStride,
      begin > 0 ? 1 : 0,
    );
  }
}
