/** What a chart draws, and how few points are enough. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly dash?: boolean;
  /** Drawn behind the others, fainter. */
  readonly faint?: boolean;
  readonly x: readonly number[];
  /** Aligned with `x`; NaN is a gap. */
  readonly y: readonly number[];
  /** What a mean may be from and to, aligned with `x`. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
}

/** A horizontal line that the curves are held against. */
export interface ReferenceLine {
  readonly y: number;
  readonly label: string;
}

export type Unit = 'percent' | 'ms' | 'bytes' | 'loss';

/** At most this many points of a series are drawn. */
export const MOST_POINTS = 500;

/**
 * At most `most` points, first and last among them. Of each bucket in between the lowest and the highest stay, so that a spike
 * of one epoch survives; a gap stays a gap.
 */
export function decimate({ x, y }: Pick<Series, 'x' | 'y'>, most = MOST_POINTS): { x: number[]; y: number[] } {
  const { length } = x;
  if (length <= most) return { x: [...x], y: [...y] };
  const kept: number[] = [0];
  const buckets = Math.floor((most - 2) / 2);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * (length - 2)) / buckets);
    const to = 1 + Math.floor(((bucket + 1) * (length - 2)) / buckets);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      // A comparison with NaN is false: where the first of a bucket is a gap, any number takes its place.
      if (y[i] < y[low] || Number.isNaN(y[low])) low = i;
      if (y[i] > y[high] || Number.isNaN(y[high])) high = i;
    }
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  kept.push(length - 1);
  return { x: kept.map((i) => x[i]), y: kept.map((i) => y[i]) };
}

/** The lowest and the highest number of some series, null where there is none. */
export function rangeOf(series: readonly Pick<Series, 'y'>[]): readonly [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { y } of series) {
    for (const value of y) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

/** Each series on top of those before it. */
export function stacked(series: readonly Series[]): Series[] {
  const sums: number[] = [];
  return series.map((one) => ({
    ...one,
    y: one.y.map((value, i) => {
      sums[i] = (sums[i] ?? 0) + (Number.isFinite(value) ? value : 0);
      return sums[i];
    }),
  }));
}
