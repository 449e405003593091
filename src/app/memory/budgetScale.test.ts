import { describe, expect, test } from 'vitest';
import { InputError } from '../../config/errors.ts';
import { budgetRange, budgetText, bytesAt, parseBudget, positionOf, shortBudget, stepBudget } from './budgetScale.ts';

const RANGE = { min: 64_000, max: 16_000_000 };

describe('the slider', () => {
  test('a position and its bytes agree, to three digits', () => {
    for (const bytes of [64_000, 100_000, 1_230_000, 4_000_000, 16_000_000]) {
      expect(bytesAt(positionOf(bytes, RANGE), RANGE)).toBe(bytes);
    }
  });

  test('equal ways are equal factors', () => {
    const middle = Math.sqrt(RANGE.min * RANGE.max);
    expect(positionOf(middle, RANGE)).toBeCloseTo(positionOf(RANGE.max, RANGE) / 2, 9);
  });

  test('the end stop is no limit, and what lies outside the scale is at its ends', () => {
    expect(positionOf(0, RANGE)).toBe(1);
    expect(bytesAt(1, RANGE)).toBe(0);
    expect(positionOf(RANGE.max, RANGE)).toBeLessThan(1);
    expect(positionOf(1, RANGE)).toBe(0);
    expect(positionOf(1e12, RANGE)).toBe(positionOf(RANGE.max, RANGE));
  });

  test('keys change it by about 5 %, up to no limit and back', () => {
    expect(stepBudget(4e6, 1, RANGE)).toBe(4.2e6);
    expect(stepBudget(4e6, -1, RANGE)).toBe(3.81e6);
    expect(stepBudget(15.9e6, 1, RANGE)).toBe(16e6);
    expect(stepBudget(16e6, 1, RANGE)).toBe(0);
    expect(stepBudget(0, 1, RANGE)).toBe(0);
    expect(stepBudget(0, -1, RANGE)).toBe(16e6);
    expect(stepBudget(64_000, -1, RANGE)).toBe(64_000);
  });
});

describe('budgetRange', () => {
  test.each([
    [4_816_316, 0],
    [4_816_316, 2 * 2 ** 30],
    [4_816_316, 5000],
    [null, 0],
    [900, 0],
    [3e9, 64e6],
  ])('holds the full plan and the budget: %d, %d', (unlimited, budget) => {
    const { min, max } = budgetRange(unlimited, budget);
    expect(min).toBeGreaterThan(0);
    expect(max).toBeGreaterThan(min);
    if (unlimited !== null) expect(max).toBeGreaterThan(unlimited);
    if (budget > 0) {
      expect(min).toBeLessThanOrEqual(budget);
      expect(max).toBeGreaterThanOrEqual(budget);
    }
  });

  test('rests while the plan changes a little', () => {
    expect(budgetRange(5.2e6, 0)).toEqual(budgetRange(4.8e6, 0));
  });
});

describe('the text field', () => {
  test.each([0, 64e6, 4_816_316, 2 * 2 ** 30, 512_000, 1234, 1, 999])('reads back what it shows: %d', (bytes) => {
    expect(parseBudget(budgetText(bytes))).toBe(bytes);
  });

  test.each([
    ['64MB', 64e6],
    ['512KB', 512_000],
    [' 2 GiB ', 2 ** 31],
    ['1.5 mib', 1.5 * 2 ** 20],
    ['', 0],
    ['No limit', 0],
    ['unlimited', 0],
  ])('accepts %j', (text, bytes) => {
    expect(parseBudget(text)).toBe(bytes);
  });

  test.each(['lots', '-1', '1e99', '12 apples', 'NaN'])('refuses %j in one sentence', (text) => {
    expect(() => parseBudget(text)).toThrow(InputError);
    expect(() => parseBudget(text)).toThrow(/^memory\.gpuBudget cannot be .*\.$/);
  });

  test('labels are short', () => {
    expect(shortBudget(2 * 2 ** 30)).toBe('2.147 GB');
    expect(shortBudget(64e6)).toBe('64 MB');
    expect(shortBudget(800)).toBe('800 B');
  });
});
