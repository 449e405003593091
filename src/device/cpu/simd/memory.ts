/** Loads and stores that the kernels share. */

export const VECTOR: usize = 16;
/** The address of an operand that a dispatch does not have; see ../simd.ts. */
export const NONE: usize = <usize>-1;

/** The first `count` of four floats, zeros for the rest; nothing behind them is read, which might lie outside of the memory. */
export function loadUpTo(at: usize, count: u32): v128 {
  if (count >= 4) return v128.load(at);
  if (count == 1) return v128.load_zero<u32>(at);
  const two = v128.load_zero<u64>(at);
  return count == 2 ? two : v128.load_lane<u32>(at + 8, two, 2);
}

/** Stores the first `count` of four floats. */
export function storeUpTo(at: usize, x: v128, count: u32): void {
  if (count >= 4) v128.store(at, x);
  else if (count == 1) v128.store_lane<u32>(at, x, 0);
  else {
    v128.store_lane<u64>(at, x, 0);
    if (count == 3) v128.store_lane<u32>(at + 8, x, 2);
  }
}

/** As many floats as whole vectors hold. */
export function padded(count: u32): u32 {
  return (count + 3) & ~3;
}

/** Zeros for so many floats. */
export function clear(to: usize, count: u32): void {
  const end: usize = to + <usize>count * 4;
  for (; to + VECTOR <= end; to += VECTOR) v128.store(to, i32x4.splat(0));
  for (; to < end; to += 4) store<u32>(to, 0);
}

/** The lanes of which the number is below `count`. */
export function lanesBelow(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The sum of the lanes. */
export function lanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The sum of the lanes of each of four vectors: the four columns of a transposed square, added. */
export function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const ab = f32x4.add(ab0, ab1);
  const cd = f32x4.add(cd0, cd1);
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
