import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { entryOf } from '../graph/csr.ts';
import { HUB, nastyGraphData, withLabelSets } from '../graph/testGraphs.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { neighbourhood } from './neighbourhood.ts';

const graph = arrange(withLabelSets(nastyGraphData(400, 1)));
const { indptr, indices } = graph.adjacency;

test('a bounded sample around a hub: real edges, each node nearer by one edge through another', async () => {
  const view = await neighbourhood(graph, { which: HUB, draw: 1 }, undefined, null);
  const { nodes, hops, degrees, edges, positions } = view;
  expect(nodes[0].node).toBe(HUB);
  // The hub draws 20, and 12 once more with them.
  const ring = hops.filter((hop) => hop === 1).length;
  expect(ring).toBeGreaterThanOrEqual(20);
  expect(ring).toBeLessThanOrEqual(32);
  expect(nodes.length).toBeGreaterThan(30);
  expect(nodes.length).toBeLessThanOrEqual(273);
  expect(new Set(nodes.map(({ node }) => node)).size).toBe(nodes.length);
  expect(positions).toHaveLength(2 * nodes.length);
  const nearest = new Uint8Array(nodes.length).fill(255);
  for (let e = 0; e < edges.length; e += 2) {
    const [a, b] = [nodes[edges[e]].node, nodes[edges[e + 1]].node];
    expect(entryOf(indices, indptr[a], indptr[a + 1], b)).toBeGreaterThanOrEqual(0);
    nearest[edges[e]] = Math.min(nearest[edges[e]], hops[edges[e + 1]]);
    nearest[edges[e + 1]] = Math.min(nearest[edges[e + 1]], hops[edges[e]]);
  }
  nodes.forEach(({ node, labels, name }, i) => {
    if (i > 0) expect(hops[i]).toBe(nearest[i] + 1);
    expect(degrees[i]).toBe(indptr[node + 1] - indptr[node]);
    expect(labels).toEqual([
      ...graph.labelSets!.indices.subarray(graph.labelSets!.indptr[node], graph.labelSets!.indptr[node + 1]),
    ]);
    expect(name).toBe(graph.nodeIds![node]);
    expect(view.splits.map((split) => split[i])).toEqual(graph.splits.map((split) => split[node]));
  });
});

test('the same number is the same sample, another one another; a graph in its store gives the same', async () => {
  const store = memoryStore();
  const { id } = await ingest(graph, store, { chunkBytes: 64 });
  const stored = await openStored(store, id);
  const first = await neighbourhood(graph, { which: HUB, draw: 1 }, undefined, null);
  expect(await neighbourhood(stored, { which: HUB, draw: 1 }, store, null)).toEqual(first);
  expect(await neighbourhood(graph, { which: HUB, draw: 2 }, undefined, null)).not.toEqual(first);
});

test('any node is one with neighbours; one without is there alone; what is predicted is told', async () => {
  const any = await neighbourhood(graph, { which: null, draw: 1 }, undefined, null);
  expect(any.nodes.length).toBeGreaterThan(1);
  const classes = Uint16Array.from({ length: graph.nodes }, (_, node) => node % 3);
  const confidence = Uint8Array.from({ length: graph.nodes }, (_, node) => node % 256);
  const predictions = { classes, confidence, logits: new Float32Array(0), several: false };
  const alone = await neighbourhood(graph, { which: graph.nodes - 1, draw: 1 }, undefined, predictions);
  expect(alone.nodes.map(({ node }) => node)).toEqual([graph.nodes - 1]);
  expect(alone.predicted).toEqual({ classes: Uint16Array.of(399 % 3), confidence: Uint8Array.of(399 % 256) });
  await expect(neighbourhood(graph, { which: 'nobody', draw: 1 }, undefined, null)).rejects.toThrow(/no node "nobody"/);
});
