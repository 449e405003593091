import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GraphData } from '../formats/graphData.ts';
import { labelBuilder } from '../formats/labels.ts';
import { readGraphFiles } from '../formats/open.ts';
import { arrange } from './arrange.ts';
import type { Graph } from './graph.ts';
import { homophilyCounter, statistics } from './statistics.ts';
import { nastyGraphData, withLabelSets } from './testGraphs.ts';

/** A path a-b-c-d-e beside the lone node f, and an edge from e to itself. */
const PATH: GraphData = {
  name: 'path',
  nodes: 6,
  source: Uint32Array.of(0, 1, 2, 3, 4),
  target: Uint32Array.of(1, 2, 3, 4, 4),
  weight: null,
  features: null,
  labels: Int32Array.of(0, 0, 1, 1, -1, 1),
  classNames: ['red', 'blue'],
  splits: [Uint8Array.of(1, 2, 3, 3, 0, 0)],
  nodeIds: null,
  positions: null,
  notes: [],
};

function homophilyOf(graph: Graph) {
  const counter = homophilyCounter(graph);
  counter.add(graph.adjacency, 0);
  return counter.finish();
}

const counted = (graph: Graph) => statistics(graph, homophilyOf(graph));

describe('the statistics of a path', () => {
  test('are those counted by hand', () => {
    const { degrees, classes, splits, homophily } = counted(arrange(PATH));
    expect(degrees).toEqual({ bins: [1, 2, 3], mean: 8 / 6, median: 1.5, largest: 2 });
    expect(classes).toEqual({ nodes: [2, 3], unlabelled: 1 });
    expect(splits).toEqual([{ train: 1, validation: 1, test: 2 }]);
    // Of a-b, b-c and c-d two stay within a class. Red has the ends a, b, b, blue the ends c, c, d: chance gives a half.
    expect(homophily).toEqual({ edge: 2 / 3, adjusted: expect.closeTo(1 / 3) });
  });

  test('count a self-loop that was kept as a neighbour, and never as homophily', () => {
    const kept = counted(arrange(PATH, { selfLoops: 'keep' }));
    expect(kept.degrees).toMatchObject({ bins: [1, 1, 4], largest: 2 });
    expect(kept.homophily?.edge).toBe(2 / 3);
  });

  test('are the same from its rows in pieces', () => {
    const graph = arrange(PATH);
    const { indptr, indices } = graph.adjacency;
    const counter = homophilyCounter(graph);
    for (const [first, end] of [
      [0, 2],
      [2, 3],
      [3, 6],
    ]) {
      const rows = Uint32Array.from(indptr.subarray(first, end + 1), (at) => at - indptr[first]);
      counter.add({ indptr: rows, indices: indices.subarray(indptr[first], indptr[end]) }, first);
    }
    expect(counter.finish()).toEqual(homophilyOf(graph));
  });
});

test('degrees fall into bins that double: 0, 1, 2 to 3, 4 to 7, 8 to 15', () => {
  const star = { ...PATH, nodes: 9, source: new Uint32Array(8), target: Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const graph = arrange({ ...star, labels: new Int32Array(9), splits: [] });
  expect(counted(graph).degrees.bins).toEqual([0, 8, 0, 0, 1]);
  // One class alone: every edge stays within it, and chance says so too.
  expect(homophilyOf(graph)).toEqual({ edge: 1, adjusted: null });
});

test('where nodes have several classes each counts, and homophily is the mean likeness of the sets', () => {
  const sets = labelBuilder();
  for (const set of [[0], [0, 1], [1], [], [1], []]) {
    for (const label of set) sets.add(label);
    sets.endNode();
  }
  const path = arrange({ ...PATH, ...sets.finish(2), splits: [] });
  // a-b and b-c share one of two classes, the others lead to a node without any.
  expect(homophilyOf(path)).toEqual({ edge: 1 / 2, adjusted: null });
  expect(counted(path).classes).toEqual({ nodes: [2, 3], unlabelled: 2 });
});

test('of a larger graph whose nodes have several classes the counts are those of its sets', () => {
  const graph = arrange(withLabelSets(nastyGraphData(60, 1)));
  const { classes } = counted(graph);
  expect(classes.nodes.reduce((sum, n) => sum + n)).toBe(graph.labelSets!.indices.length);
  expect(classes.unlabelled).toBe(graph.labels.filter((label) => label < 0).length);
});

test('without labels there is nothing to say about classes', () => {
  const { classes, homophily } = counted(arrange({ ...PATH, labels: null, classNames: [], splits: [] }));
  expect([classes, homophily]).toEqual([{ nodes: [], unlabelled: 6 }, null]);
});

// https://github.com/yandex-research/heterophilous-graphs, the table of its README.
test.skipIf(!process.env.EDGEWISE_DATA).each([
  ['minesweeper', 0.68, 0.01, 7.88],
  ['tolokers', 0.59, 0.09, 88.28],
])('%s has the homophily that its authors publish', (name, edge, adjusted, mean) => {
  const bytes = readFileSync(join(process.env.EDGEWISE_DATA!, 'heterophilous', `${name}.npz`));
  const { homophily, degrees } = counted(arrange(readGraphFiles([{ name: `${name}.npz`, bytes }])));
  expect(homophily?.edge).toBeCloseTo(edge, 2);
  expect(homophily?.adjusted).toBeCloseTo(adjusted, 2);
  expect(degrees.mean).toBeCloseTo(mean, 2);
});
