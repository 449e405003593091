/** Small pictures out of large screenshots: PNG with a palette, and GIF for what moves. Without native tools. */
import { decode, encode as encodePng } from 'fast-png';
import { encode as encodeGif } from 'modern-gif';

/** Half of the palette is for colours as they are, half for what lies between them. */
const EXACT = 128;
const PALETTE = 256;

/** A screenshot (PNG) as a PNG with a palette: a third of the size, and flat colours stay what they were. */
export function encodeStill(screenshot) {
  const { width, height, data, channels } = decode(screenshot);
  const { indices, palette } = withPalette(data, channels);
  return Buffer.from(
    encodePng({ width, height, data: indices, depth: 8, channels: 1, palette }, { zlib: { level: 9 } }),
  );
}

/** Screenshots (PNG, of one size) as a GIF that begins again at its end. */
export async function encodeFilm(screenshots, framesPerSecond) {
  const frames = screenshots.map((screenshot) => rgbaOf(decode(screenshot)));
  const { width, height } = decode(screenshots[0]);
  // Time in a GIF is in hundredths of a second.
  const delay = 10 * Math.round(100 / framesPerSecond);
  return Buffer.from(
    await encodeGif({ width, height, maxColors: 255, frames: frames.map((data) => ({ data, delay })) }),
  );
}

function rgbaOf({ data, channels }) {
  const rgba = new Uint8ClampedArray((data.length / channels) * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 4) {
    for (let c = 0; c < 3; c++) rgba[to + c] = data[from + c];
  }
  return rgba;
}

/**
 * At most 256 colours: the most frequent as they are, then those that stand for the most pixels of the rest (means of boxes of
 * 16 levels a side); every other colour becomes the nearest of them. Edges of letters and lines are all that changes.
 */
export function withPalette(data, channels) {
  const counts = new Map();
  for (let i = 0; i < data.length; i += channels) {
    const color = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  const exact = byCount.slice(0, counts.size <= PALETTE ? PALETTE : EXACT).map(([color]) => channelsOf(color));
  const boxes = new Map();
  for (const [color, count] of byCount.slice(exact.length)) {
    const rgb = channelsOf(color);
    const key = rgb.map((level) => level >> 4).join();
    const box = boxes.get(key) ?? { count: 0, sum: [0, 0, 0] };
    box.count += count;
    box.sum = box.sum.map((sum, c) => sum + count * rgb[c]);
    boxes.set(key, box);
  }
  const means = [...boxes.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, PALETTE - exact.length)
    .map(({ count, sum }) => sum.map((total) => Math.round(total / count)));
  const palette = [...exact, ...means];
  const indexOf = new Map([...counts.keys()].map((color) => [color, nearest(palette, channelsOf(color))]));
  const indices = new Uint8Array(data.length / channels);
  for (let i = 0, pixel = 0; i < data.length; i += channels, pixel++) {
    indices[pixel] = indexOf.get((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  }
  return { indices, palette };
}

const channelsOf = (color) => [color >> 16, (color >> 8) & 255, color & 255];

function nearest(palette, [r, g, b]) {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < palette.length; i++) {
    const distance = (palette[i][0] - r) ** 2 + (palette[i][1] - g) ** 2 + (palette[i][2] - b) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
