/**
 * Exponentials and logarithms of four floats. The polynomials, and the two parts of ln 2, are those of Cephes, single/expf.c and
 * single/logf.c (https://www.netlib.org/cephes/).
 */

/** e^x = 2^n · e^r with |r| ≤ ln 2 / 2, to about 2 units in the last place; x up to 88; 0 below the smallest normal number. */
export function exp(x: v128): v128 {
  const n = exponent(x);
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  const value = f32x4.mul(f32x4.add(minusOne(x, n), f32x4.splat(1)), power);
  return v128.andnot(value, f32x4.lt(x, f32x4.splat(-87)));
}

/** e^x − 1 for x up to 88: 2^n · (e^r − 1) + (2^n − 1), in which nothing cancels. */
export function expm1(x: v128): v128 {
  const clamped = f32x4.max(x, f32x4.splat(-87));
  const n = exponent(clamped);
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.add(f32x4.mul(minusOne(clamped, n), power), f32x4.sub(power, f32x4.splat(1)));
}

function exponent(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(f32x4.max(x, f32x4.splat(-88)), f32x4.splat(1.44269504)));
}

/** e^r − 1 for r = x − n · ln 2. */
function minusOne(x: v128, n: v128): v128 {
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.splat(1.3981999507e-3), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(8.3334519073e-3), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(4.1665795894e-2), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(1.6666665459e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(5.0000001201e-1), f32x4.mul(p, r));
  return f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r);
}

/** ln x of positive normal numbers: x = 2^n · (1 + r) with √½ ≤ 1 + r < √2. A NaN stays one, ∞ too. */
export function log(x: v128): v128 {
  // Halved mantissas, in [½, 1), and their exponents.
  const half = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const small = f32x4.lt(half, f32x4.splat(0.70710678));
  const bits = i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126));
  // A mask counts −1.
  const n = f32x4.convert_i32x4_s(i32x4.add(bits, small));
  const r = f32x4.sub(f32x4.add(half, v128.and(half, small)), f32x4.splat(1));
  const square = f32x4.mul(r, r);
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.splat(-1.151461031e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(1.167699874e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(-1.2420140846e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(1.4249322787e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(-1.6668057665e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(2.0000714765e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(-2.4999993993e-1), f32x4.mul(p, r));
  p = f32x4.add(f32x4.splat(3.3333331174e-1), f32x4.mul(p, r));
  let y = f32x4.mul(f32x4.mul(p, r), square);
  y = f32x4.add(y, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  y = f32x4.sub(y, f32x4.mul(f32x4.splat(0.5), square));
  const value = f32x4.add(f32x4.add(r, y), f32x4.mul(n, f32x4.splat(0.693359375)));
  return v128.bitselect(value, x, f32x4.lt(x, f32x4.splat(Infinity)));
}
