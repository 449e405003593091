/** Numbers in half precision, four at a time, with the rounding of ../../half.ts: to nearest, ties to even. */

/** 65504, infinity and 2^-14 as bits of f32. */
const LARGEST: v128 = i32x4.splat(0x477fe000);
const INFINITE: v128 = i32x4.splat(0x7f800000);
const SMALLEST_NORMAL: v128 = i32x4.splat(0x38800000);

/** The halves of four floats, one in each word. */
function pack4(x: v128): v128 {
  const size = v128.and(x, i32x4.splat(0x7fffffff));
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  const odd = v128.and(i32x4.shr_u(size, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.sub(size, i32x4.splat(0x38000000 - 0xfff)), odd), 13);
  // Below 2^-14: multiples of 2^-24.
  const small = i32x4.trunc_sat_f32x4_u(f32x4.nearest(f32x4.mul(size, f32x4.splat(16777216))));
  const beyond = v128.bitselect(i32x4.splat(0x7e00), i32x4.splat(0x7c00), i32x4.gt_s(size, INFINITE));
  const finite = v128.bitselect(normal, small, i32x4.ge_s(size, SMALLEST_NORMAL));
  return v128.or(sign, v128.bitselect(beyond, finite, i32x4.gt_s(size, LARGEST)));
}

/** The floats of four halves, one in each word. */
function unpack4(half: v128): v128 {
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
  const size = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13);
  // 2^112: the exponents of f32 begin 112 lower.
  const finite = f32x4.mul(size, f32x4.splat(reinterpret<f32>(0x77800000)));
  const beyond = v128.or(INFINITE, size);
  return v128.or(sign, v128.bitselect(beyond, finite, i32x4.ge_s(size, i32x4.splat(0x7c00 << 13))));
}

/** @param count a multiple of 4 */
export function packHalves(floats: usize, halves: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i += 4) {
    const words = pack4(v128.load(floats + <usize>i * 4));
    v128.store_lane<u64>(halves + <usize>i * 2, i16x8.narrow_i32x4_u(words, words), 0);
  }
}

export function unpackHalves(halves: usize, floats: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i += 4) {
    const words = i32x4.extend_low_i16x8_u(v128.load_zero<u64>(halves + <usize>i * 2));
    v128.store(floats + <usize>i * 4, unpack4(words));
  }
}

export function roundToHalves(floats: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i += 4) {
    const at: usize = floats + <usize>i * 4;
    v128.store(at, unpack4(pack4(v128.load(at))));
  }
}
