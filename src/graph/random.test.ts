import { expect, test } from 'vitest';
import { deriveKey, seedKey, threefry, toUnit } from './random.ts';

/** Known answers of the Random123 library, file examples/kat_vectors: counter, key, 13 rounds, 20 rounds. */
const VECTORS = [
  [
    [0, 0],
    [0, 0],
    [0x9d1c5ec6, 0x8bd50731],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0xfd36d048, 0x2d17272c],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xba3e4725, 0xf27d669e],
    [0xc4923a9c, 0x483df7a0],
  ],
];

test.each(VECTORS)('threefry2x32 of counter %j, key %j', (counter, key, rounds13, rounds20) => {
  const out = new Uint32Array(2);
  threefry(key[0], key[1], counter[0], counter[1], out);
  expect([...out]).toEqual(rounds13);
  threefry(key[0], key[1], counter[0], counter[1], out, 20);
  expect([...out]).toEqual(rounds20);
  const signed = new Int32Array(2);
  threefry(key[0], key[1], counter[0], counter[1], signed);
  expect([...signed]).toEqual(rounds13.map((word) => word | 0));
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
