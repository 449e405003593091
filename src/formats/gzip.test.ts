import { gzipSync as nodeGzip } from 'node:zlib';
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { gunzip, isGzip } from './gzip.ts';

const TEXT = new TextEncoder().encode('the quick brown fox '.repeat(20_000));

describe('gzip', () => {
  test('unpacks what two other programs packed, also beyond one step of input', () => {
    const noise = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    for (const bytes of [TEXT, noise, new Uint8Array(0)]) {
      expect(gunzip(gzipSync(bytes), 'a.gz')).toEqual(bytes);
      expect(gunzip(new Uint8Array(nodeGzip(bytes)), 'a.gz')).toEqual(bytes);
    }
  });

  test('isGzip looks at the magic', () => {
    expect(isGzip(gzipSync(TEXT))).toBe(true);
    expect(isGzip(TEXT)).toBe(false);
    expect(isGzip(Uint8Array.of(0x1f))).toBe(false);
  });

  test('a bomb stops at the limit, whatever size it claims', () => {
    const bomb = gzipSync(new Uint8Array(50_000_000));
    expect(() => gunzip(bomb, 'bomb.gz', 1_000_000)).toThrow('bomb.gz: unpacks to more than 1000000 bytes');
    new DataView(bomb.buffer).setUint32(bomb.length - 4, 10, true);
    expect(() => gunzip(bomb, 'bomb.gz', 1_000_000)).toThrow('bomb.gz: unpacks to more than 1000000 bytes');
  });

  test('a claim of 4 GiB is not believed', () => {
    const lying = gzipSync(TEXT);
    new DataView(lying.buffer).setUint32(lying.length - 4, 0xffffffff, true);
    expect(() => gunzip(lying, 'a.gz')).toThrow(/^a\.gz: the gzip data is damaged or cut off/);
  });

  test('every cut and every flipped bit of the data is noticed', () => {
    const packed = gzipSync(TEXT.subarray(0, 500));
    for (let end = 0; end < packed.length; end++) expect(() => gunzip(packed.slice(0, end), 'a')).toThrow(InputError);
    for (let bit = 80; bit < 8 * packed.length; bit++) {
      const copy = packed.slice();
      copy[bit >> 3] ^= 1 << (bit & 7);
      let out: Uint8Array | null = null;
      try {
        out = gunzip(copy, 'a');
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
      // Padding bits after the last block carry nothing.
      if (out) expect(out).toEqual(TEXT.subarray(0, 500));
    }
  });
});
