import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { SPLIT } from '../formats/graphData.ts';
import { arrange } from './arrange.ts';
import { type BlockModelSettings, stochasticBlockModel } from './blockModel.ts';
import type { NodeSettings } from './classNodes.ts';
import { BLOCK_EDGES, type EdgeBlock, type GeneratedGraph, gatherGraph } from './generated.ts';
import { namedShape } from './namedShapes.ts';
import { GRAPH500, type RmatSettings, rmat } from './rmat.ts';
import { SHAPE_NAMES } from './shapes.ts';

const NODES = {
  name: 'test',
  nodes: 1000,
  classes: 4,
  features: 5,
  signal: 2,
  split: { train: 0.6, validation: 0.2 },
  seed: 1,
};
const EDGES = 2 * BLOCK_EDGES + 17;
const blockModel = (changes: Partial<BlockModelSettings> = {}) =>
  stochasticBlockModel({ ...NODES, edges: EDGES, directed: false, homophily: 0.7, skew: 1, ...changes });
const rmatGraph = (changes: Partial<RmatSettings> = {}) =>
  rmat({ ...NODES, edges: EDGES, directed: true, quadrants: GRAPH500, noise: 0, ...changes });

/** Of a fixed seed: fails where the observed counts lie 5 standard deviations of chi-squared above its mean. */
function expectCounts(observed: readonly number[], chances: readonly number[]): void {
  const total = observed.reduce((sum, count) => sum + count, 0);
  expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
  const statistic = observed.reduce((sum, n, i) => sum + (n - total * chances[i]) ** 2 / (total * chances[i]), 0);
  const freedom = observed.length - 1;
  expect(statistic).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
}

/** Edges from class to class, row by row. */
function classPairs(graph: GeneratedGraph): number[] {
  const classes = graph.classNames.length;
  const counts = new Array<number>(classes ** 2).fill(0);
  for (const { source, target } of graph.edgeBlocks()) {
    source.forEach((node, i) => {
      counts[graph.label(node) * classes + graph.label(target[i])]++;
    });
  }
  return counts;
}

const rowOf = (graph: GeneratedGraph, node: number) => {
  const row = new Float32Array(graph.features);
  graph.featureRow(node, row);
  return row;
};

function expectEdges(graph: GeneratedGraph, { source, target }: EdgeBlock, length: number): void {
  expect([source.length, target.length]).toEqual([length, length]);
  expect(source.every((node, i) => node < graph.nodes && target[i] < graph.nodes && node !== target[i])).toBe(true);
}

const MAKERS: [string, (changes?: Partial<NodeSettings & { edges: number }>) => GeneratedGraph][] = [
  ['block model', blockModel],
  ['block model with hubs', (changes) => blockModel({ skew: 3, ...changes })],
  ['R-MAT', rmatGraph],
];

describe.each(MAKERS)('%s', (_, make) => {
  test('pieces are the same whenever they are made, and others of another seed', () => {
    const graph = make();
    // As text, because comparing arrays of 65,536 numbers one by one takes seconds.
    const text = ({ source, target }: EdgeBlock) => `${source.join()};${target.join()}`;
    const inOrder = [...graph.edgeBlocks()].map(text);
    const other = make();
    const rows = [999, 0, 500].map((node) => rowOf(graph, node));
    expect([2, 0, 1].every((index) => text(other.edgeBlock(index)) === inOrder[index])).toBe(true);
    expect([0, 999, 500].map((node) => rowOf(other, node))).toEqual([rows[1], rows[0], rows[2]]);
    const third = make({ seed: 2 });
    expect(text(third.edgeBlock(0)) === inOrder[0]).toBe(false);
    expect(rowOf(third, 0)).not.toEqual(rows[1]);
  });

  test('has exactly its edges, all between two different nodes that exist', () => {
    const graph = make();
    const lengths = [BLOCK_EDGES, BLOCK_EDGES, 17];
    expect([graph.edges, graph.blocks]).toEqual([EDGES, 3]);
    const blocks = [...graph.edgeBlocks()];
    expect(blocks).toHaveLength(3);
    for (const [i, block] of blocks.entries()) expectEdges(graph, block, lengths[i]);
    expect([...make({ edges: 0 }).edgeBlocks()]).toEqual([]);
  });

  test('classes are of one size, and ids say nothing about them', () => {
    const graph = make({ classes: 7 });
    const sizes = (from: number, to: number) => {
      const counts = new Array<number>(7).fill(0);
      for (let node = from; node < to; node++) counts[graph.label(node)]++;
      return counts;
    };
    expect(sizes(0, 1000).toSorted()).toEqual([142, 143, 143, 143, 143, 143, 143]);
    for (const count of sizes(0, 500)) expect(Math.abs(count - 71)).toBeLessThan(30);
  });

  test('as a whole it passes the gate of every format', () => {
    const graph = make({ edges: 3000 });
    const data = gatherGraph(graph);
    const { adjacency, labels, features, splits } = arrange(data, { directed: graph.directed });
    expect(data.source).toEqual(graph.edgeBlock(0).source);
    expect(data.target).toEqual(graph.edgeBlock(0).target);
    expect(adjacency.indices.length).toBeGreaterThan(1000);
    expect(Array.from(labels.subarray(0, 5))).toEqual([0, 1, 2, 3, 4].map(graph.label));
    expect(features.values!.slice(35, 40)).toEqual(rowOf(graph, 7));
    const shares = [SPLIT.train, SPLIT.validation, SPLIT.test].map(
      (code) => splits[0].filter((of) => of === code).length,
    );
    expectCounts(shares, [0.6, 0.2, 0.2]);
  });
});

test.each([0, 2])('the means of classes lie %d deviations of the noise from the origin', (signal) => {
  const nodes = 8000;
  const graph = blockModel({ nodes, signal });
  const means = Array.from({ length: 4 }, () => new Float64Array(5));
  let squares = 0;
  for (let node = 0; node < nodes; node++) {
    const mean = means[graph.label(node)];
    rowOf(graph, node).forEach((x, column) => {
      mean[column] += x / 2000;
      squares += x * x;
    });
  }
  // A mean of 2000 values is off by 0.022 as a rule, the variance of 40,000 by 0.007.
  const lengths = means.map((mean) => Math.hypot(...mean));
  for (const length of lengths) expect(Math.abs(length - signal)).toBeLessThan(0.11);
  expect(Math.abs(squares / nodes - 5 - lengths.reduce((sum, x) => sum + x * x, 0) / 4)).toBeLessThan(0.2);
  const apart = Math.hypot(...means[0].map((x, column) => x - means[1][column]));
  if (signal > 0) expect(apart).toBeGreaterThan(0.5);
});

describe('block model', () => {
  test.each([0, 0.25, 0.7, 1])('a share of %d of the edges stays within its class', (homophily) => {
    const chances = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? homophily / 4 : (1 - homophily) / 12));
    const counts = classPairs(blockModel({ homophily, skew: 2 }));
    const possible = [...chances.keys()].filter((i) => chances[i] > 0);
    expect(counts.filter((_, i) => chances[i] === 0).every((count) => count === 0)).toBe(true);
    expectCounts(
      possible.map((i) => counts[i]),
      possible.map((i) => chances[i]),
    );
  });

  test('without skew all nodes are equally likely', () => {
    const counts = new Array<number>(1000).fill(0);
    for (const { source } of blockModel().edgeBlocks()) for (const node of source) counts[node]++;
    expectCounts(counts, new Array(1000).fill(1 / 1000));
  });

  test.each([2, 3, 4])('with a skew of %i the first tenth of each class has its share of the ends', (skew) => {
    const graph = blockModel({ nodes: 20_000, edges: 500_000, skew });
    const degrees = new Uint32Array(20_000);
    for (const { source } of graph.edgeBlocks()) for (const node of source) degrees[node]++;
    const hubs = [...degrees.keys()].sort((x, y) => degrees[y] - degrees[x]).slice(0, 2000);
    const share = hubs.reduce((sum, node) => sum + degrees[node], 0) / 500_000;
    // Redrawn self-loops of the largest hubs take a little away, picking the tenth by what was drawn adds a little.
    expect(Math.abs(share - 0.1 ** (1 / skew))).toBeLessThan(0.02);
    expect(Math.abs(hubs.filter((node) => node < 10_000).length - 1000)).toBeLessThan(120);
  });
});

describe('R-MAT', () => {
  const quadrants = { a: 0.5, b: 0.25, c: 0.15, d: 0.1 };

  test.each([0, 0.1])('quadrants of both outer levels have their shares, with a noise of %d', (noise) => {
    // 1024 nodes: ten levels, and four classes are the leading two bits of a position.
    const levels = Array.from({ length: 10 }, (_, level) => {
      const [b, c] = [quadrants.b, quadrants.c].map((chance) => chance + noise * (level / 5 - 1));
      const [a, d] = [quadrants.a, quadrants.d].map((chance) => (chance * (1 - b - c)) / 0.6);
      return { entries: [a, b, c, d], diagonal: a + d };
    });
    const product = (from: number) => levels.slice(from).reduce((chance, { diagonal }) => chance * diagonal, 1);
    const chances = Array.from({ length: 16 }, (_, cell) => {
      const [row, column] = [cell >> 2, cell & 3];
      const quadrant = (shift: number) => 2 * ((row >> shift) & 1) + ((column >> shift) & 1);
      const chance = levels[0].entries[quadrant(1)] * levels[1].entries[quadrant(0)];
      // What would be a self-loop is drawn again.
      return (chance * (row === column ? 1 - product(2) : 1)) / (1 - product(0));
    });
    expectCounts(classPairs(rmatGraph({ nodes: 1024, quadrants, noise })), chances);
  });
});

describe('named shapes', () => {
  test('have the sizes of their models', () => {
    const sizes = SHAPE_NAMES.map((name) => {
      const { nodes, edges, directed, features, classNames } = namedShape(name, 0);
      return [name, nodes, edges, directed, features, classNames.length];
    });
    expect(sizes).toEqual([
      ['arxiv-shape', 169_343, 1_166_243, true, 128, 40],
      ['reddit-shape', 232_965, 57_307_946, false, 602, 41],
      ['products-shape', 2_449_029, 61_859_140, false, 100, 47],
    ]);
  });

  test('arxiv-shape is produced in full', () => {
    const graph = namedShape('arxiv-shape', 0);
    let edges = 0;
    for (const block of graph.edgeBlocks()) {
      expectEdges(graph, block, Math.min(BLOCK_EDGES, graph.edges - edges));
      edges += block.source.length;
    }
    expect(edges).toBe(1_166_243);
  });

  test('the first and the last piece of products-shape', () => {
    const graph = namedShape('products-shape', 0);
    expectEdges(graph, graph.edgeBlock(0), BLOCK_EDGES);
    expectEdges(graph, graph.edgeBlock(graph.blocks - 1), 61_859_140 % BLOCK_EDGES);
    expect(rowOf(graph, 2_449_028).every(Number.isFinite)).toBe(true);
  });
});

describe('settings that make no graph are refused in one sentence', () => {
  test.each([
    [() => blockModel({ classes: 0 }), 'test cannot have 0 classes: give a whole number from 1 to 1024.'],
    [() => blockModel({ nodes: 7 }), 'test cannot have 7 nodes: give a whole number from 8 to 2147483647.'],
    [() => blockModel({ features: 1.5 }), '1.5 features'],
    [() => blockModel({ edges: -1 }), '-1 edges'],
    [() => blockModel({ homophily: Number.NaN }), 'homophily of NaN: give a number from 0 to 1.'],
    [() => blockModel({ signal: -1 }), 'signal of -1'],
    [() => blockModel({ skew: 5 }), '5 powers of skew'],
    [() => blockModel({ split: { train: 0.9, validation: 0.2 } }), 'validation share of 0.2'],
    [() => blockModel({ seed: -1 }), 'seed -1'],
    [() => rmatGraph({ quadrants: { a: 0.5, b: 0.2, c: 0.2, d: 0.2 } }), 'four chances that sum to 1'],
    [() => rmatGraph({ quadrants: { a: 0.2, b: 0.4, c: 0.2, d: 0.2 } }), 'make the first the largest'],
    [() => rmatGraph({ quadrants: { a: 1, b: 0, c: 0, d: 0 } }), 'b + c at least 0.01'],
    [() => rmatGraph({ noise: 0.2 }), 'noise of 0.2'],
  ])('%#', (make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});
