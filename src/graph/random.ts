/**
 * Counter-based random numbers: Threefry-2x32 with 13 rounds, the fewest that pass BigCrush.
 * Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4 and table 2.
 * A number depends on its key and counter alone, never on the order in which it is drawn: that is why full fan-out,
 * splitting and reordering give the same masks. shaders/random.wgsl is the same function on the GPU.
 */

const PARITY = 0x1bd11bda;

/**
 * One block of two 32-bit words, written to out[0] and out[1]. Unrolled, because it runs once for every two elements of
 * every dropout: the rotations are those of table 3, and a word of the key is added after every fourth round.
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number, out: Uint32Array): void {
  const key2 = PARITY ^ key0 ^ key1;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key2) | 0;
  y = (y + key0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key0) | 0;
  y = (y + key1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  out[0] = x;
  out[1] = y;
}

/** A key for one use: mixes a key with two more words (say the step and the op) into a new key. */
export function deriveKey(key: Key, a: number, b: number): Key {
  const out = new Uint32Array(2);
  threefry(key[0], key[1], a, b, out);
  return [out[0], out[1]];
}

export type Key = readonly [number, number];

/** The root key of a run. A seed is an integer from 0 to 2^53 - 1. */
export function seedKey(seed: number): Key {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** A uniform number in [0, 1) with 24 bits, from one 32-bit word. */
export function toUnit(word: number): number {
  return (word >>> 8) * 2 ** -24;
}
