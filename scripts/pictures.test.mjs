import { decode, encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { encodeFilm, encodeStill, withPalette } from './pictures.mjs';

/** A picture of `colors`, each `times` times, in a row. */
const row = (colors, times = 1) => Uint8Array.from(colors.flatMap((color) => Array(times).fill(color).flat()));
const png = (data, width, height) => encode({ width, height, data, channels: 3 });

describe('a palette', () => {
  it('leaves a picture of 256 colours as it is', () => {
    const data = row(Array.from({ length: 256 }, (_, i) => [i, 255 - i, 7]));
    const { indices, palette } = withPalette(data, 3);
    expect([...indices].flatMap((i) => palette[i])).toEqual([...data]);
  });

  it('keeps frequent colours exactly and puts the others near', () => {
    const frequent = Array.from({ length: 128 }, (_, i) => [2 * i, 0, 255]);
    const rare = Array.from({ length: 4000 }, (_, i) => [i % 256, 128 + (i >> 8), (i * 7) % 256]);
    const data = new Uint8Array([...row(frequent, 50), ...row(rare)]);
    const { indices, palette } = withPalette(data, 3);
    expect(palette.length).toBeLessThanOrEqual(256);
    const drawn = [...indices].map((i) => palette[i]);
    expect(drawn.slice(0, 6400).flat()).toEqual([...data.slice(0, 19200)]);
    const off = drawn.slice(6400).map((color, i) => Math.hypot(...color.map((level, c) => level - rare[i][c])));
    expect(Math.max(...off)).toBeLessThan(48);
    expect(Math.max(...off)).toBeGreaterThan(0);
  });
});

describe('files', () => {
  const picture = row([
    [250, 0, 0],
    [0, 250, 0],
    [0, 0, 250],
    [9, 9, 9],
  ]);

  it('a still is a PNG of the same pixels', () => {
    const { width, height, palette, data } = decode(encodeStill(png(picture, 2, 2)));
    expect([width, height]).toEqual([2, 2]);
    expect([...data].flatMap((i) => palette[i].slice(0, 3))).toEqual([...picture]);
  });

  it('a film is a GIF of that size which repeats, with a delay in hundredths of a second', async () => {
    const other = picture.slice().reverse();
    const film = await encodeFilm([png(picture, 2, 2), png(other, 2, 2)], 12);
    expect(film.toString('latin1', 0, 6)).toBe('GIF89a');
    expect([film.readUInt16LE(6), film.readUInt16LE(8)]).toEqual([2, 2]);
    expect(film.toString('latin1')).toContain('NETSCAPE2.0');
    // Graphic control extensions, as the format writes them: 21 F9 04, flags, the delay in two bytes.
    const delays = [...film.toString('hex').matchAll(/21f904..(....)/g)].map(([, delay]) => delay);
    expect(delays).toEqual(['0800', '0800']);
  });
});
