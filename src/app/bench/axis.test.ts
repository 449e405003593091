import { expect, test } from 'vitest';
import { linearAxis, logAxis } from './axis.ts';

test('a logarithmic axis begins and ends at round numbers around its values', () => {
  const near = logAxis([12, 34]);
  expect([near.low, near.high, near.ticks]).toEqual([10, 50, [10, 20, 50]]);
  expect(near.at(10)).toBe(0);
  expect(near.at(50)).toBe(1);
  expect(near.at(Math.sqrt(500))).toBeCloseTo(0.5, 10);
  const wide = logAxis([0.003, 4000]);
  expect(wide.ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
  // As many labels as have room beside each other.
  expect(logAxis([3.2, 59.8]).ticks).toEqual([10, 100]);
  // The smallest bar can be seen.
  const equal = logAxis([10, 10]);
  expect(equal.at(10)).toBeGreaterThan(0);
  expect(logAxis([0]).ticks.length).toBeGreaterThan(1);
});

test('a linear axis has a few steps', () => {
  const bars = linearAxis([0.31, 0.98], true);
  expect([bars.low, bars.high, bars.ticks.length]).toEqual([0, 1, 6]);
  const close = linearAxis([0.702, 0.735], false);
  expect(close.low).toBeLessThanOrEqual(0.702);
  expect(close.high).toBeGreaterThanOrEqual(0.735);
  expect(close.ticks.length).toBeLessThanOrEqual(7);
  const same = linearAxis([0.8], false);
  expect(same.high).toBeGreaterThan(same.low);
});
