/** Elementwise work and the activations that most networks use; see ../rows.ts and ../activation.ts. */

import { exp, expm1 } from './exp';
import { VECTOR } from './memory';

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

/** e^x − 1 below zero. */
export function elu(x: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(x + i);
    const below = f32x4.lt(value, zero);
    v128.store(out + i, v128.any_true(below) ? v128.bitselect(expm1(value), value, below) : value);
  }
}

export function eluGrad(upstream: usize, kept: usize, out: usize, rows: u32, width4: u32): void {
  const end: usize = <usize>rows * width4 * VECTOR;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(kept + i);
    const slope = v128.bitselect(f32x4.add(value, one), one, f32x4.lt(value, zero));
    v128.store(out + i, f32x4.mul(v128.load(upstream + i), slope));
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
