/** A mean over repetitions, and how sure it is. */
export interface MeanInterval {
  /** Samples. */
  readonly n: number;
  readonly mean: number;
  /** Half the width of Student's t interval of 95 %; null with fewer than three samples, where it would say nothing. */
  readonly half: number | null;
}

/** Fewer samples give no interval: with two, the quantile is 12.7. */
export const LEAST_SAMPLES = 3;

/** NaN of no samples, and of samples some of which are not finite. */
export function meanInterval(samples: readonly number[]): MeanInterval {
  const n = samples.length;
  const { mean, std } = meanDeviation(samples);
  return { n, mean, half: n < LEAST_SAMPLES ? null : (tQuantile(n - 1) * std) / Math.sqrt(n) };
}

/** Mean and standard deviation of the samples (divided by one less than their number; 0 of a single one). */
export function meanDeviation(samples: readonly number[]): { mean: number; std: number } {
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  const squares = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / Math.max(1, samples.length - 1)) };
}

const quantiles = new Map<number, number>();

/** The t that 95 % of Student's distribution with `df` degrees of freedom (1, 2, …) lies within, on both sides. */
export function tQuantile(df: number): number {
  const known = quantiles.get(df);
  if (known !== undefined) return known;
  let [low, high] = [0, 16];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (shareWithin(middle, df) < 0.95) low = middle;
    else high = middle;
  }
  quantiles.set(df, high);
  return high;
}

/**
 * Which share of the distribution lies within ±t: finite sums for whole degrees of freedom, 26.7.3 and 26.7.4 of Abramowitz and
 * Stegun (https://personal.math.ubc.ca/~cbm/aands/page_948.htm).
 */
function shareWithin(t: number, df: number): number {
  const angle = Math.atan(t / Math.sqrt(df));
  const cosine = Math.cos(angle);
  const odd = df % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = df === 1 ? 0 : term;
  for (let power = odd ? 3 : 2; power <= df - 2; power += 2) {
    term *= (cosine * cosine * (power - 1)) / power;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
