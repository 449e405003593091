import { expect, test } from 'vitest';
import { epochAt, pixelOf, valueAt } from './xScale.ts';

const scale = { left: 40, right: 10, from: 0, to: 100 };

test('the pixel of an epoch is under the pointer that finds it', () => {
  for (const epoch of [1, 17, 50, 100]) {
    expect(epochAt(scale, 450, pixelOf(scale, 450, epoch)!, 100)).toBe(epoch);
  }
  expect(pixelOf(scale, 450, 50)).toBe(240);
});

test('there is nothing beside the axis, beyond the last epoch, and before a zoom', () => {
  expect(epochAt(scale, 450, 39, 100)).toBeNull();
  expect(epochAt(scale, 450, 441, 100)).toBeNull();
  expect(epochAt(scale, 450, 240, 49)).toBeNull();
  expect(pixelOf({ ...scale, from: 20 }, 450, 19)).toBeNull();
  expect(epochAt(scale, 40, 40, 100)).toBeNull();
});

test('a drawing that begins at zero has no epoch 0', () => {
  expect(epochAt(scale, 450, 40, 100)).toBe(1);
});

test('a series tells its value at an epoch, and none beyond its ends', () => {
  const every = { x: [1, 2, 3, 4], y: [10, 20, Number.NaN, 40] };
  expect([1, 2, 3, 4].map((epoch) => valueAt(every, epoch))).toEqual([10, 20, Number.NaN, 40]);
  expect([valueAt(every, 0), valueAt(every, 5), valueAt({ x: [], y: [] }, 1)]).toEqual([NaN, NaN, NaN]);
  const few = { x: [1, 11, 21], y: [1, 2, 3] };
  expect([5, 7, 16, 17, 21].map((epoch) => valueAt(few, epoch))).toEqual([1, 2, 2, 3, 3]);
});
