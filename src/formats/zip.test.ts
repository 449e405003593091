import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { openZip } from './zip.ts';

const TEXT = new TextEncoder().encode('the quick brown fox '.repeat(20_000));
const NOISE = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);

/** Where an entry of the table of contents has its fields; `at` of the first entry. */
function directory(zip: Uint8Array) {
  const view = new DataView(zip.buffer);
  return { view, at: view.getUint32(zip.length - 6, true) };
}

describe('zip', () => {
  test.each([0, 6] as const)('unpacks what level %i packed, also beyond one step of input', (level) => {
    const archive = openZip(zipSync({ 'a.txt': TEXT, 'noise é.bin': NOISE, empty: new Uint8Array(0) }, { level }), 'z');
    expect(archive.names).toEqual(['a.txt', 'noise é.bin', 'empty']);
    expect(archive.unpack('a.txt')).toEqual(TEXT);
    expect(archive.unpack('noise é.bin')).toEqual(NOISE);
    expect(archive.unpack('empty').length).toBe(0);
  });

  test('a comment behind the archive does not matter', () => {
    const plain = zipSync({ a: TEXT });
    const zip = new Uint8Array(plain.length + 5);
    zip.set(plain);
    new DataView(zip.buffer).setUint16(plain.length - 2, 5, true);
    expect(openZip(zip, 'z').unpack('a')).toEqual(TEXT);
  });

  test('all that is unpacked is counted against the limit', () => {
    const archive = openZip(zipSync({ a: new Uint8Array(600), b: new Uint8Array(600) }), 'z.zip', 1000);
    expect(archive.unpack('a').length).toBe(600);
    expect(() => archive.unpack('b')).toThrow('z.zip: unpacks to more than 1000 bytes; give a smaller file.');
  });

  test('an entry stops at the size it promises, and no size is promised that its bytes cannot fill', () => {
    for (const size of [10, 0xfffffff0]) {
      const bomb = zipSync({ a: new Uint8Array(5_000_000) });
      const { view, at } = directory(bomb);
      view.setUint32(at + 24, size, true);
      expect(() => openZip(bomb, 'bomb.zip').unpack('a')).toThrow('bomb.zip: the zip archive is damaged');
    }
  });

  test('passwords and other methods of compression are named', () => {
    const locked = zipSync({ a: TEXT });
    const { view, at } = directory(locked);
    view.setUint16(at + 8, 1, true);
    expect(() => openZip(locked, 'z').unpack('a')).toThrow('z: a is encrypted');
    view.setUint16(at + 8, 0, true);
    view.setUint16(at + 10, 93, true);
    expect(() => openZip(locked, 'z').unpack('a')).toThrow('z: a is compressed by method 93');
  });

  test('every cut is noticed, and no flipped byte changes what is unpacked', () => {
    const content = TEXT.subarray(0, 300);
    const zip = zipSync({ a: content });
    const read = (bytes: Uint8Array) => openZip(bytes, 'z').unpack('a');
    for (let end = 0; end < zip.length; end++) expect(() => read(zip.slice(0, end))).toThrow(InputError);
    const { at } = directory(zip);
    let refused = 0;
    for (let byte = 31; byte < at; byte++) {
      const damaged = zip.slice();
      damaged[byte] ^= 0x10;
      try {
        // Some bits of a deflate stream only fill up its last byte.
        expect(read(damaged)).toEqual(content);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0.9 * (at - 31));
  });
});
