import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inflate, unzlib } from './inflate.ts';

const TEXT = new TextEncoder().encode('the quick brown fox '.repeat(20_000));
const NOISE = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
const damaged = () => new Error('damaged');

const joined = (a: Uint8Array, b: Uint8Array) => {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

describe('deflate', () => {
  test.each([0, 1, 9])(
    'unpacks what zlib packed at level %i, its size told beforehand or by the first bytes',
    (level) => {
      for (const bytes of [TEXT, NOISE]) {
        const head: number[] = [];
        const promised = (first: Uint8Array) => {
          head.push(...first.subarray(0, 8));
          return bytes.length;
        };
        expect(inflate(deflateRawSync(bytes, { level }), bytes.length, damaged)).toEqual(bytes);
        expect(unzlib(deflateSync(bytes, { level }), promised, damaged)).toEqual(bytes);
        expect(head).toEqual([...bytes.subarray(0, 8)]);
      }
    },
  );

  test('of another size than promised is damaged', () => {
    const packed = deflateRawSync(TEXT);
    for (const size of [0, TEXT.length - 1, TEXT.length + 1, 2 ** 50, Number.NaN]) {
      expect(() => inflate(packed, size, damaged)).toThrow('damaged');
      expect(() => inflate(packed, () => size, damaged)).toThrow('damaged');
    }
    expect(() => inflate(new Uint8Array(0), 8, damaged)).toThrow('damaged');
    expect(() => inflate(packed.subarray(0, -1), TEXT.length, damaged)).toThrow('damaged');
  });

  test('with much behind its end is damaged', () => {
    const packed = deflateRawSync(TEXT);
    expect(() => inflate(joined(packed, new Uint8Array(300_000)), TEXT.length, damaged)).toThrow('damaged');
  });

  test('passes on what the promise throws', () => {
    const refuse = () => {
      throw new Error('too large');
    };
    expect(() => unzlib(deflateSync(TEXT), refuse, damaged)).toThrow('too large');
  });
});

describe('zlib', () => {
  test('with a wrong checksum, another method, a dictionary or a wrong header is damaged', () => {
    const packed = new Uint8Array(deflateSync(TEXT));
    const size = () => TEXT.length;
    const changed = (at: number, byte: number) => packed.map((old, i) => (i === at ? byte : old));
    expect(() => unzlib(changed(packed.length - 1, packed[packed.length - 1] ^ 1), size, damaged)).toThrow('damaged');
    expect(() => unzlib(changed(0, 0x77), size, damaged)).toThrow('damaged');
    expect(() => unzlib(changed(1, packed[1] ^ 1), size, damaged)).toThrow('damaged');
    const withDictionary = new Uint8Array(deflateSync(TEXT, { dictionary: Buffer.from('quick') }));
    expect(() => unzlib(withDictionary, size, damaged)).toThrow('damaged');
    for (let end = 0; end < 8; end++) expect(() => unzlib(packed.slice(0, end), size, damaged)).toThrow('damaged');
  });
});
