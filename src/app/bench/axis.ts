/** Axes of the benchmark's charts: where they begin and end, and what is written at them. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Where a value lies, as a fraction of the axis. */
  at(value: number): number;
}

const STEPS = [1, 2, 5];

/** A logarithmic axis over positive numbers, from a round number below the smallest to one above the largest. */
export function logAxis(values: readonly number[]): Axis {
  const positive = values.filter((value) => value > 0);
  const [min, max] = positive.length > 0 ? [Math.min(...positive), Math.max(...positive)] : [1, 10];
  const decades = [Math.floor(Math.log10(min)) - 1, Math.ceil(Math.log10(max)) + 1];
  const round: number[] = [];
  for (let power = decades[0]; power <= decades[1]; power++) {
    // Powers below one are not exact: 1e-3 · 5 is, 10 ** -3 · 5 need not be.
    for (const step of STEPS) round.push(Number(`${step}e${power}`));
  }
  // The smallest value keeps some length as a bar.
  const low = round.findLast((value) => value <= min / 1.2)!;
  const high = round.find((value) => value >= max)!;
  const inside = round.filter((value) => value >= low && value <= high);
  // More labels than this run into each other on a narrow page.
  const wide = inside.length > 5;
  const isPower = (value: number) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  return {
    low,
    high,
    ticks: wide ? inside.filter(isPower) : inside,
    at: (value) => (value > 0 ? clamp(Math.log(value / low) / Math.log(high / low)) : 0),
  };
}

/** A linear axis over fractions; from 0 where bars stand on it. */
export function linearAxis(values: readonly number[], fromZero: boolean): Axis {
  const [min, max] = values.length > 0 ? [fromZero ? 0 : Math.min(...values), Math.max(...values)] : [0, 1];
  const span = Math.max(max - min, 0.02);
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((size) => span / size <= 5) ?? 1;
  const low = Math.floor(min / step) * step;
  const high = Math.max(Math.ceil(max / step - 1e-9) * step, low + step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  return { low, high, ticks, at: (value) => clamp((value - low) / (high - low)) };
}

const clamp = (share: number) => Math.min(1, Math.max(0, share));
