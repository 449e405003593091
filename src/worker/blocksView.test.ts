import { expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { HUB, nastyGraphData } from '../graph/testGraphs.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { blocksView } from './blocksView.ts';

const graph = arrange(nastyGraphData(400, 1));
const config = {
  ...DEFAULTS,
  'sampling.strategy': 'neighbor',
  'sampling.batchSize': 16,
  'sampling.fanOut': [30, 5],
} as const;

test('the picture shows some of each hop and counts the rest; its links are edges between what it shows', async () => {
  const { columns, links, hops, features, chunks, ...about } = await blocksView(
    graph,
    { config, node: HUB, epoch: 3 },
    undefined,
  );
  expect(about.epoch).toBe(3);
  expect(columns.map(({ nodes }) => nodes.length)).toEqual([1, 20, 20]);
  expect(columns.map(({ nodes, more }) => nodes.length + more)).toEqual([1, 30, hops[1].added]);
  expect(columns[0].nodes[0]).toMatchObject({ node: HUB, name: graph.nodeIds![HUB] });
  const { indptr, indices } = graph.adjacency;
  const node = ([column, row]: readonly [number, number]) => columns[column].nodes[row].node;
  for (const { source, target, hop } of links) {
    const [from, to] = [node(source), node(target)];
    expect(indices.subarray(indptr[to], indptr[to + 1])).toContain(from);
    expect(source[0]).toBeLessThanOrEqual(hop);
  }
  // Every node that is shown hangs on one that is.
  for (const c of [1, 2]) {
    expect(new Set(links.filter(({ source }) => source[0] === c).map(({ source }) => source[1])).size).toBe(20);
  }
  expect(features.rows).toBe(1 + 30 + hops[1].added);
  expect(features.bytes).toBe(4 * 7 * features.rows);
  expect(chunks).toBeNull();
});

test('of a graph in its store the chunks are counted that a step reads', async () => {
  const store = memoryStore();
  const { id } = await ingest(graph, store, { chunkBytes: 256 });
  const stored = await openStored(store, id);
  const request = { config, node: HUB, epoch: 1 };
  const { chunks, ...rest } = await blocksView(stored, request, store);
  expect(rest).toEqual({ ...(await blocksView(graph, request, undefined)), chunks: undefined });
  const neighbours = Math.ceil((4 * graph.adjacency.indices.length) / 256);
  expect(chunks).toMatchObject({ neighbors: { of: neighbours }, features: { of: Math.ceil((400 * 28) / 256) } });
  expect(chunks!.neighbors.touched).toBeGreaterThan(1);
  expect(chunks!.features.touched).toBeLessThan(chunks!.features.of);
  // A node without neighbours, whose features lie in one chunk or across two.
  const alone = await blocksView(stored, { ...request, node: 399 }, store);
  expect(alone.chunks!.neighbors.touched).toBe(0);
  expect([1, 2]).toContain(alone.chunks!.features.touched);
});
