import type { Series } from './series.ts';

/** Where a chart draws which epoch: its margins in pixels, and the epochs at the two ends of the axis between them. */
export interface XScale {
  readonly left: number;
  readonly right: number;
  readonly from: number;
  readonly to: number;
}

/** Pixels from the left of a drawing of that width; null outside of its axis. */
export function pixelOf({ left, right, from, to }: XScale, width: number, epoch: number): number | null {
  const share = (epoch - from) / (to - from);
  return share >= 0 && share <= 1 ? left + share * (width - left - right) : null;
}

/** The whole epoch nearest to a pixel; null beside the axis, and where it is none that the chart has. */
export function epochAt({ left, right, from, to }: XScale, width: number, pixel: number, last: number): number | null {
  const share = (pixel - left) / (width - left - right);
  // A drawing narrower than its margins has none.
  if (width <= left + right || share < 0 || share > 1) return null;
  const epoch = Math.max(1, Math.round(from + share * (to - from)));
  return epoch <= last ? epoch : null;
}

/** What a series has at an epoch, of a curve of few points at the nearest of them; NaN before its first and after its last. */
export function valueAt({ x, y }: Pick<Series, 'x' | 'y'>, epoch: number): number {
  if (x.length === 0 || epoch < x[0] || epoch > x[x.length - 1]) return Number.NaN;
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= epoch) low = middle;
    else high = middle;
  }
  return y[epoch - x[low] <= x[high] - epoch ? low : high];
}

export function lastEpoch(series: readonly Series[]): number {
  return series.reduce((last, { x }) => Math.max(last, x.at(-1) ?? 0), 0);
}
