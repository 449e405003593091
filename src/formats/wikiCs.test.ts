import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readGraphFiles } from './open.ts';

const FILE = {
  features: [
    [0.5, 1],
    [0, -2],
    [3, 0.25],
  ],
  labels: [1, 0, 1],
  links: [[1, 2], [], [2, 0]],
  train_masks: [
    [true, false, false],
    [false, true, false],
  ],
  val_masks: [
    [false, true, false],
    [true, false, false],
  ],
  stopping_masks: [
    [false, false, false],
    [false, false, false],
  ],
  test_mask: [false, false, true],
};
const read = (json: unknown) =>
  readGraphFiles([{ name: 'data.json', bytes: new TextEncoder().encode(JSON.stringify(json)) }]);

describe('the JSON of Wiki-CS', () => {
  test('is a graph with its splits, which share their test nodes', () => {
    const graph = read(FILE);
    expect(graph).toMatchObject({ name: 'data', nodes: 3, classNames: ['class 0', 'class 1'], nodeIds: null });
    expect([[...graph.source], [...graph.target]]).toEqual([
      [0, 0, 2, 2],
      [1, 2, 2, 0],
    ]);
    expect(graph.features).toMatchObject({ kind: 'dense', cols: 2, values: Float32Array.of(0.5, 1, 0, -2, 3, 0.25) });
    expect([...graph.labels!]).toEqual([1, 0, 1]);
    expect(graph.splits.map((split) => [...split])).toEqual([
      [1, 2, 3],
      [2, 1, 3],
    ]);
    expect(graph.notes).toEqual(['Not read: stopping_masks of data.json; val_masks validate.']);
  });

  test('may come without masks', () => {
    const { train_masks: _, val_masks: __, stopping_masks: ___, test_mask: ____, ...bare } = FILE;
    expect(read(bare)).toMatchObject({ nodes: 3, splits: [], notes: [] });
  });

  test.each<[string, object, RegExp]>([
    ['links to no node', { links: [[1, 3], [], []] }, /links\[0\]: leads to no node; number nodes from 0 to 2/],
    ['links that are no list', { links: [[], 'a', []] }, /links\[1\]: is no list/],
    ['no nodes', { links: [] }, /links: is empty/],
    ['too few labels', { labels: [0] }, /labels: has 1 entries; give one per node, of 3 nodes/],
    ['a class that is none', { labels: [0, 0.5, 1] }, /labels\[1\]: is no class/],
    ['a feature that is none', { features: [[1], [null], [3]] }, /features\[1\]: feature 0 is no number/],
    ['rows of different lengths', { features: [[1], [1, 2], [3]] }, /features\[1\]: has 2 features/],
    [
      'a node in two parts',
      { test_mask: [true, false, true] },
      /test_mask: node 0 is neither true nor false, or in two/,
    ],
    ['a mask too short', { test_mask: [true] }, /test_mask: has 1 entries/],
    ['masks of other splits', { val_masks: [] }, /2 train_masks, but 0 val_masks/],
    ['no test mask', { test_mask: undefined }, /test_mask: is no list/],
  ])('with %s is refused in one sentence', (_, change, sentence) => {
    expect(() => read({ ...FILE, ...change })).toThrow(InputError);
    expect(() => read({ ...FILE, ...change })).toThrow(sentence);
  });
});
