import { expect, test } from 'vitest';
import { deriveKey, seedKey, threefry, toUnit } from './random.ts';

/** Known answers of the Random123 library, file examples/kat_vectors: counter, key, 13 rounds. */
const VECTORS = [
  [
    [0, 0],
    [0, 0],
    [0x9d1c5ec6, 0x8bd50731],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0xfd36d048, 0x2d17272c],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xba3e4725, 0xf27d669e],
  ],
];

test.each(VECTORS)('threefry2x32 of counter %j, key %j', (counter, key, expected) => {
  const out = new Uint32Array(2);
  threefry(key[0], key[1], counter[0], counter[1], out);
  expect([...out]).toEqual(expected);
  // Signed words are the same words.
  threefry(key[0] | 0, key[1] | 0, counter[0] | 0, counter[1] | 0, out);
  expect([...out]).toEqual(expected);
});

test('seeds that differ in any bit of 53 give different keys, and keys different derived keys', () => {
  const seeds = Array.from({ length: 53 }, (_, bit) => 2 ** bit);
  expect(new Set(seeds.map((seed) => seedKey(seed).join())).size).toBe(53);
  expect(seedKey(2 ** 53 - 1)).toEqual([0xffffffff, 0x1fffff]);
  const derived = [0, 1].flatMap((a) => [0, 1].map((b) => deriveKey([1, 2], a, b).join()));
  expect(new Set(derived).size).toBe(4);
});

test('toUnit covers [0, 1) and is never 1', () => {
  expect(toUnit(0)).toBe(0);
  expect(toUnit(0xffffffff)).toBe(1 - 2 ** -24);
  expect(toUnit(-1)).toBe(1 - 2 ** -24);
});
