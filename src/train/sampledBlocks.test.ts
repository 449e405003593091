import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { dropBlockEdges, edgeThreshold } from '../graph/dropEdges.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { sampleNeighbors } from '../graph/neighborSampler.ts';
import { HUB } from '../graph/testGraphs.ts';
import { modelOf } from '../model/models.ts';
import { localBatchSource } from './batchSource.ts';
import { samplingOf } from './capacity.ts';
import type { Request } from './requests.ts';
import { sampledBlocks, seedDraw } from './sampledBlocks.ts';
import { seedsOf, splitOf } from './seeds.ts';
import { train } from './session.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';

/** What is shown of a batch is what training draws. */

const graph = testGraph({ weighted: true });
const serve = memoryServer(graph);

/** What training asks its sampler for, epoch by epoch. */
async function asked(config: Config): Promise<Request[][]> {
  const epochs: Request[][] = [];
  let requests: Request[] = [];
  await train({
    graph,
    config,
    backend: { kind: 'cpu' },
    fit: false,
    onEpoch: () => {
      epochs.push(requests);
      requests = [];
    },
    openBatchSource: async (...about) => {
      const source = await localBatchSource(...about);
      return {
        ...source,
        sample(recipe, seeds, fanOut, key, dropKey, room) {
          if (recipe === 'train') requests.push({ seeds: seeds.slice(), fanOut, key, dropKey });
          return source.sample(recipe, seeds, fanOut, key, dropKey, room);
        },
      };
    },
  });
  return epochs;
}

/** Edges of the whole batch whose targets the seed has reached by then, hop by hop, as text. */
function partOf(config: Config, { seeds, fanOut, key, dropKey }: Request, seed: number): string[][] {
  const { design } = samplingOf(config, modelOf(config), 'train');
  const batch = driveSync(sampleNeighbors(seeds, fanOut, key, new Uint32Array(graph.nodes), design), serve);
  const reached = new Set([seed]);
  return batch.blocks.toReversed().map((whole) => {
    const left = dropKey ? dropBlockEdges(whole, dropKey, edgeThreshold(config['model.dropEdge'])) : whole;
    const edgesOf = ({ nodes, targets, adjacency: { indptr, indices } }: typeof whole) => {
      const edges: [number, number][] = [];
      for (let t = 0; t < targets; t++) {
        for (let e = indptr[t]; e < indptr[t + 1]; e++) {
          if (reached.has(nodes[t])) edges.push([nodes[t], nodes[indices[e]]]);
        }
      }
      return edges;
    };
    const edges = edgesOf(left);
    for (const [, source] of edgesOf(whole)) reached.add(source);
    return edges.map(([t, s]) => `${s} to ${t}`).sort();
  });
}

const CASES: readonly (readonly [string, Partial<Config>])[] = [
  ['as it is', {}],
  ['by weight, with replacement', { 'sampling.bias': 'weight', 'sampling.replace': true }],
  ['edges dropped, two batches a step', { 'model.dropEdge': 0.3, 'training.accumulate': 2 }],
  ['growing fan-outs', { 'sampling.fanOut': [2, 1], 'sampling.fanOutEnd': [6, 5] }],
  ['all neighbours', { 'sampling.fanOut': [-1] }],
  ['another seed', { 'training.seed': 2 ** 40 + 5 }],
];

describe('the blocks of a seed are its part of the batch in which it trains', () => {
  test.each(CASES)('%s', async (_, changes) => {
    const config = configOf({ ...SAMPLED, ...changes });
    const epochs = await asked(config);
    expect(epochs).toHaveLength(3);
    for (const [index, requests] of epochs.entries()) {
      for (const request of requests) {
        for (const seed of request.seeds) {
          const draw = seedDraw(graph, config, seed, index + 1);
          expect(draw.request).toEqual(request);
          expect(draw.batchSeeds).toBe(request.seeds.length);
          const locals = new Uint32Array(graph.nodes);
          const { nodes, edges, hops } = driveSync(sampledBlocks(draw, config, locals), serve);
          expect(locals.every((word) => word === 0)).toBe(true);
          const told = edges.map((pairs) =>
            Array.from({ length: pairs.length / 2 }, (_, e) => `${nodes[pairs[2 * e + 1]]} to ${nodes[pairs[2 * e]]}`),
          );
          expect(told.map((list) => list.sort())).toEqual(partOf(config, request, seed));
          expect(hops.map((hop) => hop.edges - hop.missing)).toEqual(told.map((list) => list.length));
          expect(1 + hops.reduce((sum, { added }) => sum + added, 0)).toBe(nodes.length);
        }
      }
    }
  });
});

test('a node that does not train is looked at in the first step, and none is the first seed', () => {
  const config = configOf(SAMPLED);
  const trains = new Set(seedsOf(splitOf(graph, config), 'train', false));
  const other = Array.from({ length: graph.nodes }, (_, node) => node).find((node) => !trains.has(node))!;
  const draw = seedDraw(graph, config, other, 2);
  expect(draw).toMatchObject({ seed: other, step: 1, batchSeeds: null });
  const first = seedDraw(graph, config, null, 2);
  expect(first).toMatchObject({ seed: first.request.seeds[0], step: 1, batchSeeds: 13 });
  expect(draw.request.key).toEqual(first.request.key);
});

test('what a hop adds, by hand: all neighbours of a leaf of a hub', () => {
  const config = configOf({ ...SAMPLED, 'sampling.fanOut': [-1, 3] });
  const leaf = graph.adjacency.indices.find((_, e) => {
    const node = graph.adjacency.indices[e];
    return node !== HUB && graph.adjacency.indptr[node + 1] - graph.adjacency.indptr[node] === 1;
  })!;
  const draw = seedDraw(graph, config, leaf, 1);
  const { nodes, hops } = driveSync(sampledBlocks(draw, config, new Uint32Array(graph.nodes)), serve);
  expect([...nodes.subarray(0, 2)]).toEqual([leaf, HUB]);
  expect(hops[0]).toEqual({ fanOut: -1, targets: 1, edges: 1, missing: 0, added: 1 });
  // The leaf finds its hub again; the hub finds three nodes, of which one may be the leaf.
  expect(hops[1]).toMatchObject({ fanOut: 3, targets: 2, edges: 4 });
});

test('a full batch is refused in words', () => {
  expect(() => seedDraw(graph, configOf(), 0, 1)).toThrow(/takes the whole graph in every step: set sampling.strategy/);
});
