/** Layer norm; see shaders/normRows.wgsl and ../norm.ts. Two numbers per row come before it: mean and M2, or sums of gradients. */

import { lanes, lanesBelow, VECTOR } from './memory';
import { putSum } from './rows';

/** Four columns of a row less a center; 0 in the padding, which is not part of a row. */
function minus(x: usize, column4: u32, center: f32, cols: u32): v128 {
  const delta = f32x4.sub(v128.load(x + <usize>column4 * VECTOR), f32x4.splat(center));
  return v128.and(delta, lanesBelow(<i32>cols - <i32>(column4 * 4)));
}

/** Mean and M2 of each row, in two passes; merged with those of the panel before. */
export function rowMoments(x: usize, out: usize, rows: u32, width4: u32, cols: u32, before: u32): void {
  for (let row: u32 = 0; row < rows; row++, out += 8, x += <usize>width4 * VECTOR) {
    // Differences from a value at hand: a mean that is large beside the deviation costs no digits.
    const origin = load<f32>(x);
    let total = f32x4.splat(0);
    for (let c: u32 = 0; c < width4; c++) total = f32x4.add(total, minus(x, c, origin, cols));
    let mean: f32 = origin + lanes(total) / <f32>cols;
    let squares = f32x4.splat(0);
    for (let c: u32 = 0; c < width4; c++) {
      const delta = minus(x, c, mean, cols);
      squares = f32x4.add(squares, f32x4.mul(delta, delta));
    }
    let m2: f32 = lanes(squares);
    if (before > 0) {
      const otherMean = load<f32>(out);
      const share: f32 = <f32>cols / <f32>(before + cols);
      const delta: f32 = mean - otherMean;
      mean = otherMean + delta * share;
      m2 += load<f32>(out, 4) + delta * delta * <f32>before * share;
    }
    store<f32>(out, mean);
    store<f32>(out, m2, 4);
  }
}

function rowScale(moments: usize, perColumn: f32, epsilon: f32): f32 {
  return 1 / sqrt<f32>(load<f32>(moments, 4) * perColumn + epsilon);
}

/** (x − mean) / deviation · weight + bias */
export function normalizeRows(
  x: usize,
  moments: usize,
  weight: usize,
  bias: usize,
  out: usize,
  rows: u32,
  width4: u32,
  column4: u32,
  perColumn: f32,
  epsilon: f32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  weight += <usize>column4 * VECTOR;
  bias += <usize>column4 * VECTOR;
  for (let row: u32 = 0; row < rows; row++, x += width, out += width, moments += 8) {
    const mean = v128.load_splat<f32>(moments);
    const scale = f32x4.splat(rowScale(moments, perColumn, epsilon));
    for (let c: usize = 0; c < width; c += VECTOR) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + c), mean), scale);
      v128.store(out + c, f32x4.add(f32x4.mul(normal, v128.load(weight + c)), v128.load(bias + c)));
    }
  }
}

/** Σ g and Σ g · normal of each row, with g = upstream · weight; added to those of the panel before. */
export function rowSums(
  x: usize,
  upstream: usize,
  weight: usize,
  moments: usize,
  out: usize,
  rows: u32,
  width4: u32,
  column4: u32,
  before: u32,
  perColumn: f32,
  epsilon: f32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  weight += <usize>column4 * VECTOR;
  for (let row: u32 = 0; row < rows; row++, x += width, upstream += width, moments += 8, out += 8) {
    const mean = v128.load_splat<f32>(moments);
    let total = f32x4.splat(0);
    let normal = f32x4.splat(0);
    for (let c: usize = 0; c < width; c += VECTOR) {
      const g = f32x4.mul(v128.load(upstream + c), v128.load(weight + c));
      total = f32x4.add(total, g);
      normal = f32x4.add(normal, f32x4.mul(g, f32x4.sub(v128.load(x + c), mean)));
    }
    const normals: f32 = lanes(normal) * rowScale(moments, perColumn, epsilon);
    store<f32>(out, before > 0 ? load<f32>(out) + lanes(total) : lanes(total));
    store<f32>(out, before > 0 ? load<f32>(out, 4) + normals : normals, 4);
  }
}

/** The gradient of x, from the sums of `rowSums`. */
export function normalizeRowsGrad(
  x: usize,
  upstream: usize,
  weight: usize,
  moments: usize,
  sums: usize,
  out: usize,
  rows: u32,
  width4: u32,
  cols: u32,
  column4: u32,
  perColumn: f32,
  epsilon: f32,
): void {
  weight += <usize>column4 * VECTOR;
  for (let row: u32 = 0; row < rows; row++, moments += 8, sums += 8) {
    const mean = v128.load_splat<f32>(moments);
    const scale = f32x4.splat(rowScale(moments, perColumn, epsilon));
    const total = f32x4.splat(load<f32>(sums) * perColumn);
    const normals = f32x4.splat(load<f32>(sums, 4) * perColumn);
    for (let c: u32 = 0; c < width4; c++, x += VECTOR, upstream += VECTOR, out += VECTOR) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x), mean), scale);
      const g = f32x4.mul(v128.load(upstream), v128.load(weight + <usize>c * VECTOR));
      const rest = f32x4.sub(g, f32x4.add(total, f32x4.mul(normal, normals)));
      v128.store(out, v128.and(f32x4.mul(scale, rest), lanesBelow(<i32>cols - <i32>(c * 4))));
    }
  }
}

/** Σ normal · y of one vec4 of columns, over some rows. */
function normalsOfRows(
  x: usize,
  y: usize,
  moments: usize,
  begin: u32,
  end: u32,
  width: usize,
  perColumn: f32,
  epsilon: f32,
): v128 {
  let sum = f32x4.splat(0);
  for (let row = begin; row < end; row++) {
    const at: usize = <usize>row * width;
    const from: usize = moments + <usize>row * 8;
    const scale = f32x4.splat(rowScale(from, perColumn, epsilon));
    const normal = f32x4.mul(f32x4.sub(v128.load(x + at), v128.load_splat<f32>(from)), scale);
    sum = f32x4.add(sum, f32x4.mul(normal, v128.load(y + at)));
  }
  return sum;
}

/** Per chunk of rows: Σ normal · y of each column, the gradient of the weight. */
export function dotNormRows(
  x: usize,
  y: usize,
  moments: usize,
  out: usize,
  rows: u32,
  width4: u32,
  chunk: u32,
  perColumn: f32,
  epsilon: f32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let begin: u32 = 0; begin < rows; begin += chunk) {
    const end = min(begin + chunk, rows);
    for (let c: usize = 0; c < width; c += VECTOR, out += VECTOR) {
      v128.store(out, normalsOfRows(x + c, y + c, moments, begin, end, width, perColumn, epsilon));
    }
  }
}

/** The chunks in order, at once. */
export function dotNormRowsWhole(
  x: usize,
  y: usize,
  moments: usize,
  out: usize,
  rows: u32,
  width4: u32,
  chunk: u32,
  perColumn: f32,
  epsilon: f32,
  outOffset4: u32,
  scale: f32,
  accumulate: u32,
): void {
  const width: usize = <usize>width4 * VECTOR;
  for (let c: u32 = 0; c < width4; c++, x += VECTOR, y += VECTOR) {
    let sum = f32x4.splat(0);
    for (let begin: u32 = 0; begin < rows; begin += chunk) {
      const end = min(begin + chunk, rows);
      sum = f32x4.add(sum, normalsOfRows(x, y, moments, begin, end, width, perColumn, epsilon));
    }
    putSum(out, outOffset4 + c, sum, scale, accumulate);
  }
}
