import { describe, expect, test } from 'vitest';
import { arrange } from './arrange.ts';
import { batchBytes, type Capacity, probe, worstCase } from './capacity.ts';
import { powerLawGraph } from './generators.ts';
import { driveSync, memoryServer } from './memoryServer.ts';
import { epochBatches, sampleNeighbors } from './neighborSampler.ts';
import { seedKey } from './random.ts';

const graph = arrange(powerLawGraph(3000, 12_000, 1));
const { adjacency, nodes } = graph;
const serve = memoryServer(graph);
const weighted = arrange({ ...powerLawGraph(3000, 12_000, 1), weight: new Float32Array(12_000).fill(2) });
const all = Uint32Array.from({ length: nodes }, (_, v) => v);
const locals = new Uint32Array(nodes);

function sizes(seeds: Uint32Array, fanOut: number[], seed: number, from = serve): Capacity & { bytes: number } {
  const { blocks } = driveSync(sampleNeighbors(seeds, fanOut, seedKey(seed), locals), from);
  const arrays = blocks.flatMap(({ adjacency: { indptr, indices, values }, ...block }) => [
    ...[indptr, indices, values, block.nodes, block.edgeIds, block.importance, block.loops],
  ]);
  const inner = [...blocks].reverse();
  return {
    nodes: [seeds.length, ...inner.map((block) => block.nodes.length)],
    edges: inner.map((block) => block.edgeIds.length),
    bytes: arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), seeds.byteLength),
  };
}

const within = (seen: Capacity, bound: Capacity) =>
  seen.nodes.every((n, i) => n <= bound.nodes[i]) && seen.edges.every((e, i) => e <= bound.edges[i]);

describe('worstCase', () => {
  test.each([[[5, 5]], [[-1]], [[-1, 3]], [[2, -1, 2]]])('no batch exceeds it: fan-out %j', (fanOut) => {
    const bound = worstCase(adjacency.indptr, 20, fanOut);
    for (let seed = 0; seed < 5; seed++) {
      for (const seeds of epochBatches(all, 20, seedKey(seed)).slice(0, 20)) {
        expect(within(sizes(seeds, fanOut, seed), bound)).toBe(true);
      }
    }
    const byDegree = [...all].sort((a, b) => degreeOf(b) - degreeOf(a)).slice(0, 20);
    const hardest = sizes(Uint32Array.from(byDegree), fanOut, 0);
    expect(within(hardest, bound)).toBe(true);
    expect(hardest.edges[0]).toBe(bound.edges[0]);
  });

  const degreeOf = (v: number) => adjacency.indptr[v + 1] - adjacency.indptr[v];

  test('is at most N nodes and E edges, and exactly that for all seeds and all neighbours', () => {
    const bound = worstCase(adjacency.indptr, nodes + 5, [-1, -1]);
    expect(bound).toEqual({
      nodes: [nodes, nodes, nodes],
      edges: [adjacency.indices.length, adjacency.indices.length],
    });
    expect(within(sizes(all, [-1, -1], 1), bound)).toBe(true);
  });

  test('follows the product of the fan-outs where degrees allow', () => {
    const complete = Uint32Array.from({ length: 10_001 }, (_, v) => v * 100);
    expect(worstCase(complete, 4, [10, 5])).toEqual({ nodes: [4, 44, 264], edges: [40, 220] });
  });
});

test('batchBytes counts the arrays of a batch to the byte', () => {
  const [seeds] = epochBatches(all, 50, seedKey(2));
  const seen = sizes(seeds, [4, 4], 2);
  expect(batchBytes(seen, false)).toBe(seen.bytes);
  const heavier = sizes(seeds, [4, 4], 2, memoryServer(weighted));
  expect(batchBytes(heavier, true)).toBe(heavier.bytes);
});

describe('probe', () => {
  const fanOut = [5, 5];
  const worst = worstCase(adjacency.indptr, 50, fanOut);
  const run = (batches: number, margin: number, seed = 3) =>
    driveSync(
      probe({ trainNodes: all, batchSize: 50, fanOut, key: seedKey(seed), batches, margin, worst, locals }),
      serve,
    );

  test('draws no further batch once it has asked for enough, and at least one', () => {
    const limited = (rows: number) =>
      driveSync(
        probe({ trainNodes: all, batchSize: 50, fanOut, key: seedKey(4), batches: 8, rows, margin: 0, worst, locals }),
        serve,
      );
    expect(limited(1)).toEqual(run(1, 0, 4));
    expect(limited(400)).toEqual(run(2, 0, 4));
    expect(run(2, 0, 4)).not.toEqual(run(1, 0, 4));
  });

  test('is seeded, grows with batches and margin, and stays within the worst case', () => {
    expect(run(10, 0)).toEqual(run(10, 0));
    expect(within(run(10, 0), run(70, 0))).toBe(true);
    expect(within(run(10, 0), run(10, 0.2))).toBe(true);
    expect(run(10, 0)).not.toEqual(run(10, 0.2));
    expect(within(run(10, 100), worst)).toBe(true);
    expect(run(10, 100).edges).toEqual(worst.edges);
    expect(run(10, 0.2).nodes[0]).toBe(50);
  });

  test('holds for most batches that come later, and is far below the worst case', () => {
    const found = run(20, 0.2);
    const later = epochBatches(all, 50, seedKey(99)).map((seeds, i) => within(sizes(seeds, fanOut, i), found));
    expect(later.filter((fits) => fits).length / later.length).toBeGreaterThan(0.95);
    expect(found.nodes[2]).toBeLessThan(0.9 * worst.nodes[2]);
  });

  test('takes no training nodes', () => {
    const none = { trainNodes: new Uint32Array(0), batchSize: 5, fanOut, key: seedKey(1), batches: 3, margin: 0 };
    expect(driveSync(probe({ ...none, worst, locals }), serve).edges).toEqual([0, 0]);
  });
});
