/** Optimisers; see shaders/optimizer.wgsl and ../learning.ts. */

import { NONE, VECTOR } from './memory';

/** What the gradients are multiplied by; a fourth number other than 0 says to skip the step. */
function factorOf(clip: usize): v128 {
  return clip == NONE ? f32x4.splat(1) : v128.load_splat<f32>(clip);
}

function skips(clip: usize): bool {
  return clip != NONE && load<f32>(clip, 12) != 0;
}

export function adam(
  gradient: usize,
  clip: usize,
  clock: usize,
  parameter: usize,
  moment1: usize,
  moment2: usize,
  rows: u32,
  width4: u32,
  beta1: f32,
  beta2: f32,
  gain1: f32,
  gain2: f32,
  l2: f32,
  shrink: f32,
  lr: f32,
  epsilon: f32,
  correction1: f32,
  correction2: f32,
): void {
  if (skips(clip)) return;
  const factor = factorOf(clip);
  const clock1 = clock == NONE ? f32x4.splat(correction1) : v128.load_splat<f32>(clock);
  const clock2 = clock == NONE ? f32x4.splat(correction2) : v128.load_splat<f32>(clock, 4);
  const end: usize = <usize>rows * width4 * VECTOR;
  for (let i: usize = 0; i < end; i += VECTOR) {
    const before = v128.load(parameter + i);
    const g = f32x4.add(f32x4.mul(factor, v128.load(gradient + i)), f32x4.mul(f32x4.splat(l2), before));
    const m = f32x4.add(f32x4.mul(f32x4.splat(beta1), v128.load(moment1 + i)), f32x4.mul(f32x4.splat(gain1), g));
    const v = f32x4.add(
      f32x4.mul(f32x4.splat(beta2), v128.load(moment2 + i)),
      f32x4.mul(f32x4.mul(f32x4.splat(gain2), g), g),
    );
    v128.store(moment1 + i, m);
    v128.store(moment2 + i, v);
    const deviation = f32x4.add(f32x4.sqrt(f32x4.div(v, clock2)), f32x4.splat(epsilon));
    const step = f32x4.div(f32x4.mul(f32x4.splat(lr), f32x4.div(m, clock1)), deviation);
    v128.store(parameter + i, f32x4.sub(f32x4.mul(f32x4.splat(shrink), before), step));
  }
}

export function sgd(
  gradient: usize,
  clip: usize,
  parameter: usize,
  velocity: usize,
  rows: u32,
  width4: u32,
  momentum: f32,
  l2: f32,
  lr: f32,
): void {
  if (skips(clip)) return;
  const factor = factorOf(clip);
  const end: usize = <usize>rows * width4 * VECTOR;
  for (let i: usize = 0; i < end; i += VECTOR) {
    const before = v128.load(parameter + i);
    const g = f32x4.add(f32x4.mul(factor, v128.load(gradient + i)), f32x4.mul(f32x4.splat(l2), before));
    const v = f32x4.add(f32x4.mul(f32x4.splat(momentum), v128.load(velocity + i)), g);
    v128.store(velocity + i, v);
    v128.store(parameter + i, f32x4.sub(before, f32x4.mul(f32x4.splat(lr), v)));
  }
}

/** total += x, or total = x */
export function accumulate(x: usize, total: usize, rows: u32, keep: u32): void {
  const end: usize = <usize>rows * VECTOR;
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(x + i);
    v128.store(total + i, keep ? f32x4.add(value, v128.load(total + i)) : value);
  }
}

/** Parts of the sum of the squares: every `count`-th vector. */
export function squares(x: usize, out: usize, rows: u32, first: u32, count: u32): void {
  for (let part: u32 = 0; part < count; part++) {
    let sum = f32x4.splat(0);
    for (let i = part; i < rows; i += count) {
      const value = v128.load(x + <usize>i * VECTOR);
      sum = f32x4.add(sum, f32x4.mul(value, value));
    }
    v128.store(out + <usize>(first + part) * VECTOR, sum);
  }
}

/** Counts what is infinite or no number, in the same parts. */
export function notFinite(x: usize, out: usize, rows: u32, first: u32, count: u32): void {
  for (let part: u32 = 0; part < count; part++) {
    let found = i32x4.splat(0);
    for (let i = part; i < rows; i += count) {
      const magnitude = f32x4.abs(v128.load(x + <usize>i * VECTOR));
      // A mask counts −1; no number is not below infinity.
      found = i32x4.add(found, v128.not(f32x4.lt(magnitude, f32x4.splat(Infinity))));
    }
    v128.store(out + <usize>(first + part) * VECTOR, f32x4.convert_i32x4_s(i32x4.neg(found)));
  }
}
