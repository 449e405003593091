/** Dropout; see shaders/dropout.wgsl and, for the hash, src/graph/random.ts: the same words, four counters at a time. */

const NONE: usize = <usize>-1;

/** Each vec4 of x takes one hash of (row's id, vec4's column): four hashes at once, which may go over the end of a row. */
export function dropout(
  x: usize,
  out: usize,
  ids: usize,
  rows: u32,
  width4: u32,
  column4: u32,
  threshold: u32,
  scale: f32,
  key0: u32,
  key1: u32,
): void {
  const limit = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  const low = i32x4.splat(0xffff);
  const total = rows * width4;
  let row: u32 = 0;
  let column: u32 = 0;
  let counter0 = i32x4.splat(0);
  let counter1 = i32x4.splat(0);
  for (let first: u32 = 0; first < total; first += 4) {
    const count = min<u32>(4, total - first);
    for (let lane: u32 = 0; lane < count; lane++) {
      const id = ids == NONE ? row : load<u32>(ids + <usize>row * 4);
      // Shifted in from the end: after four lanes the first one is in front.
      counter0 = v128.shuffle<i32>(counter0, i32x4.splat(id), 1, 2, 3, 4);
      counter1 = v128.shuffle<i32>(counter1, i32x4.splat(column4 + column), 1, 2, 3, 4);
      if (++column == width4) {
        column = 0;
        row++;
      }
    }
    for (let lane = count; lane < 4; lane++) {
      counter0 = v128.shuffle<i32>(counter0, counter0, 1, 2, 3, 4);
      counter1 = v128.shuffle<i32>(counter1, counter1, 1, 2, 3, 4);
    }
    threefry(i32x4.splat(key0), i32x4.splat(key1), counter0, counter1);
    // The four 16-bit numbers of each lane, then as a square turned over: those of one vec4 side by side.
    const n0 = v128.and(hash0, low);
    const n1 = i32x4.shr_u(hash0, 16);
    const n2 = v128.and(hash1, low);
    const n3 = i32x4.shr_u(hash1, 16);
    const n01a = v128.shuffle<i32>(n0, n1, 0, 4, 1, 5);
    const n01b = v128.shuffle<i32>(n0, n1, 2, 6, 3, 7);
    const n23a = v128.shuffle<i32>(n2, n3, 0, 4, 1, 5);
    const n23b = v128.shuffle<i32>(n2, n3, 2, 6, 3, 7);
    const from: usize = x + <usize>first * 16;
    const to: usize = out + <usize>first * 16;
    keep(from, to, v128.shuffle<i32>(n01a, n23a, 0, 1, 4, 5), limit, factor);
    if (count > 1) keep(from + 16, to + 16, v128.shuffle<i32>(n01a, n23a, 2, 3, 6, 7), limit, factor);
    if (count > 2) keep(from + 32, to + 32, v128.shuffle<i32>(n01b, n23b, 0, 1, 4, 5), limit, factor);
    if (count > 3) keep(from + 48, to + 48, v128.shuffle<i32>(n01b, n23b, 2, 3, 6, 7), limit, factor);
  }
}

function keep(from: usize, to: usize, numbers: v128, limit: v128, factor: v128): void {
  v128.store(to, v128.and(i32x4.ge_u(numbers, limit), f32x4.mul(factor, v128.load(from))));
}

/** The words of the last `threefry`. */
let hash0: v128 = i32x4.splat(0);
let hash1: v128 = i32x4.splat(0);

function threefry(key0: v128, key1: v128, counter0: v128, counter1: v128): void {
  const key2 = v128.xor(i32x4.splat(0x1bd11bda), v128.xor(key0, key1));
  let x = i32x4.add(counter0, key0);
  let y = i32x4.add(counter1, key1);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 13), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 15), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 26), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 6), x);
  x = i32x4.add(x, key1);
  y = i32x4.add(y, i32x4.add(key2, i32x4.splat(1)));
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 17), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 29), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 16), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 24), x);
  x = i32x4.add(x, key2);
  y = i32x4.add(y, i32x4.add(key0, i32x4.splat(2)));
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 13), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 15), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 26), x);
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 6), x);
  x = i32x4.add(x, key0);
  y = i32x4.add(y, i32x4.add(key1, i32x4.splat(3)));
  x = i32x4.add(x, y);
  y = v128.xor(rotate(y, 17), x);
  hash0 = x;
  hash1 = y;
}

function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}
