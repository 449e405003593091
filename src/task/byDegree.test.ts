import { expect, test } from 'vitest';
import { accuracyByDegree, degreesOfPairs, wilsonInterval } from './byDegree.ts';

test('bins double, and begin and end with a node', () => {
  const degrees = Uint32Array.of(0, 1, 2, 3, 3, 16, 31, 32, 1);
  const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0);
  const predictions = Uint16Array.of(0, 1, 0, 0, 1, 0, 0, 1, 0);
  const bins = accuracyByDegree(labels, predictions, Uint32Array.of(1, 2, 3, 4, 5, 6), degrees);
  expect(bins.map(({ from, to, nodes, right }) => [from, to, nodes, right])).toEqual([
    [1, 1, 1, 0],
    [2, 3, 3, 2],
    [4, 7, 0, 0],
    [8, 15, 0, 0],
    [16, 31, 2, 2],
  ]);
  expect(bins.map(({ accuracy }) => accuracy)).toEqual([0, 2 / 3, Number.NaN, Number.NaN, 1]);
  expect([bins[1].low, bins[1].high]).toEqual(wilsonInterval(2, 3));
  const [isolated] = accuracyByDegree(labels, predictions, Uint32Array.of(0, 7), degrees);
  expect([isolated.from, isolated.to, isolated.nodes]).toEqual([0, 0, 1]);
  expect(accuracyByDegree(labels, predictions, new Uint32Array(0), degrees)).toEqual([]);
});

test('Wilson’s interval', () => {
  // By hand, z² = 3.841459: of 1 in 10 the middle is (0.1 + 0.192073) / 1.384146, the reach √(0.009 + 0.009604) · z / 1.384146.
  const [low, high] = wilsonInterval(1, 10);
  expect(low).toBeCloseTo(0.017876, 5);
  expect(high).toBeCloseTo(0.40415, 5);
  // No right one: from 0 to z² / (n + z²); all of them is the mirror.
  expect(wilsonInterval(0, 20)[0]).toBe(0);
  expect(wilsonInterval(0, 20)[1]).toBeCloseTo(3.841459 / 23.841459, 6);
  expect(wilsonInterval(20, 20)[0]).toBeCloseTo(20 / 23.841459, 6);
  expect(wilsonInterval(20, 20)[1]).toBe(1);
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});

test('degrees from pairs', () => {
  expect([...degreesOfPairs(4, Uint32Array.of(0, 1, 1, 2))]).toEqual([1, 2, 1, 0]);
});
