/** Medians with intervals. These machines are noisy: ratios within one run mean more than times. */
export interface Interval {
  readonly median: number;
  readonly lo: number;
  readonly hi: number;
}

/**
 * Median and a distribution-free interval for it of at least 95 % confidence, from order statistics: the ranks come from the
 * binomial distribution with p = 1/2. Below six samples no such interval exists, and lo and hi are the extremes.
 */
export function medianInterval(samples: readonly number[]): Interval {
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  const middle = n % 2 === 1 ? sorted[n >> 1] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  // Largest rank r with P(fewer than r samples below the median) <= 2.5 %.
  let rank = 0;
  let probability = 0.5 ** n;
  for (let k = 0, sum = probability; sum <= 0.025; sum += probability) {
    rank = ++k;
    probability *= (n - k + 1) / k;
  }
  const lo = Math.max(0, rank - 1);
  return { median: middle, lo: sorted[lo], hi: sorted[n - 1 - lo] };
}

/** How a measurement changed while it was repeated. */
export interface Drift {
  /** Median of the last third of the samples in that of the first third; 1 where there are too few to tell. */
  readonly ratio: number;
  readonly throttled: boolean;
}

/** Slower than this, and beyond the interval of the first third, is no noise. */
const MOST_DRIFT = 1.15;

/**
 * Whether the device slowed down: a processor or GPU that grows hot, or that something else has taken a part of, takes longer
 * for the same work. `samples` are times in the order in which they were taken.
 */
export function driftOf(samples: readonly number[]): Drift {
  const third = Math.floor(samples.length / 3);
  if (third < 2) return { ratio: 1, throttled: false };
  const first = medianInterval(samples.slice(0, third));
  const last = medianInterval(samples.slice(-third));
  const ratio = last.median / first.median;
  return { ratio, throttled: ratio > MOST_DRIFT && last.median > first.hi };
}

/** Of several measurements the one that says most: the largest drift, of a throttled one where there is any. */
export function worstDrift(drifts: readonly Drift[]): Drift {
  const throttled = drifts.filter((one) => one.throttled);
  const candidates = throttled.length > 0 ? throttled : drifts;
  return candidates.reduce((worst, one) => (one.ratio > worst.ratio ? one : worst), {
    ratio: candidates[0]?.ratio ?? 1,
    throttled: throttled.length > 0,
  });
}
