import { expect, test } from 'vitest';
import { isFar, isOver, shareOf } from './rungScale.ts';

const rung = { forecast: 100, held: 40, peak: 80, budget: 0 };

test('a rung begins at 0, in proportion, and its largest number is on it', () => {
  expect(shareOf(0, rung)).toBe(0);
  expect(shareOf(80, rung) / shareOf(40, rung)).toBeCloseTo(2, 12);
  for (const [most, changes] of [
    [100, {}],
    [120, { held: 120 }],
    [130, { peak: 130 }],
    [390, { budget: 390 }],
  ] as const) {
    const share = shareOf(most, { ...rung, ...changes });
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1);
  }
});

test('a budget far above all that is held is off the scale, and leaves the bars as they are', () => {
  const far = { ...rung, budget: 1000 };
  expect([isFar(far), isFar({ ...rung, budget: 390 }), isFar(rung)]).toEqual([true, false, false]);
  expect(shareOf(100, far)).toBe(shareOf(100, rung));
  expect(shareOf(1000, far)).toBe(1);
});

test('nothing at all is no bar', () => {
  expect(shareOf(0, { forecast: 0, held: null, peak: null, budget: 0 })).toBe(0);
});

test('over a budget is whatever of it is planned or held; no budget is no limit', () => {
  expect(isOver({ ...rung, budget: 99 })).toBe(true);
  expect(isOver({ ...rung, budget: 100 })).toBe(false);
  expect(isOver({ ...rung, held: 101, budget: 100 })).toBe(true);
  expect(isOver(rung)).toBe(false);
});
