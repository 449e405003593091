import { describe, expect, test } from 'vitest';
import { arrange } from './arrange.ts';
import { type Block, blockBytes, type SampledBatch } from './block.ts';
import { endWithin, watchedBytes } from './capacity.ts';
import { powerLawGraph } from './generators.ts';
import { driveSync, memoryServer } from './memoryServer.ts';
import { epochBatches, REQUEST_ROWS, sampleNeighbors, samplerScratchBytes } from './neighborSampler.ts';
import { deriveKey, seedKey } from './random.ts';
import type { RowRequest } from './request.ts';
import { type DesignName, SAMPLING_DESIGNS } from './samplingDesign.ts';
import { HUB, nastyGraphData } from './testGraphs.ts';

const graph = arrange(nastyGraphData(200, 3, true));
const { adjacency, nodes } = graph;
const serve = memoryServer(graph);
const degreeOf = (v: number) => adjacency.indptr[v + 1] - adjacency.indptr[v];

function sample(seeds: Iterable<number>, fanOut: number[], seed = 1, design?: DesignName): SampledBatch {
  const locals = new Uint32Array(nodes);
  const batch = driveSync(sampleNeighbors(Uint32Array.from(seeds), fanOut, seedKey(seed), locals, design), serve);
  expect(locals.every((word) => word === 0)).toBe(true);
  return batch;
}

/** Global target → its entries as global numbers. */
function rowsOf({ nodes, targets, adjacency: { indptr, indices, values }, edgeIds, importance }: Block) {
  return new Map(
    Array.from({ length: targets }, (_, t) => [
      nodes[t],
      Array.from(indices.subarray(indptr[t], indptr[t + 1]), (local, k) => {
        const e = indptr[t] + k;
        return { source: nodes[local], edge: edgeIds[e], weight: values?.[e] ?? 1, importance: importance?.[e] ?? 1 };
      }),
    ]),
  );
}

describe('a batch', () => {
  const seeds = [HUB, 17, 199, 4, 90];
  const { blocks, ...batch } = sample(seeds, [3, 2, 4]);

  test('has a block per hop, outermost first, each targeting the nodes of the one inside it', () => {
    expect([...batch.seeds]).toEqual(seeds);
    expect(blocks.length).toBe(3);
    expect([...blocks[2].nodes.subarray(0, blocks[2].targets)]).toEqual(seeds);
    expect(blocks[1].nodes.slice(0, blocks[1].targets)).toEqual(blocks[2].nodes);
    expect(blocks[0].nodes.slice(0, blocks[0].targets)).toEqual(blocks[1].nodes);
  });

  test('holds real edges, sorted by global id, with their ids, weights and importance', () => {
    const fans = [4, 2, 3];
    for (const [b, block] of blocks.entries()) {
      expect(new Set(block.nodes).size).toBe(block.nodes.length);
      expect(block.adjacency).toMatchObject({ rows: block.targets, cols: block.nodes.length });
      for (const [target, entries] of rowsOf(block)) {
        const degree = degreeOf(target);
        expect(entries.length).toBe(Math.min(degree, fans[b]));
        for (const [k, { source, edge, weight, importance }] of entries.entries()) {
          expect(edge).toBeGreaterThanOrEqual(adjacency.indptr[target]);
          expect(edge).toBeLessThan(adjacency.indptr[target + 1]);
          expect(source).toBe(adjacency.indices[edge]);
          expect(weight).toBe(adjacency.values![edge]);
          expect(importance).toBe(Math.fround(Math.max(1, degree / fans[b])));
          if (k > 0) expect(edge).toBeGreaterThan(entries[k - 1].edge);
        }
      }
    }
  });

  test('appends new nodes ascending, each of them the source of some edge', () => {
    for (const block of blocks) {
      const fresh = block.nodes.slice(block.targets);
      expect(fresh).toEqual(fresh.slice().sort());
      const used = new Set(block.adjacency.indices);
      for (let local = block.targets; local < block.nodes.length; local++) expect(used.has(local)).toBe(true);
    }
  });
});

test('full fan-out takes every neighbour of every node, without importance', () => {
  const [block] = sample(Array(nodes).keys(), [-1]).blocks;
  expect(block.adjacency).toEqual(adjacency);
  expect([...block.edgeIds]).toEqual([...adjacency.indices.keys()]);
  expect(block.importance).toBeNull();
  const [large] = sample(Array(nodes).keys(), [degreeOf(HUB)]).blocks;
  expect(large.adjacency).toEqual(adjacency);
  expect(large.importance).toBeNull();
});

test('what a node keeps does not depend on the rest of the batch or its order', () => {
  const all = rowsOf(sample(Array(nodes).keys(), [2]).blocks[0]);
  const reversed = rowsOf(sample([...Array(nodes).keys()].reverse(), [2]).blocks[0]);
  const alone = rowsOf(sample([HUB], [2]).blocks[0]);
  expect(new Map([...reversed].reverse())).toEqual(all);
  expect(alone.get(HUB)).toEqual(all.get(HUB));
});

const DESIGNS = Object.keys(SAMPLING_DESIGNS) as DesignName[];

describe.each(DESIGNS)('drawn by %s', (design) => {
  test('what a node keeps does not depend on the rest of the batch, its order or how rows arrive', () => {
    const all = rowsOf(sample(Array(nodes).keys(), [3], 4, design).blocks[0]);
    const reversed = rowsOf(sample([...Array(nodes).keys()].reverse(), [3], 4, design).blocks[0]);
    expect(new Map([...reversed].reverse())).toEqual(all);
    expect(rowsOf(sample([HUB], [3], 4, design).blocks[0]).get(HUB)).toEqual(all.get(HUB));
    const copied = ({ table, rows }: RowRequest) => serve({ table, rows });
    const start = () => sampleNeighbors(Uint32Array.of(HUB, 5, 17), [3, 4], seedKey(2), new Uint32Array(nodes), design);
    expect(driveSync(start(), copied)).toEqual(driveSync(start(), serve));
  });

  test('entries are real edges that occur once, in ascending order', () => {
    const rows = rowsOf(sample(Array(nodes).keys(), [3], 4, design).blocks[0]);
    for (const [target, entries] of rows) {
      expect(entries.length).toBeLessThanOrEqual(Math.min(3, degreeOf(target)));
      for (const [k, { source, edge, weight }] of entries.entries()) {
        expect(edge).toBeGreaterThanOrEqual(adjacency.indptr[target] + k);
        expect(edge).toBeLessThan(adjacency.indptr[target + 1]);
        expect([source, weight]).toEqual([adjacency.indices[edge], adjacency.values![edge]]);
        if (k > 0) expect(edge).toBeGreaterThan(entries[k - 1].edge);
      }
    }
  });

  test('all neighbours are asked for, so none is drawn', () => {
    const { adjacency: taken, importance } = sample(Array(nodes).keys(), [-1], 4, design).blocks[0];
    expect(taken.indices).toEqual(adjacency.indices);
    expect(importance).toBeNull();
  });

  test('the sums of rows are unbiased', () => {
    const sums = (seed: number) => {
      const { adjacency: block, importance } = sample([HUB], [4], seed, design).blocks[0];
      return block.values!.reduce((sum, weight, e) => sum + weight * importance![e], 0);
    };
    const row = adjacency.values!.subarray(adjacency.indptr[HUB], adjacency.indptr[HUB + 1]);
    const exact = row.reduce((sum, weight) => sum + weight, 0);
    const draws = Array.from({ length: 2000 }, (_, seed) => sums(seed));
    const mean = draws.reduce((sum, value) => sum + value) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    // Drawn in proportion to their weights, every neighbour stands for the same sum.
    if (design.startsWith('weight')) expect(Math.abs(mean / exact - 1)).toBeLessThan(1e-6);
    else expect(Math.abs(mean - exact)).toBeLessThan(5 * Math.sqrt(variance / draws.length));
  });
});

test.each(DESIGNS.filter((name) => SAMPLING_DESIGNS[name].exhausts))(
  'drawn by %s, a fan-out of the largest degree takes the whole graph, edges of weight 0 too, without importance',
  (design) => {
    const values = adjacency.values!.map((weight, e) => (e % 3 === 0 ? 0 : weight));
    const weighted = { ...graph, adjacency: { ...adjacency, values } };
    const all = Uint32Array.from({ length: nodes }, (_, v) => v);
    const start = sampleNeighbors(all, [degreeOf(HUB)], seedKey(1), new Uint32Array(nodes), design);
    const [block] = driveSync(start, memoryServer(weighted)).blocks;
    expect(block.adjacency).toEqual(weighted.adjacency);
    expect(block.importance).toBeNull();
  },
);

test('the same key repeats a batch; another key, and another hop, draw anew', () => {
  expect(sample([HUB, 5], [4, 4], 8)).toEqual(sample([HUB, 5], [4, 4], 8));
  const edges = (seed: number, hop: number) =>
    rowsOf(sample([HUB], [4, 4], seed).blocks[1 - hop])
      .get(HUB)!
      .map((entry) => entry.edge)
      .join();
  expect(edges(8, 0)).not.toBe(edges(9, 0));
  expect(edges(8, 0)).not.toBe(edges(8, 1));
});

test('neighbours of hub and others are kept with probability fan-out / degree (chi-squared)', () => {
  const draws = 3000;
  const fanOut = 2;
  const counts = new Float64Array(adjacency.indices.length);
  for (let draw = 0; draw < draws; draw++) {
    for (const edge of sample(Array(nodes).keys(), [fanOut], draw).blocks[0].edgeIds) counts[edge]++;
  }
  let [statistic, freedom] = [0, 0];
  for (let v = 0; v < nodes; v++) {
    const degree = degreeOf(v);
    const p = Math.min(1, fanOut / degree);
    let sum = 0;
    for (let e = adjacency.indptr[v]; e < adjacency.indptr[v + 1]; e++) sum += (counts[e] - draws * p) ** 2;
    if (degree <= fanOut) {
      expect(sum).toBe(0);
      continue;
    }
    // Without replacement the counts have covariance draws p (1 - p) d / (d - 1) (I - 11'/d): d - 1 degrees of freedom.
    const own = (sum * (degree - 1)) / (degree * draws * p * (1 - p));
    if (v === HUB) expect(Math.abs(own - (degree - 1))).toBeLessThan(5 * Math.sqrt(2 * (degree - 1)));
    statistic += own;
    freedom += degree - 1;
  }
  expect(freedom).toBeGreaterThan(degreeOf(HUB) + 10);
  expect(Math.abs(statistic - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
});

test('importance makes sums over two hops unbiased', () => {
  const x = Float64Array.from({ length: nodes }, (_, v) => 1 + (v % 7));
  const layer = (rows: ReturnType<typeof rowsOf>, input: Map<number, number>) =>
    new Map(
      [...rows].map(([target, entries]) => [
        target,
        entries.reduce((sum, { source, weight, importance }) => sum + weight * importance * input.get(source)!, 0),
      ]),
    );
  const twoHops = (fanOut: number[], seed: number) => {
    const { blocks } = sample([HUB], fanOut, seed);
    const input = new Map(Array.from(blocks[0].nodes, (v) => [v, x[v]]));
    return layer(rowsOf(blocks[1]), layer(rowsOf(blocks[0]), input)).get(HUB)!;
  };
  const exact = twoHops([-1, -1], 0);
  const draws = Array.from({ length: 4000 }, (_, seed) => twoHops([6, 3], seed));
  const mean = draws.reduce((sum, value) => sum + value) / draws.length;
  const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
  expect(variance).toBeGreaterThan(0);
  expect(Math.abs(mean - exact)).toBeLessThan(5 * Math.sqrt(variance / draws.length));
});

test('batches larger than one request are put together', () => {
  const big = arrange(powerLawGraph(3 * REQUEST_ROWS, 20_000, 1));
  const all = Uint32Array.from({ length: big.nodes }, (_, v) => v);
  const requests: number[] = [];
  const serveBig = memoryServer(big);
  const batch = (fanOut: number) =>
    driveSync(sampleNeighbors(all, [fanOut], seedKey(1), new Uint32Array(big.nodes)), ({ table, rows }) => {
      requests.push(rows.length);
      return serveBig({ table, rows });
    }).blocks[0];
  expect(batch(-1).adjacency).toEqual(big.adjacency);
  expect(requests).toEqual([REQUEST_ROWS, REQUEST_ROWS, REQUEST_ROWS]);
  const { importance, adjacency: sampled, edgeIds } = batch(3);
  for (let v = 0; v < big.nodes; v++) {
    const degree = big.adjacency.indptr[v + 1] - big.adjacency.indptr[v];
    expect(sampled.indptr[v + 1] - sampled.indptr[v]).toBe(Math.min(3, degree));
    for (let e = sampled.indptr[v]; e < sampled.indptr[v + 1]; e++) {
      if (big.adjacency.indices[edgeIds[e]] !== sampled.indices[e]) throw new Error(`edge ${e} has the wrong id`);
      if (importance![e] !== Math.fround(Math.max(1, degree / 3)))
        throw new Error(`edge ${e} has the wrong importance`);
    }
  }
});

test.each([[[3, 2, 4]], [[-1, 2]]])(
  'a watch bounds what is asked for at once, is told what a sample takes, and changes nothing: fan-out %j',
  (fanOut) => {
    const seeds = Uint32Array.from({ length: 60 }, (_, i) => 3 * i);
    const locals = new Uint32Array(nodes);
    let taken = 0;
    let asked = 0;
    const watch = {
      endOf: (targets: Uint32Array, begin: number) => endWithin(adjacency.indptr, 10, targets, begin),
      took(bytes: number) {
        taken += bytes;
      },
    };
    const batch = driveSync(sampleNeighbors(seeds, fanOut, seedKey(1), locals, 'uniform', watch), ({ table, rows }) => {
      asked++;
      const entries = rows.reduce((sum, row) => sum + degreeOf(row), 0);
      expect(entries <= 10 || rows.length === 1).toBe(true);
      return serve({ table, rows });
    });
    expect(asked).toBeGreaterThan(fanOut.length);
    expect(batch).toEqual(sample(seeds, fanOut));
    const inner = batch.blocks.toReversed();
    const size = {
      nodes: [seeds.length, ...inner.map((block) => block.nodes.length)],
      edges: inner.map((block) => block.edgeIds.length),
    };
    const own = batch.blocks.reduce((sum, block) => sum + blockBytes(block), 0);
    expect(taken).toBeGreaterThan(own);
    expect(taken).toBeLessThanOrEqual(watchedBytes(size, true));
    const short = { ...watch, took: () => expect.fail('no more') };
    expect(() => driveSync(sampleNeighbors(seeds, fanOut, seedKey(1), locals, 'uniform', short), serve)).toThrow();
    expect(locals.every((word) => word === 0)).toBe(true);
  },
);

test('seeds that repeat or do not exist are refused, and the scratch is clean after any failure', () => {
  const locals = new Uint32Array(nodes);
  expect(samplerScratchBytes(nodes)).toBe(locals.byteLength + 4 * Math.ceil(nodes / 32));
  const start = (seeds: number[]) => sampleNeighbors(Uint32Array.from(seeds), [2, 2], seedKey(1), locals);
  expect(() => driveSync(start([1, 2, 1]), serve)).toThrow(/Seed 1 occurs twice/);
  expect(() => driveSync(start([3, nodes]), serve)).toThrow(/Seed 200/);
  let calls = 0;
  const failing = (request: Parameters<typeof serve>[0]) => {
    if (calls++ > 0) throw new Error('gone');
    return serve(request);
  };
  expect(() => driveSync(start([1, 2]), failing)).toThrow('gone');
  expect(calls).toBe(2);
  expect(locals.every((word) => word === 0)).toBe(true);
});

test('epochBatches are a seeded partition of the nodes', () => {
  const train = Uint32Array.from({ length: 103 }, (_, i) => 3 * i);
  const batches = epochBatches(train, 10, deriveKey(seedKey(4), 1, 0));
  expect(batches.map((batch) => batch.length)).toEqual([...Array(10).fill(10), 3]);
  expect(Uint32Array.from(batches.flatMap((batch) => [...batch])).sort()).toEqual(train);
  for (const batch of batches) expect(batch).toEqual(batch.slice().sort());
  expect(epochBatches(train, 10, deriveKey(seedKey(4), 1, 0))).toEqual(batches);
  expect(epochBatches(train, 10, deriveKey(seedKey(4), 2, 0))).not.toEqual(batches);
  expect(epochBatches(train, 1000, seedKey(0))).toEqual([train]);
});
