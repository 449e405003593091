import { expect, test } from 'vitest';
import { arrange } from './arrange.ts';
import { evenMatrix, powerLawGraph, powerLawMatrix, uniformGraph } from './generators.ts';
import { HUB, nastyCsr, nastyGraphData } from './testGraphs.ts';

test('powerLawGraph is seeded and has hubs, spread over the ids', () => {
  const data = powerLawGraph(10_000, 50_000, 1);
  expect(data.source.length).toBe(50_000);
  expect(powerLawGraph(10_000, 50_000, 1)).toEqual(data);
  expect(powerLawGraph(10_000, 50_000, 2).source).not.toEqual(data.source);
  const { adjacency } = arrange(data);
  const degrees = Array.from({ length: 10_000 }, (_, v) => adjacency.indptr[v + 1] - adjacency.indptr[v]);
  const hubs = [...degrees.keys()].sort((a, b) => degrees[b] - degrees[a]).slice(0, 100);
  const share = hubs.reduce((sum, v) => sum + degrees[v], 0) / adjacency.indices.length;
  // 100 of 10,000 nodes: 1 % of the ends if uniform, (1/100)^(1/3) = 21 % by the formula before duplicates are merged.
  expect(share).toBeGreaterThan(0.12);
  expect(share).toBeLessThan(0.25);
  const low = hubs.filter((v) => v < 5000).length;
  expect(low).toBeGreaterThan(25);
  expect(low).toBeLessThan(75);
});

test('uniformGraph has exactly its edges, and none of them is dropped or merged', () => {
  const graph = arrange(uniformGraph(100, 2000, { features: 3, classes: 4 }, 1));
  expect([graph.edges, graph.adjacency.indices.length, graph.features.cols]).toEqual([2000, 4000, 3]);
  expect(new Set(graph.labels)).toEqual(new Set([0, 1, 2, 3]));
  const again = arrange(uniformGraph(100, 2000, { features: 3, classes: 4 }, 2));
  expect(again.adjacency.indices).not.toEqual(graph.adjacency.indices);
});

test.each([10, 33, 500])('the nasty graph of %i nodes is as nasty as it says', (nodes) => {
  const { source, target } = nastyGraphData(nodes, 1);
  const pairs = Array.from(source, (s, e) => `${s},${target[e]}`);
  const distinct = new Set(pairs);
  expect(distinct.size).toBeLessThan(pairs.length);
  expect(pairs.some((pair) => pair.split(',')[0] === pair.split(',')[1])).toBe(true);
  expect(pairs.some((pair, e) => source[e] !== target[e] && distinct.has(pair.split(',').reverse().join()))).toBe(true);
  const { indptr, indices } = nastyCsr(nodes, 1);
  const isolated = Math.ceil(nodes / 10);
  expect(indptr[nodes]).toBe(indptr[nodes - isolated]);
  expect((indptr[HUB + 1] - indptr[HUB]) / indices.length).toBeCloseTo(1 / 3, 1);
});

const lengths = ({ indptr }: { indptr: Uint32Array }) =>
  Array.from(indptr.subarray(1), (end, row) => end - indptr[row]);

test('powerLawMatrix has exactly its entries, and none of its rows is empty', () => {
  const matrix = powerLawMatrix(1000, 10_000, 1);
  expect(matrix.indices.length).toBe(10_000);
  expect(lengths(matrix).reduce((sum, length) => sum + length, 0)).toBe(10_000);
  expect(Math.min(...lengths(matrix))).toBeGreaterThanOrEqual(1);
  expect(Math.max(...lengths(matrix))).toBeGreaterThan(200);
  expect(powerLawMatrix(1000, 10_000, 1)).toEqual(matrix);
});

test('evenMatrix gives the hub its entries and all other rows the same', () => {
  const matrix = evenMatrix(1000, 9990, 3330, 1);
  const [hub, ...others] = lengths(matrix);
  expect(hub).toBe(3330);
  expect(new Set(others)).toEqual(new Set([6, 7]));
  expect(matrix.indices.length).toBe(9990);
  expect(matrix.indices.every((column) => column < 1000)).toBe(true);
});
