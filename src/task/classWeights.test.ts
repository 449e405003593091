import { expect, test } from 'vitest';
import { classWeights, totalWeight } from './classWeights.ts';

// Nodes 0 to 5 train; of class 2 no node does.
const labelSets = null;
const labels = Int32Array.of(0, 0, 0, 0, 1, 3, 2, 1, -1);
const split = Uint8Array.of(1, 1, 1, 1, 1, 1, 2, 3, 0);

test('balanced classes have the same weight together, and nodes 1 in the mean', () => {
  const weights = classWeights('balanced', labels, split, 4)!;
  // n = 6, three classes with 4, 1 and 1 nodes.
  expect([...weights]).toEqual([0.5, 2, 1, 2]);
  expect(totalWeight(weights, { labels, labelSets }, Uint32Array.of(0, 1, 2, 3, 4, 5))).toBe(6);
  expect(totalWeight(weights, { labels, labelSets }, Uint32Array.of(0, 5, 6))).toBe(3.5);
});

test('without weights nodes are counted', () => {
  expect(classWeights('none', labels, split, 4)).toBeNull();
  expect(totalWeight(null, { labels, labelSets }, Uint32Array.of(0, 7))).toBe(2);
});
