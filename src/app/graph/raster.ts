/**
 * Discs and hairlines into an array of pixels, for putImageData. Thousands of small arcs as canvas paths cost 12 ms where
 * Chromium paints without a GPU, on the main thread and out of sight of timers in scripts; this costs 1 ms, everywhere the
 * same, and crossing lines add up as they should.
 *
 * Pixels are RGBA as ImageData has them: not premultiplied.
 */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8ClampedArray<ArrayBuffer>;
  /** The same memory, a pixel each. */
  readonly pixels: Uint32Array;
}

export type Rgb = readonly [number, number, number];

/** How much of each pixel a disc covers, 0..255, for PHASES × PHASES places of its middle within a pixel. */
export interface DiscMask {
  /** Pixels per row of one mask; its middle pixel is (reach, reach). */
  readonly side: number;
  readonly reach: number;
  readonly cover: Uint8Array;
}

const PHASES = 4;

export function newRaster(width: number, height: number): Raster {
  const bytes = new Uint8ClampedArray(4 * width * height);
  return { width, height, bytes, pixels: new Uint32Array(bytes.buffer) };
}

/** Every pixel one colour that is not to be seen yet; lines only raise its opacity. */
export function prime({ bytes, pixels }: Raster, [red, green, blue]: Rgb): void {
  if (pixels.length === 0) return;
  // By bytes, so that the order of bytes in a word does not matter.
  bytes.set([red, green, blue, 0]);
  pixels.fill(pixels[0]);
}

/** Radius in pixels; what a disc of radius `hole` would cover fully is left out. */
export function discMask(radius: number, hole = 0): DiscMask {
  const reach = Math.ceil(radius + 0.5);
  const side = 2 * reach + 1;
  const cover = new Uint8Array(PHASES * PHASES * side * side);
  let at = 0;
  for (let phase = 0; phase < PHASES * PHASES; phase++) {
    const [px, py] = [((phase % PHASES) + 0.5) / PHASES - 0.5, (Math.floor(phase / PHASES) + 0.5) / PHASES - 0.5];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const distance = Math.sqrt((x - px) ** 2 + (y - py) ** 2);
        const share = distance <= hole - 0.5 ? 0 : Math.min(1, Math.max(0, radius + 0.5 - distance));
        cover[at++] = Math.round(255 * share);
      }
    }
  }
  return { side, reach, cover };
}

/** A colour and its opaque pixel. */
export interface Brush {
  readonly color: Rgb;
  readonly opaque: number;
  /** 0..255 */
  readonly alpha: number;
}

/** `color` as `#rrggbb`, `alpha` 0..1. */
export function brushOf(color: string, alpha: number): Brush {
  // Through bytes, so that their order within a word does not matter.
  const parts = rgb(color);
  return {
    color: parts,
    opaque: new Uint32Array(Uint8Array.of(...parts, 255).buffer)[0],
    alpha: Math.round(255 * alpha),
  };
}

/** A disc around (x, y), where the middle of the first pixel is (0.5, 0.5). */
export function addDisc(raster: Raster, mask: DiscMask, x: number, y: number, brush: Brush): void {
  const { width, height, bytes, pixels } = raster;
  const { side, reach, cover } = mask;
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column + reach < 0 || row + reach < 0 || column - reach >= width || row - reach >= height) return;
  const phase = Math.floor((y - row) * PHASES) * PHASES + Math.floor((x - column) * PHASES);
  const { opaque, alpha } = brush;
  const [red, green, blue] = brush.color;
  const firstRow = Math.max(0, row - reach);
  const lastRow = Math.min(height - 1, row + reach);
  const firstColumn = Math.max(0, column - reach);
  const lastColumn = Math.min(width - 1, column + reach);
  for (let r = firstRow; r <= lastRow; r++) {
    let from = (phase * side + r - row + reach) * side + firstColumn - column + reach;
    let at = r * width + firstColumn;
    for (let c = firstColumn; c <= lastColumn; c++, at++) {
      const covered = cover[from++];
      if (covered === 0) continue;
      const over = alpha === 255 ? covered : Math.round((covered * alpha) / 255);
      if (over === 255) {
        pixels[at] = opaque;
        continue;
      }
      // Porter and Duff's "over" for colours that are not multiplied with their opacity.
      const to = 4 * at;
      const rest = (bytes[to + 3] * (255 - over)) / 255;
      const share = over / (over + rest || 1);
      bytes[to] += (red - bytes[to]) * share;
      bytes[to + 1] += (green - bytes[to + 1]) * share;
      bytes[to + 2] += (blue - bytes[to + 2]) * share;
      bytes[to + 3] = over + rest;
    }
  }
}

/** Lines add up to this, 0..255: where hundreds meet at a hub, its neighbours must still be seen. */
export const MOST_OPAQUE = 150;

/**
 * A line one pixel wide from (x0, y0) to (x1, y1) on a primed raster. `alpha` from 0 to 0.5. Each step along the longer axis shares
 * its opacity between the two pixels that the line passes between (Wu: "An Efficient Antialiasing Technique", 1991).
 */
export function addLine(raster: Raster, x0: number, y0: number, x1: number, y1: number, alpha: number): void {
  const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
  const { width, height, bytes } = raster;
  const along = steep ? height : width;
  const across = steep ? width : height;
  const strideAlong = steep ? 4 * width : 4;
  const strideAcross = steep ? 4 : 4 * width;
  // From the lower end of the longer axis, a, to the higher; b is the other axis.
  const forward = steep ? y0 <= y1 : x0 <= x1;
  const a0 = steep ? (forward ? y0 : y1) : forward ? x0 : x1;
  const b0 = steep ? (forward ? x0 : x1) : forward ? y0 : y1;
  const a1 = steep ? (forward ? y1 : y0) : forward ? x1 : x0;
  const b1 = steep ? (forward ? x1 : x0) : forward ? y1 : y0;
  const slope = a1 > a0 ? (b1 - b0) / (a1 - a0) : 0;
  const opacity = 255 * alpha;
  // Pixels whose middles lie between the ends, on the canvas.
  let first = Math.max(0, Math.ceil(a0 - 0.5));
  let last = Math.min(along - 1, Math.floor(a1 - 0.5));
  if (slope !== 0) {
    // And where the line is on the canvas the other way too: an edge may be far longer than the canvas is wide.
    const enter = a0 + (-1 - b0) / slope;
    const leave = a0 + (across + 1 - b0) / slope;
    first = Math.max(first, Math.floor(Math.min(enter, leave)));
    last = Math.min(last, Math.ceil(Math.max(enter, leave)));
  } else if (b0 < -1 || b0 > across + 1) return;
  for (let a = first; a <= last; a++) {
    const b = b0 + (a + 0.5 - a0) * slope - 0.5;
    const low = Math.floor(b);
    const share = b - low;
    const at = a * strideAlong + low * strideAcross + 3;
    if (low >= 0 && low < across) bytes[at] += opacity * (1 - share) * (1 - bytes[at] / MOST_OPAQUE);
    if (low + 1 >= 0 && low + 1 < across) {
      const next = at + strideAcross;
      bytes[next] += opacity * share * (1 - bytes[next] / MOST_OPAQUE);
    }
  }
}

/** `#rrggbb` as numbers. */
export function rgb(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
