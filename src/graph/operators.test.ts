import { describe, expect, test } from 'vitest';
import { arrange } from './arrange.ts';
import { isSymmetric } from './csr.ts';
import { driveSync, memoryServer } from './memoryServer.ts';
import { sampleNeighbors } from './neighborSampler.ts';
import { blockOperator, degreesOf, graphOperator, type Operator } from './operators.ts';
import { seedKey } from './random.ts';
import type { DesignName } from './samplingDesign.ts';
import { HUB, nastyGraphData } from './testGraphs.ts';

describe.each([
  [false, 'drop'],
  [true, 'drop'],
  [false, 'keep'],
  [true, 'keep'],
] as const)('weighted: %s, self-loops: %s', (weighted, selfLoops) => {
  const graph = arrange(nastyGraphData(80, 2, weighted), { selfLoops });
  const { adjacency } = graph;
  const degree = degreesOf(adjacency);
  const operator = graphOperator('gcn', adjacency);

  test('the operator is D^-1/2 (A + I) D^-1/2, in sorted rows, symmetric to the bit', () => {
    const a = Array.from({ length: 80 }, (_, v) => Array.from({ length: 80 }, (_, u) => (u === v ? 1 : 0) as number));
    for (let v = 0; v < 80; v++) {
      for (let e = adjacency.indptr[v]; e < adjacency.indptr[v + 1]; e++)
        a[v][adjacency.indices[e]] = adjacency.values?.[e] ?? 1;
    }
    const d = a.map((row) => row.reduce((sum, x) => sum + x));
    for (let v = 0; v < 80; v++) {
      const row = operator.indices.subarray(operator.indptr[v], operator.indptr[v + 1]);
      expect([...row]).toEqual([...a[v].keys()].filter((u) => a[v][u] > 0 || adjacencyHas(v, u)));
      for (let e = operator.indptr[v]; e < operator.indptr[v + 1]; e++) {
        const u = operator.indices[e];
        const exact = a[v][u] / Math.sqrt(d[v] * d[u]);
        expect(Math.abs(operator.values![e] - exact)).toBeLessThanOrEqual(2 ** -22 * exact);
      }
    }
    expect(isSymmetric(operator)).toBe(true);
  });

  function adjacencyHas(v: number, u: number): boolean {
    return adjacency.indices.subarray(adjacency.indptr[v], adjacency.indptr[v + 1]).includes(u);
  }

  const serve = memoryServer(graph);
  const seeds = Uint32Array.of(79, 3, 0, 40, 7);
  const blocksOf = (fanOut: number[], seed = 1) =>
    driveSync(sampleNeighbors(seeds, fanOut, seedKey(seed), new Uint32Array(80)), serve).blocks;

  test('a block with full fan-out has the rows of the operator, bit for bit and in the same order', () => {
    for (const block of blocksOf([-1, -1])) {
      const own = blockOperator(
        'gcn',
        block,
        Float32Array.from(block.nodes, (v) => degree[v]),
      );
      expect([own.rows, own.cols]).toEqual([block.targets, block.nodes.length]);
      for (let t = 0; t < block.targets; t++) {
        const v = block.nodes[t];
        const row = own.indices.subarray(own.indptr[t], own.indptr[t + 1]);
        expect(Uint32Array.from(row, (local) => block.nodes[local])).toEqual(
          operator.indices.slice(operator.indptr[v], operator.indptr[v + 1]),
        );
        expect(own.values!.slice(own.indptr[t], own.indptr[t + 1])).toEqual(
          operator.values!.slice(operator.indptr[v], operator.indptr[v + 1]),
        );
      }
    }
  });

  test('sampled rows are unbiased: their mean over many draws approaches the full row sum', () => {
    const x = Float64Array.from({ length: 80 }, (_, v) => Math.sin(v) + 2);
    const full = Array.from({ length: 80 }, (_, v) => {
      let sum = 0;
      for (let e = operator.indptr[v]; e < operator.indptr[v + 1]; e++)
        sum += operator.values![e] * x[operator.indices[e]];
      return sum;
    });
    const draws = 4000;
    const mean = new Float64Array(seeds.length);
    const square = new Float64Array(seeds.length);
    for (let draw = 0; draw < draws; draw++) {
      const [block] = blocksOf([2], draw);
      const own = blockOperator(
        'gcn',
        block,
        Float32Array.from(block.nodes, (v) => degree[v]),
      );
      for (let t = 0; t < seeds.length; t++) {
        let sum = 0;
        for (let e = own.indptr[t]; e < own.indptr[t + 1]; e++) sum += own.values![e] * x[block.nodes[own.indices[e]]];
        mean[t] += sum / draws;
        square[t] += sum ** 2 / draws;
      }
    }
    for (const [t, seed] of seeds.entries()) {
      const error = Math.sqrt(Math.max(0, square[t] - mean[t] ** 2) / draws);
      expect(Math.abs(mean[t] - full[seed])).toBeLessThanOrEqual(5 * error + 1e-6);
    }
    // The hub does vary, so the bound above means something.
    expect(square[2] - mean[2] ** 2).toBeGreaterThan(1e-4);
  });
});

test('a self-loop of the graph is the one that GCN and attention ask for, and a neighbour like any other elsewhere', () => {
  const edges = { source: Uint32Array.of(0, 0, 3), target: Uint32Array.of(0, 1, 3), weight: Float32Array.of(2, 3, 0) };
  const { adjacency } = arrange({ ...nastyGraphData(10, 1), ...edges }, { selfLoops: 'keep' });
  const rowsOf = (operator: Operator) => {
    const { indptr, indices, values } = graphOperator(operator, adjacency);
    return [0, 1, 2, 3].map((v) => {
      const entries = [...indices.subarray(indptr[v], indptr[v + 1])];
      return entries.map((u, i) => [u, values?.[indptr[v] + i] ?? 1]);
    });
  };
  const across = Math.fround(3 / Math.sqrt(5 * 4));
  const gcn = [
    [
      [0, Math.fround(2 / 5)],
      [1, across],
    ],
    [
      [0, across],
      [1, 1 / 4],
    ],
    [[2, 1]],
    [[3, 0]],
  ];
  expect(rowsOf('gcn')).toEqual(gcn);
  expect(rowsOf('attention')).toEqual([
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 1],
      [1, 1],
    ],
    [[2, 1]],
    [[3, 1]],
  ]);
  expect(rowsOf('mean')).toEqual([
    [
      [0, 1 / 2],
      [1, 1 / 2],
    ],
    [[0, 1]],
    [],
    [[3, 1]],
  ]);
  for (const operator of ['sum', 'neighbours'] as const) {
    expect(rowsOf(operator)).toEqual([
      [
        [0, 1],
        [1, 1],
      ],
      [[0, 1]],
      [],
      [[3, 1]],
    ]);
  }
});

test('a mean weighs each neighbour by what it stands for; where all stand for as many, it is 1 / their number to the bit', () => {
  const graph = arrange(nastyGraphData(80, 2, true));
  const start = (design: DesignName) =>
    sampleNeighbors(Uint32Array.of(HUB, 7), [3], seedKey(2), new Uint32Array(80), design);
  for (const design of ['uniform', 'weight'] as const) {
    const [block] = driveSync(start(design), memoryServer(graph)).blocks;
    const { values, indptr } = blockOperator('mean', block, null);
    const importance = [...block.importance!.subarray(0, indptr[1])];
    const total = importance.reduce((sum, stands) => sum + stands, 0);
    expect([...values!.subarray(0, indptr[1])]).toEqual(importance.map((stands) => Math.fround(stands / total)));
    expect(new Set(importance).size).toBe(design === 'uniform' ? 1 : 3);
    if (design === 'uniform') expect([...values!.subarray(0, 3)]).toEqual(Array(3).fill(Math.fround(1 / 3)));
  }
});
