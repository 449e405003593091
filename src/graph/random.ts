/**
 * Counter-based random numbers: Threefry-2x32 with 13 rounds, the fewest that pass BigCrush.
 * Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4 and table 2.
 * A number depends on its key and counter alone, never on the order in which it is drawn: that is why full fan-out,
 * splitting and reordering give the same masks. shaders/random.wgsl is the same function on the GPU.
 */

const PARITY = 0x1bd11bda;
/** Rotations of Threefry-2x32, table 3 of the paper; they repeat after eight rounds. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * One block of two 32-bit words. Writes to out[0], out[1] (as signed int32 bits in an Int32Array, or unsigned in a
 * Uint32Array). `rounds` is 13 everywhere but in the test that also holds the published 20-round vectors.
 */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array | Int32Array,
  rounds = 13,
): void {
  const key2 = PARITY ^ key0 ^ key1;
  const keys = [key0, key1, key2];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < rounds; round++) {
    const r = ROTATIONS[round & 7];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    if ((round & 3) === 3) {
      const injection = (round + 1) >> 2;
      x0 = (x0 + keys[injection % 3]) | 0;
      x1 = (x1 + keys[(injection + 1) % 3] + injection) | 0;
    }
  }
  out[0] = x0;
  out[1] = x1;
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
