import { describe, expect, test } from 'vitest';
import type { CsrMatrix } from '../formats/matrix.ts';
import { arrange } from './arrange.ts';
import { stochasticBlockModel } from './blockModel.ts';
import { gatherGraph } from './generated.ts';
import type { Graph } from './graph.ts';
import { driveSync, memoryServer } from './memoryServer.ts';
import { ORDERINGS, type OrderingName } from './ordering.ts';
import { nastyGraphData } from './testGraphs.ts';

function orderOf(graph: Graph, name: OrderingName, mostEntries = 1 << 20): Uint32Array {
  return driveSync(ORDERINGS[name]!.order(graph.adjacency.indptr, mostEntries), memoryServer(graph));
}

/** How many rows list each node. */
function listed({ nodes, adjacency }: Graph): Uint32Array {
  const times = new Uint32Array(nodes);
  for (const node of adjacency.indices) times[node]++;
  return times;
}

const GRAPHS: [string, Graph][] = [
  ['a nasty graph', arrange(nastyGraphData(120, 1))],
  ['a directed one', arrange(nastyGraphData(3000, 2), { directed: true })],
  ['one without edges', arrange({ ...nastyGraphData(10, 1), source: Uint32Array.of(), target: Uint32Array.of() })],
];

describe.each(GRAPHS)('%s', (_, graph) => {
  test.each(['degree', 'cluster'] as const)('by %s: every node has one position, however much is asked for', (name) => {
    const order = orderOf(graph, name);
    expect(order.slice().sort()).toEqual(Uint32Array.from({ length: graph.nodes }, (_, node) => node));
    for (const most of [1, 17]) expect(orderOf(graph, name, most)).toEqual(order);
  });

  test.each(['degree', 'cluster'] as const)('by %s: no more is asked for at once, of a hub neither', (name) => {
    const serve = memoryServer(graph);
    const order = ORDERINGS[name]!.order(graph.adjacency.indptr, 17);
    driveSync(order, (request) => {
      const answer = serve(request);
      expect((answer.table as CsrMatrix).indices.length).toBeLessThanOrEqual(17);
      return answer;
    });
  });

  test('by degree: what is listed most often comes first, equals in the order of their ids', () => {
    const times = listed(graph);
    const expected = Array.from({ length: graph.nodes }, (_, node) => node).sort(
      (a, b) => times[b] - times[a] || a - b,
    );
    expect([...orderOf(graph, 'degree')]).toEqual(expected);
  });
});

test('by cluster: neighbours lie close together, and hubs first among them', () => {
  const nodes = 16 * 1024;
  const generated = stochasticBlockModel({
    ...{ name: 'blocks', nodes, edges: 6 * nodes, directed: false, features: 1, classes: 16, signal: 0, seed: 1 },
    ...{ homophily: 0.9, skew: 2, split: { train: 0.5, validation: 0.2 } },
  });
  const graph = arrange(gatherGraph(generated));
  const order = orderOf(graph, 'cluster');
  const places = new Uint32Array(nodes);
  for (const [position, node] of order.entries()) places[node] = position;
  const near = (at: (node: number) => number) => {
    const { indptr, indices } = graph.adjacency;
    let count = 0;
    for (let row = 0; row < nodes; row++) {
      for (let e = indptr[row]; e < indptr[row + 1]; e++) count += Math.abs(at(row) - at(indices[e])) < 1024 ? 1 : 0;
    }
    return count / indices.length;
  };
  expect(near((node) => node)).toBeLessThan(0.13);
  expect(near((node) => places[node])).toBeGreaterThan(0.4);
  const times = listed(graph);
  expect(times[order[0]]).toBeGreaterThan(times[order[900]]);
});
