import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { type GraphData, SPLIT } from '../formats/graphData.ts';
import { arrange } from './arrange.ts';
import { isSymmetric } from './csr.ts';
import { seedKey } from './random.ts';
import { stratifiedSplit } from './split.ts';
import { HUB, nastyGraphData } from './testGraphs.ts';

const data = (changes: Partial<GraphData> = {}): GraphData => ({
  name: 'tiny',
  nodes: 4,
  source: Uint32Array.of(0, 1, 1, 2, 2),
  target: Uint32Array.of(1, 0, 2, 2, 3),
  weight: null,
  features: null,
  labels: null,
  classNames: [],
  splits: [],
  nodeIds: null,
  positions: null,
  notes: ['kept'],
  ...changes,
});

describe('edges', () => {
  test('are used in both directions, without self-loops and duplicates', () => {
    const graph = arrange(data());
    expect([...graph.adjacency.indptr]).toEqual([0, 1, 3, 5, 6]);
    expect([...graph.adjacency.indices]).toEqual([1, 0, 2, 1, 3, 2]);
    expect(graph).toMatchObject({ edges: 3, symmetric: true, adjacency: { values: null } });
    expect(graph.notes).toEqual([
      'kept',
      '1 self-loop of tiny dropped: layers that use self-loops give one to every node.',
    ]);
  });

  test('keep self-loops when asked to: each is one edge and one entry, and its duplicates add up', () => {
    const graph = arrange(data(), { selfLoops: 'keep' });
    expect([...graph.adjacency.indptr]).toEqual([0, 1, 3, 6, 7]);
    expect([...graph.adjacency.indices]).toEqual([1, 0, 2, 1, 2, 3, 2]);
    expect(graph).toMatchObject({ edges: 4, symmetric: true, notes: ['kept'] });
    expect(arrange(data(), { selfLoops: 'keep', directed: true })).toMatchObject({ edges: 4, symmetric: false });
    const loops = { source: Uint32Array.of(1, 1, 2), target: Uint32Array.of(1, 1, 3) };
    const weighted = arrange(data({ ...loops, weight: Float32Array.of(0.5, 2, 3) }), { selfLoops: 'keep' });
    expect(weighted.adjacency).toMatchObject({ indices: Uint32Array.of(1, 3, 2), values: Float32Array.of(2.5, 3, 3) });
    expect(weighted.edges).toBe(2);
  });

  test('keep their direction when asked to: a row lists where messages come from', () => {
    const graph = arrange(data(), { directed: true });
    expect([...graph.adjacency.indptr]).toEqual([0, 1, 2, 3, 4]);
    expect([...graph.adjacency.indices]).toEqual([1, 0, 1, 2]);
    expect(graph).toMatchObject({ edges: 3, symmetric: false });
  });

  test('listed in both directions are not counted twice', () => {
    const weights = { weight: Float32Array.of(2, 2, 3, 3) };
    const both = arrange(data({ source: Uint32Array.of(0, 1, 1, 2), target: Uint32Array.of(1, 0, 2, 1), ...weights }));
    expect([...both.adjacency.values!]).toEqual([2, 2, 3, 3]);
    expect(both.notes).toEqual(['kept']);
    const once = arrange(
      data({ source: Uint32Array.of(0, 1), target: Uint32Array.of(1, 2), weight: Float32Array.of(2, 3) }),
    );
    expect(once.adjacency).toEqual(both.adjacency);
  });

  test('that are duplicates have their weights summed; weights of 1 are none', () => {
    const ends = { source: Uint32Array.of(0, 0, 2), target: Uint32Array.of(1, 1, 3) };
    const graph = arrange(data({ ...ends, weight: Float32Array.of(0.5, 2, 1) }));
    expect([...graph.adjacency.values!]).toEqual([2.5, 2.5, 1, 1]);
    expect(graph.notes).toContain('1 duplicate edge of tiny merged, their weights summed.');
    expect(arrange(data({ ...ends, weight: Float32Array.of(0.5, 0.5, 1) })).adjacency.values).toBeNull();
  });

  test('of a nasty graph end up as Graph promises', () => {
    const raw = nastyGraphData(100, 5);
    const { adjacency, edges } = arrange(raw);
    const pairs = new Set<string>();
    for (const [e, s] of raw.source.entries()) {
      if (s !== raw.target[e]) pairs.add([s, raw.target[e]].sort((a, b) => a - b).join());
    }
    expect(edges).toBe(pairs.size);
    expect(adjacency.indices.length).toBe(2 * pairs.size);
    expect(isSymmetric(adjacency)).toBe(true);
    expect(adjacency.indptr[HUB + 1] / adjacency.indices.length).toBeGreaterThanOrEqual(1 / 3);
    expect(adjacency.indptr[90]).toBe(adjacency.indptr[100]);
  });
});

describe('several labels per node', () => {
  const rows = { indptr: Uint32Array.of(0, 2, 2, 3, 4), indices: Uint32Array.of(2, 0, 1, 1) };
  const labelSets = { kind: 'sparse', rows: 4, cols: 3, ...rows, values: null } as const;
  const several = (changes: Partial<GraphData> = {}) => data({ labelSets, classNames: ['a', 'b', 'c'], ...changes });

  test('ascend, and the first is the label', () => {
    const graph = arrange(several());
    expect(graph.labelSets).toEqual({ ...labelSets, indices: Uint32Array.of(0, 2, 1, 1) });
    expect(graph.labels).toEqual(Int32Array.of(0, -1, 1, 1));
    // Node 1 may have none, or nobody may know which: it is in no split that is drawn.
    expect(graph.splits[0][1]).toBe(SPLIT.none);
    expect(graph.splits[0].filter((code) => code !== SPLIT.none).length).toBe(3);
  });

  test('of a node in a split may be none, which can be learned', () => {
    const graph = arrange(several({ splits: [Uint8Array.of(1, 1, 2, 3)] }));
    expect(graph.splits).toEqual([Uint8Array.of(1, 1, 2, 3)]);
    expect(graph.notes).toContain('1 unlabelled node in split 0 of tiny: taken as nodes that have none of the labels.');
  });

  test.each<[string, Partial<GraphData>, RegExp]>([
    ['other nodes', { labelSets: { ...labelSets, rows: 3 } }, /tiny has labels of 3 × 3, but 4 nodes and 3 classes\.$/],
    ['other classes', { classNames: ['a'] }, /tiny has labels of 4 × 3, but 4 nodes and 1 classes\.$/],
    [
      'a class that is not there',
      { labelSets: { ...labelSets, indices: Uint32Array.of(2, 0, 7, 1) } },
      /Node 2 of tiny has class 7, but classes go from 0 to 2\.$/,
    ],
  ])('of %s are refused', (_, changes, message) => {
    expect(() => arrange(several(changes))).toThrow(message);
    expect(() => arrange(several(changes))).toThrow(InputError);
  });
});

describe('what is missing', () => {
  test('features become the identity, labels -1, a split is drawn and noted', () => {
    const graph = arrange(data());
    expect(graph.features).toMatchObject({ kind: 'sparse', rows: 4, cols: 4, values: null });
    expect([...graph.labels]).toEqual([-1, -1, -1, -1]);
    expect(graph.splits).toEqual([new Uint8Array(4)]);
    const labelled = arrange(data({ labels: Int32Array.of(0, 0, 0, -1), classNames: ['a'] }), { splitSeed: 3 });
    expect([...labelled.splits[0]].sort()).toEqual([0, SPLIT.train, SPLIT.train, SPLIT.test]);
    expect(labelled.notes.at(-1)).toMatch(/no split.* seed 3/);
  });

  test('unlabelled nodes leave a given split, and a note says so', () => {
    const graph = arrange(
      data({ labels: Int32Array.of(0, -1, 0, -1), classNames: ['a'], splits: [Uint8Array.of(1, 1, 2, 0)] }),
    );
    expect(graph.splits).toEqual([Uint8Array.of(1, 0, 2, 0)]);
    expect(graph.notes).toEqual([
      'kept',
      '1 self-loop of tiny dropped: layers that use self-loops give one to every node.',
      '1 unlabelled node left out of split 0 of tiny.',
    ]);
  });

  test('order of SciPy columns is made up for', () => {
    const features = { kind: 'sparse', rows: 4, cols: 3, indptr: Uint32Array.of(0, 3, 3, 3, 3) } as const;
    const sparse = { ...features, indices: Uint32Array.of(2, 0, 2), values: Float32Array.of(1, 2, 3) };
    expect(arrange(data({ features: sparse })).features).toEqual({
      ...features,
      indptr: Uint32Array.of(0, 2, 2, 2, 2),
      indices: Uint32Array.of(0, 2),
      values: Float32Array.of(2, 4),
    });
  });
});

describe('bad input is one sentence', () => {
  const dense = (values: number[]) => ({ kind: 'dense', rows: 4, cols: 1, values: Float32Array.from(values) }) as const;
  const sparse = (indptr: number[], indices: number[], values: number[] | null = null) =>
    ({
      kind: 'sparse',
      rows: 4,
      cols: 2,
      indptr: Uint32Array.from(indptr),
      indices: Uint32Array.from(indices),
      values: values && Float32Array.from(values),
    }) as const;
  const cases: [string, Partial<GraphData>, RegExp][] = [
    ['no nodes', { nodes: 0 }, /no nodes/],
    ['an edge beyond the nodes', { target: Uint32Array.of(1, 0, 4, 2, 3) }, /Edge 2 of tiny names node 4.* 0 to 3/],
    ['targets missing', { target: Uint32Array.of(1) }, /1 edge targets where 5/],
    ['weights missing', { weight: Float32Array.of(1) }, /1 edge weights where 5/],
    ['a NaN weight', { weight: Float32Array.of(1, Number.NaN, 1, 1, 1) }, /Edge 1 of tiny weighs NaN/],
    ['a negative weight', { weight: Float32Array.of(1, 1, -2, 1, 1) }, /Edge 2 of tiny weighs -2/],
    [
      'weights that overflow',
      { weight: Float32Array.from({ length: 5 }, (_, i) => 3e38 - i * 1e37) },
      /sum is not finite/,
    ],
    ['labels missing', { labels: Int32Array.of(0), classNames: ['a'] }, /1 labels where 4/],
    ['a class too many', { labels: Int32Array.of(0, 0, 1, 0), classNames: ['a'] }, /Node 2 of tiny has class 1/],
    ['a class below -1', { labels: Int32Array.of(0, 0, 0, -2), classNames: ['a'] }, /Node 3 of tiny has class -2/],
    ['a short split', { splits: [Uint8Array.of(1)] }, /1 entries where 4/],
    ['a split code', { splits: [Uint8Array.of(1, 2, 3, 4)] }, /Node 3 in split 0 of tiny has code 4/],
    ['names missing', { nodeIds: ['a'] }, /1 node names where 4/],
    ['coordinates missing', { positions: new Float32Array(4) }, /4 node coordinates where 8/],
    ['rows of features', { features: { ...dense([1]), rows: 1 } }, /4 nodes but 1 rows of features/],
    ['no columns', { features: { ...dense([]), cols: 0 } }, /width 0/],
    ['dense values missing', { features: dense([1, 2]) }, /2 feature values where 4/],
    ['a NaN feature', { features: dense([1, 2, Number.NaN, 4]) }, /Feature 0 of node 2 of tiny is NaN/],
    [
      'an infinite feature',
      { features: sparse([0, 0, 2, 2, 2], [0, 1], [1, Infinity]) },
      /Feature 1 of node 1 .* Infinity/,
    ],
    ['offsets short', { features: sparse([0, 0], []) }, /2 row offsets of features where 5/],
    ['offsets falling', { features: sparse([0, 1, 0, 1, 1], [0]) }, /out of order at node 1/],
    ['offsets past the end', { features: sparse([0, 1, 1, 1, 3], [0]) }, /stores 1 feature entries.* end at 3/],
    ['a column too large', { features: sparse([0, 0, 1, 1, 1], [2]) }, /Node 1 of tiny has feature 2.* 0 to 1/],
  ];
  test.each(cases)('%s', (_, changes, message) => {
    expect(() => arrange(data(changes))).toThrow(InputError);
    expect(() => arrange(data(changes))).toThrow(message);
  });
});

test('the split is 60/20/20 within each class, seeded, and leaves no class without a training node', () => {
  const labels = Int32Array.from({ length: 1011 }, (_, v) => (v < 1000 ? v % 2 : v < 1001 ? 2 : -1));
  const split = stratifiedSplit(labels, 3, seedKey(1));
  const count = (label: number, code: number) => labels.filter((l, v) => l === label && split[v] === code).length;
  expect([1, 2, 3].map((code) => count(0, code))).toEqual([300, 100, 100]);
  expect([1, 2, 3].map((code) => count(1, code))).toEqual([300, 100, 100]);
  expect([1, 2, 3].map((code) => count(2, code))).toEqual([1, 0, 0]);
  expect(count(-1, SPLIT.none)).toBe(10);
  expect(stratifiedSplit(labels, 3, seedKey(1))).toEqual(split);
  expect(stratifiedSplit(labels, 3, seedKey(2))).not.toEqual(split);
});

test('an edge listed both ways with one weight counts once, whatever the other edges do', () => {
  const data = (pairs: [number, number, number][]): GraphData => ({
    ...nastyGraphData(10, 1),
    source: Uint32Array.from(pairs, ([source]) => source),
    target: Uint32Array.from(pairs, ([, target]) => target),
    weight: Float32Array.from(pairs, ([, , weight]) => weight),
  });
  const both: [number, number, number][] = [
    [0, 1, 2],
    [1, 0, 2],
    [2, 3, 5],
  ];
  const { adjacency } = arrange(data(both));
  expect([...adjacency.values!]).toEqual([2, 2, 5, 5]);
  expect([...arrange(data([...both, [3, 2, 5]])).adjacency.values!]).toEqual([2, 2, 5, 5]);
  // Two different weights are two edges: they add up.
  expect([...arrange(data([...both, [3, 2, 1]])).adjacency.values!]).toEqual([2, 2, 6, 6]);
});
