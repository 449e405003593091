import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { HUB, nastyGraphData, withLabelSets } from '../graph/testGraphs.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { nodeView } from './nodeView.ts';

const data = nastyGraphData(60, 1);

test('a node with its rows: by hand', async () => {
  const split = Uint8Array.of(1, 3, 0);
  const features = {
    kind: 'dense',
    rows: 3,
    cols: 4,
    values: Float32Array.of(0, 0.5, -2, 0.5, 0, 0, 0, 0, 1, 1, 1, 1),
  };
  const small = arrange({
    ...data,
    nodes: 3,
    source: Uint32Array.of(0, 0),
    target: Uint32Array.of(1, 2),
    features: features as typeof data.features,
    labels: Int32Array.of(0, 1, -1),
    splits: [split],
    nodeIds: ['tea', '0', 'Milk'],
    positions: null,
  });
  expect(await nodeView({ ...small, featureNames: ['hot', 'milk', 'price'] }, 'tea', undefined)).toEqual({
    node: 0,
    name: 'tea',
    labels: [0],
    splits: [1],
    degree: 2,
    directed: false,
    selfLoop: false,
    neighbours: [
      { node: 1, name: '0', labels: [1] },
      { node: 2, name: 'Milk', labels: [] },
    ],
    features: {
      of: 4,
      nonZero: 3,
      largest: [
        { column: 2, name: 'price', value: -2 },
        { column: 1, name: 'milk', value: 0.5 },
        { column: 3, name: null, value: 0.5 },
      ],
    },
  });
  // A name is stronger than a number, and case matters least.
  expect((await nodeView(small, '0', undefined)).node).toBe(1);
  expect((await nodeView(small, 0, undefined)).node).toBe(0);
  expect((await nodeView(small, ' 2 ', undefined)).node).toBe(2);
  expect((await nodeView(small, 'milk', undefined)).node).toBe(2);
  await expect(nodeView(small, '3', undefined)).rejects.toThrow(
    `${small.name} has no node "3": type one of its names, or a number from 0 to 2.`,
  );
  await expect(nodeView({ ...small, nodeIds: null }, 'tea', undefined)).rejects.toThrow(/type a number from 0 to 2/);
});

test('all labels of a node and of its neighbours, where some have several', async () => {
  const several = arrange(withLabelSets(data));
  const told = await nodeView(several, HUB, undefined);
  expect(told.labels).toEqual([0, 1]);
  // Node 1 has its class alone, node 3 the next one too, which begins anew; node 8 has none.
  const of = (node: number) => told.neighbours.find((neighbour) => neighbour.node === node)?.labels;
  expect([of(1), of(3), of(8)]).toEqual([[1], [0, 3], []]);
});

test('in-edges of a graph with directions, and a self-loop that was kept', async () => {
  const edges = { source: Uint32Array.of(0, 1, 1), target: Uint32Array.of(1, 1, 2) };
  const oneWay = arrange({ ...data, ...edges }, { directed: true, selfLoops: 'keep' });
  const told = await Promise.all([0, 1, 2].map((node) => nodeView(oneWay, node, undefined)));
  expect(told.map(({ degree, directed, selfLoop }) => ({ degree, directed, selfLoop }))).toEqual([
    { degree: 0, directed: true, selfLoop: false },
    { degree: 2, directed: true, selfLoop: true },
    { degree: 1, directed: true, selfLoop: false },
  ]);
});

test.each([
  ['one label', data],
  ['several labels', withLabelSets(data)],
])('a graph that stays in its store tells the same: %s per node', async (_, given) => {
  const graph = arrange(given);
  const store = memoryStore();
  const { id } = await ingest(graph, store, { chunkBytes: 64 });
  const stored = await openStored(store, id);
  for (const node of [HUB, 1, 7, graph.nodes - 1]) {
    expect(await nodeView(stored, node, store)).toEqual(await nodeView(graph, node, undefined));
  }
  expect((await nodeView(stored, HUB, store)).neighbours).toHaveLength(20);
});

test('one learned vector per node is no feature', async () => {
  const bare = arrange({ ...data, features: null });
  expect((await nodeView(bare, 5, undefined)).features).toBeNull();
});
