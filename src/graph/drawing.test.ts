import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGraphFiles } from '../formats/open.ts';
import { arrange } from './arrange.ts';
import { components } from './components.ts';
import { drawingPositions } from './drawing.ts';
import { drawingEdges, MAX_DRAWN_EDGES, MAX_DRAWN_NODES } from './drawingEdges.ts';
import type { Graph } from './graph.ts';
import { seedKey, threefry } from './random.ts';

const CORA = join(process.env.EDGEWISE_DATA ?? '', 'planetoid-cora');
const hasCora = existsSync(join(CORA, 'ind.cora.x'));

function graphOf(nodes: number, pairs: readonly (readonly [number, number])[], directed = false): Graph {
  const data = {
    name: 'test',
    nodes,
    source: Uint32Array.from(pairs, ([v]) => v),
    target: Uint32Array.from(pairs, ([, u]) => u),
    weight: null,
    features: null,
    labels: null,
    classNames: [],
    splits: [],
    nodeIds: null,
    positions: null,
    notes: [],
  };
  return arrange(data, { directed });
}

/** Sparse random links among nodes of the same community of `size`, hardly any between two. */
function communities(nodes: number, size: number): Graph {
  const [key0, key1] = seedKey(3);
  const word = new Uint32Array(2);
  const pairs: [number, number][] = [];
  for (let v = 1; v < nodes; v++) {
    const first = v - (v % size);
    pairs.push([v, v === first ? v - 1 : first]);
    for (let k = 0; k < 4 && v > first; k++) {
      threefry(key0, key1, v, k, word);
      pairs.push([v, first + (word[0] % (v - first))]);
    }
  }
  return graphOf(nodes, pairs);
}

function fromDataset(name: string): Graph {
  const bytes = new Uint8Array(readFileSync(new URL(`../../datasets/${name}.safetensors.gz`, import.meta.url)));
  return arrange(readGraphFiles([{ name: `${name}.safetensors.gz`, bytes }]));
}

const inUnitSquare = (positions: Float32Array) => positions.every((value) => value >= 0 && value <= 1);
const distance = (p: Float32Array, v: number, u: number) =>
  Math.hypot(p[2 * v] - p[2 * u], p[2 * v + 1] - p[2 * u + 1]);

/** Mean length of the edges over mean distance of nodes that have nothing to do with each other: small in a good picture. */
function edgeShare(graph: Graph, positions: Float32Array): number {
  const pairs = drawingEdges(graph);
  let [linked, apart, others] = [0, 0, 0];
  for (let e = 0; e < pairs.length; e += 2) linked += distance(positions, pairs[e], pairs[e + 1]) / (pairs.length / 2);
  for (let v = 0; v < graph.nodes; v++, others++) apart += distance(positions, v, (v * 7919 + 13) % graph.nodes);
  return linked / (apart / others);
}

describe('positions', () => {
  test('those that come with the graph are taken', () => {
    const karate = fromDataset('karate');
    expect(drawingPositions(karate)).toBe(karate.positions);
  });

  test('are null where the graph is too large', () => {
    const karate = fromDataset('karate');
    expect(drawingPositions({ ...karate, nodes: MAX_DRAWN_NODES + 1 })).toBeNull();
    expect(drawingPositions({ ...karate, edges: MAX_DRAWN_EDGES + 1 })).toBeNull();
  });

  test.each([
    ['the karate club', { ...fromDataset('karate'), positions: null }, 0.75],
    ['a few hundred nodes, all pairs repelling', communities(600, 60), 0.3],
    ['more, far ones repelling by cells', communities(1500, 100), 0.3],
  ])('draw linked nodes close together: %s', (_, graph, most) => {
    const calls: [number, number][] = [];
    const positions = drawingPositions(graph, { onProgress: (done, total) => calls.push([done, total]) })!;
    expect(inUnitSquare(positions)).toBe(true);
    expect(edgeShare(graph, positions)).toBeLessThan(most);
    expect(drawingPositions(graph)).toEqual(positions);
    expect(calls.every(([done], i) => i === 0 || done >= calls[i - 1][0])).toBe(true);
    expect(calls.at(-1)).toEqual([graph.nodes, graph.nodes]);
    expect(calls.length > 100).toBe(graph.nodes > 1000);
  });

  test('spread the leaves of a star', () => {
    const star = graphOf(
      3000,
      Array.from({ length: 1499 }, (_, i) => [0, i + 1] as const),
    );
    const positions = drawingPositions(star)!;
    const places = new Set(Array.from({ length: 1500 }, (_, v) => `${positions[2 * v]} ${positions[2 * v + 1]}`));
    expect(places.size).toBeGreaterThan(1450);
    // No few leaves far outside that would press the others into a point.
    const radii = Array.from({ length: 1499 }, (_, i) => distance(positions, 0, i + 1)).sort((a, b) => a - b);
    expect(radii[1498]).toBeLessThan(3 * radii[750]);
  });

  test('an edge of one direction pulls as one of both', () => {
    const pairs = [
      [0, 1],
      [1, 2],
      [2, 3],
    ] as const;
    expect(drawingPositions(graphOf(4, pairs, true))).toEqual(drawingPositions(graphOf(4, pairs)));
  });
});

/** Left, right, low and high of a component. */
function boxOf(nodes: Uint32Array, positions: Float32Array) {
  const axis = (a: number) => Array.from(nodes, (v) => positions[2 * v + a]);
  return [Math.min(...axis(0)), Math.max(...axis(0)), Math.min(...axis(1)), Math.max(...axis(1))];
}

describe('components', () => {
  test('are found, the largest first', () => {
    const graph = graphOf(7, [
      [1, 4],
      [2, 5],
      [5, 6],
    ]);
    expect(components(graph.adjacency).map((nodes) => [...nodes])).toEqual([[2, 5, 6], [1, 4], [0], [3]]);
  });

  test('do not overlap, and the largest is in the middle', () => {
    // Rings of 300, 60, 24, …, pairs and single nodes.
    const sizes = [
      300,
      60,
      24,
      24,
      9,
      9,
      9,
      ...Array.from({ length: 30 }, () => 2),
      ...Array.from({ length: 50 }, () => 1),
    ];
    const pairs: [number, number][] = [];
    let begin = 0;
    for (const size of sizes) {
      for (let k = 1; k < size; k++) pairs.push([begin + k - 1, begin + k]);
      if (size > 2) pairs.push([begin, begin + size - 1]);
      begin += size;
    }
    const graph = graphOf(begin, pairs);
    const positions = drawingPositions(graph)!;
    expect(inUnitSquare(positions)).toBe(true);
    const [largest, ...others] = components(graph.adjacency);
    const boxes = others.map((nodes) => boxOf(nodes, positions));
    boxes.forEach((a, i) => {
      for (const b of boxes.slice(i + 1)) {
        expect(a[1] < b[0] || b[1] < a[0] || a[3] < b[2] || b[3] < a[2]).toBe(true);
      }
    });
    const link = edgeLength(graph, positions);
    for (const v of others.flatMap((nodes) => [...nodes])) {
      expect(Math.min(...Array.from(largest, (u) => distance(positions, v, u)))).toBeGreaterThan(link / 2);
    }
    const [left, right, low, high] = boxOf(largest, positions);
    expect(left + right).toBeGreaterThan(0.7);
    expect(left + right).toBeLessThan(1.3);
    expect(low + high).toBeGreaterThan(0.7);
    expect(low + high).toBeLessThan(1.3);
  });

  test('thousands of single nodes have a place each', () => {
    const positions = drawingPositions(graphOf(5000, [[0, 1]]))!;
    const places = new Set(Array.from({ length: 5000 }, (_, v) => `${positions[2 * v]} ${positions[2 * v + 1]}`));
    expect(places.size).toBe(5000);
  });
});

function edgeLength(graph: Graph, positions: Float32Array): number {
  const pairs = drawingEdges(graph);
  let sum = 0;
  for (let e = 0; e < pairs.length; e += 2) sum += distance(positions, pairs[e], pairs[e + 1]);
  return sum / (pairs.length / 2);
}

test('edges come once each, whatever their directions', () => {
  const pairs = [
    [2, 0],
    [0, 2],
    [1, 2],
    [3, 1],
  ] as const;
  expect([...drawingEdges(graphOf(4, pairs))]).toEqual([0, 2, 1, 2, 1, 3]);
  expect([...drawingEdges(graphOf(4, pairs, true))]).toEqual([0, 2, 1, 2, 1, 3]);
});

test.skipIf(!hasCora)('Cora: neighbours close together, 77 small components around the large one', () => {
  const files = readdirSync(CORA).filter((file) => file.startsWith('ind.'));
  const graph = arrange(
    readGraphFiles(files.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(CORA, name))) }))),
  );
  const positions = drawingPositions(graph)!;
  expect(inUnitSquare(positions)).toBe(true);
  expect(edgeShare(graph, positions)).toBeLessThan(0.3);
  const [largest, ...others] = components(graph.adjacency);
  expect([largest.length, others.length]).toEqual([2485, 77]);
  const near = others
    .flatMap((nodes) => [...nodes])
    .map((v) => Math.min(...Array.from(largest, (u) => distance(positions, v, u))));
  expect(Math.min(...near)).toBeGreaterThan(0.25 * edgeLength(graph, positions));
});
