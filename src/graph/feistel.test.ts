import { expect, test } from 'vitest';
import { feistel } from './feistel.ts';
import { seedKey } from './random.ts';

test.each([1, 2, 3, 5, 16, 17, 1000, 4097])('of %i numbers each comes up once, and the way back leads back', (size) => {
  const { forward, backward } = feistel(size, seedKey(1));
  const images = Array.from({ length: size }, (_, x) => forward(x));
  expect(new Set(images).size).toBe(size);
  expect(Math.max(...images)).toBe(size - 1);
  expect(images.map(backward)).toEqual([...images.keys()]);
});

test('numbers beyond 2^31 are numbered anew too', () => {
  const size = 2 ** 32 - 5;
  const { forward, backward } = feistel(size, seedKey(2));
  const numbers = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, size - 1];
  const images = numbers.map(forward);
  expect(images.every((image) => image >= 0 && image < size)).toBe(true);
  expect(images.map(backward)).toEqual(numbers);
});

/** 100 cells of equal chance; 5 standard deviations of chi-squared, whose variance is twice the degrees of freedom. */
test('neighbours end up anywhere', () => {
  const size = 100_000;
  const { forward } = feistel(size, seedKey(3));
  const cells = new Float64Array(100);
  const tenth = (x: number) => Math.floor((forward(x) * 10) / size);
  for (let x = 0; x + 1 < size; x += 2) cells[10 * tenth(x) + tenth(x + 1)]++;
  const expected = size / 200;
  const statistic = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(statistic).toBeLessThan(99 + 5 * Math.sqrt(2 * 99));
  expect(feistel(size, seedKey(4)).forward(0)).not.toBe(forward(0));
});
