/** The normal distribution in double precision, which JavaScript lacks. */

const SQRT_HALF = Math.SQRT1_2;
const DENSITY_AT_0 = 1 / Math.sqrt(2 * Math.PI);

export function normalDensity(x: number): number {
  return DENSITY_AT_0 * Math.exp(-0.5 * x * x);
}

/** Φ(x) = erfc(-x / √2) / 2, to about 1e-13 of itself. */
export function normalDistribution(x: number): number {
  const z = Math.abs(x) * SQRT_HALF;
  // The series is exact to the last digit or two of 1, so that the difference is too; further out that is not enough.
  const tail = z < 2 ? 0.5 - 0.5 * erfSeries(z) : 0.5 * erfcFraction(z);
  return x < 0 ? tail : 1 - tail;
}

/** erf(z) = 2/√π · e^(-z²) · Σ 2ⁿ z^(2n+1) / (1 · 3 ⋯ (2n+1)): no term is negative. Abramowitz and Stegun, 7.1.6. */
function erfSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** erfc(z) = e^(-z²)/√π · 1/(z + (1/2)/(z + (2/2)/(z + (3/2)/(z + ⋯)))), from the end. Abramowitz and Stegun, 7.1.14. */
function erfcFraction(z: number): number {
  let rest = z;
  for (let n = TERMS; n > 0; n--) rest = z + n / 2 / rest;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * rest);
}

/** From z = 2 on, twice as many change nothing in double precision. */
const TERMS = 60;
