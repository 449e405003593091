import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { HUB, nastyGraphData } from '../graph/testGraphs.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { nodeView } from './nodeView.ts';

const data = nastyGraphData(60, 1);
const graph = arrange(data);

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
  expect(await nodeView({ graph: small, featureNames: ['hot', 'milk', 'price'] }, 'tea', undefined)).toEqual({
    node: 0,
    name: 'tea',
    label: 0,
    splits: [1],
    degree: 2,
    neighbours: [
      { node: 1, name: '0', label: 1 },
      { node: 2, name: 'Milk', label: -1 },
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
  expect((await nodeView({ graph: small }, '0', undefined)).node).toBe(1);
  expect((await nodeView({ graph: small }, 0, undefined)).node).toBe(0);
  expect((await nodeView({ graph: small }, ' 2 ', undefined)).node).toBe(2);
  expect((await nodeView({ graph: small }, 'milk', undefined)).node).toBe(2);
  await expect(nodeView({ graph: small }, '3', undefined)).rejects.toThrow(
    `${small.name} has no node "3": type one of its names, or a number from 0 to 2.`,
  );
  await expect(nodeView({ graph: { ...small, nodeIds: null } }, 'tea', undefined)).rejects.toThrow(
    /type a number from 0 to 2/,
  );
});

test('a graph that stays in its store tells the same', async () => {
  const store = memoryStore();
  const { id } = await ingest(graph, store, { chunkBytes: 64 });
  const stored = await openStored(store, id);
  for (const node of [HUB, 1, 7, graph.nodes - 1]) {
    expect(await nodeView({ graph: stored }, node, store)).toEqual(await nodeView({ graph: graph }, node, undefined));
  }
  expect((await nodeView({ graph: stored }, HUB, store)).neighbours).toHaveLength(20);
});

test('one learned vector per node is no feature', async () => {
  const bare = arrange({ ...data, features: null });
  expect((await nodeView({ graph: bare }, 5, undefined)).features).toBeNull();
});
