import { parseValue } from '../../config/parse.ts';
import type { BudgetKey } from './budgets.ts';

/** The budget's slider: positions 0..1, bytes on a logarithmic scale, and an end stop that means no limit (0 bytes). */

export interface BudgetRange {
  readonly min: number;
  readonly max: number;
}

/** The scale ends here; beyond half of what is left, there is no limit. */
const SCALE_END = 0.94;
/** What an arrow key changes. */
const STEP = 1.05;
const UNITS = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** Around what the run takes without a limit, in steps, so that the scale rests while a width is changed; wider where the budget is. */
export function budgetRange(unlimitedBytes: number | null, budget: number): BudgetRange {
  const largest = powerOf4(2 * (unlimitedBytes ?? 32e6));
  const smallest = largest / 250;
  return { min: budget > 0 ? Math.min(smallest, budget) : smallest, max: Math.max(largest, powerOf4(budget)) };
}

/** 1, 4, 16 … MB, at least `bytes`. */
const powerOf4 = (bytes: number) => 1e6 * 4 ** Math.max(0, Math.ceil(Math.log2(bytes / 1e6) / 2));

/** 0..1; `bytes` 0 is the end stop. */
export function positionOf(bytes: number, { min, max }: BudgetRange): number {
  if (bytes === 0) return 1;
  const share = Math.log(bytes / min) / Math.log(max / min);
  return SCALE_END * Math.min(1, Math.max(0, share));
}

/** Bytes with three digits, or 0 at the end stop. */
export function bytesAt(position: number, { min, max }: BudgetRange): number {
  if (position > (1 + SCALE_END) / 2) return 0;
  const share = Math.min(1, Math.max(0, position / SCALE_END));
  return threeDigits(min * (max / min) ** share);
}

/** One step of the keyboard: 5 % more or less; above the largest there is no limit. */
export function stepBudget(bytes: number, direction: 1 | -1, { min, max }: BudgetRange): number {
  if (bytes === 0) return direction === 1 ? 0 : max;
  if (direction === 1 && bytes >= max) return 0;
  return Math.min(max, Math.max(min, threeDigits(direction === 1 ? bytes * STEP : bytes / STEP)));
}

/** Bytes as exact decimal text that `parseBudget` reads back: `64 MB`, `4.816316 MB`, `no limit`. */
export function budgetText(bytes: number): string {
  if (bytes === 0) return 'no limit';
  const [unit, size] = unitOf(bytes);
  return `${bytes / size} ${unit}`;
}

/** The same with at most four digits, for sentences and labels. */
export function shortBudget(bytes: number): string {
  const [unit, size] = unitOf(bytes);
  return `${Number((bytes / size).toPrecision(4))} ${unit}`;
}

const unitOf = (bytes: number) => UNITS.find(([, size]) => bytes >= size) ?? (['B', 1] as const);

/** Bytes of what was typed; nothing, 0, `no limit`, `none` and `unlimited` are no limit. @throws InputError */
export function parseBudget(text: string, key: BudgetKey = 'memory.gpuBudget'): number {
  const trimmed = text.trim();
  return /^(|no limit|none|unlimited|∞)$/i.test(trimmed) ? 0 : parseValue(key, trimmed);
}

function threeDigits(bytes: number): number {
  return Math.round(Number(bytes.toPrecision(3)));
}
