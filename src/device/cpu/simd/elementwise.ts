/** Elementwise work and the activations that most networks use; see ../rows.ts and ../activation.ts. */

const VECTOR: usize = 16;

export function add(x: usize, y: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  for (let i: usize = 0; i < end; i += VECTOR) v128.store(out + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
}

export function combine(x: usize, y: usize, out: usize, rows: u32, width4: u32, alpha: f32, beta: f32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  const a = f32x4.splat(alpha);
  const b = f32x4.splat(beta);
  for (let i: usize = 0; i < end; i += VECTOR) {
    v128.store(out + i, f32x4.add(f32x4.mul(a, v128.load(x + i)), f32x4.mul(b, v128.load(y + i))));
  }
}

export function scale(x: usize, out: usize, rows: u32, width4: u32, alpha: f32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  const a = f32x4.splat(alpha);
  for (let i: usize = 0; i < end; i += VECTOR) v128.store(out + i, f32x4.mul(a, v128.load(x + i)));
}

export function addBias(x: usize, b: usize, out: usize, rows: u32, width4: u32, column4: u32): void {
  const first: usize = b + <usize>column4 * VECTOR;
  const width: usize = <usize>width4 * VECTOR;
  for (let row: u32 = 0; row < rows; row++, x += width, out += width) {
    for (let c: usize = 0; c < width; c += VECTOR) {
      v128.store(out + c, f32x4.add(v128.load(x + c), v128.load(first + c)));
    }
  }
}

/** A NaN stays one, as in JavaScript. */
export function relu(x: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(x + i);
    v128.store(out + i, v128.andnot(value, f32x4.lt(value, zero)));
  }
}

export function reluGrad(upstream: usize, kept: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < end; i += VECTOR) {
    v128.store(out + i, v128.and(v128.load(upstream + i), f32x4.gt(v128.load(kept + i), zero)));
  }
}

export function gelu(x: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(x + i);
    v128.store(out + i, f32x4.mul(value, phi(value)));
  }
}

/** upstream · (Φ(x) + x · φ(x)) */
export function geluGrad(upstream: usize, kept: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(kept + i);
    const density = f32x4.mul(f32x4.splat(0.39894228), exp(f32x4.mul(f32x4.splat(-0.5), f32x4.mul(value, value))));
    const slope = f32x4.add(phi(value), f32x4.mul(value, density));
    v128.store(out + i, f32x4.mul(v128.load(upstream + i), slope));
  }
}

/** The normal distribution: Numerical Recipes, section 6.2 (erfcc), as in shaders/activation/gelu.wgsl. */
function phi(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678));
  const t = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(0.5), z)));
  let fit = f32x4.splat(0.17087277);
  fit = f32x4.add(f32x4.splat(-0.82215223), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(1.48851587), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(-1.13520398), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(0.27886807), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(-0.18628806), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(0.09678418), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(0.37409196), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(1.00002368), f32x4.mul(t, fit));
  fit = f32x4.add(f32x4.splat(-1.26551223), f32x4.mul(t, fit));
  const tail = f32x4.mul(f32x4.mul(f32x4.splat(0.5), t), exp(f32x4.sub(fit, f32x4.mul(z, z))));
  return v128.bitselect(f32x4.sub(f32x4.splat(1), tail), tail, f32x4.ge(x, f32x4.splat(0)));
}

/**
 * e^x = 2^n · e^r with |r| ≤ ln 2 / 2, to about 2 units in the last place; 0 below the smallest normal number. The polynomial and
 * the two parts of ln 2 are those of Cephes, single/expf.c (https://www.netlib.org/cephes/).
 */
function exp(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(f32x4.max(x, f32x4.splat(-88)), f32x4.splat(1.44269504)));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.splat(1.3981999507e-3), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(8.3334519073e-3), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(4.1665795894e-2), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(1.6666665459e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(5.0000001201e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(-87)));
}
