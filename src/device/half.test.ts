import { expect, test } from 'vitest';
import { packHalves, unpackHalves } from './half.ts';

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** By the definition of binary16. */
function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const packed = (numbers: number[]) => {
  const out = new Uint16Array(numbers.length);
  packHalves(Float32Array.from(numbers), out);
  return out;
};

test('each of the 65,536 numbers is unpacked as defined, and packed into itself', () => {
  const floats = new Float32Array(ALL.length);
  unpackHalves(ALL, floats);
  for (const bits of ALL)
    if (!Object.is(floats[bits], numberOf(bits))) expect([bits, floats[bits]]).toEqual([bits, numberOf(bits)]);
  const back = new Uint16Array(ALL.length);
  packHalves(floats, back);
  for (const bits of ALL) {
    const not = Number.isNaN(numberOf(bits));
    if (not ? !Number.isNaN(numberOf(back[bits])) : back[bits] !== bits) expect(back[bits]).toBe(bits);
  }
});

test('what lies between two numbers goes to the nearer one, and from the middle to the even one', () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [numberOf(bits), numberOf(bits + 1)];
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const [a, b, c, d] = packed([middle, (low + middle) / 2, (middle + high) / 2, -middle]);
    if (a !== even || b !== bits || c !== bits + 1 || d !== (even | 0x8000)) {
      expect([a, b, c, d]).toEqual([even, bits, bits + 1, even | 0x8000]);
    }
  }
});

test('beyond the largest number is infinity; what is tiny becomes zero; NaN stays', () => {
  const [most, more, less, tiny, infinite, not] = packed([
    65504,
    65504.01,
    -1e30,
    -1e-8,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ]);
  expect([most, more, less, tiny, infinite]).toEqual([0x7bff, 0x7c00, 0xfc00, 0x8000, 0x7c00]);
  expect(numberOf(not)).toBeNaN();
});
