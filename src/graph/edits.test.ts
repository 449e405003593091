import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { arrange } from './arrange.ts';
import { valueAt } from './csr.ts';
import { applyEdits, type Edit } from './edits.ts';
import { canonicalSparse } from './features.ts';
import type { Graph } from './graph.ts';
import { editedTestGraph, someEdits } from './testEdits.ts';

/** An edited graph is what `arrange` makes of the edited lists. */

/** Every entry of the adjacency, by target and source; and every feature that is not zero. */
function listsOf({ adjacency, features, nodes }: Graph) {
  const edges = new Map<string, number>();
  for (let row = 0; row < nodes; row++) {
    for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) {
      edges.set(`${row} ${adjacency.indices[e]}`, valueAt(adjacency, e));
    }
  }
  const dense = new Float32Array(nodes * features.cols);
  const sparse = canonicalSparse(features);
  for (let row = 0; row < nodes; row++) {
    for (let e = sparse.indptr[row]; e < sparse.indptr[row + 1]; e++) {
      dense[row * features.cols + sparse.indices[e]] = sparse.values[e];
    }
  }
  return { edges, dense };
}

function fromScratch(graph: Graph, edits: readonly Edit[], directed: boolean, weighted: boolean): Graph {
  const { edges, dense } = listsOf(graph);
  for (const edit of edits) {
    if (edit.kind === 'setFeature') dense[edit.node * graph.features.cols + edit.column] = edit.value;
    else {
      const ways = directed
        ? [[edit.to, edit.from]]
        : [
            [edit.to, edit.from],
            [edit.from, edit.to],
          ];
      for (const way of ways) {
        if (edit.kind === 'addEdge') edges.set(way.join(' '), 1);
        else edges.delete(way.join(' '));
      }
    }
  }
  const pairs = [...edges.keys()].map((key) => key.split(' ').map(Number));
  const { rows, cols } = graph.features;
  return arrange(
    {
      ...graph,
      source: Uint32Array.from(pairs, ([, source]) => source),
      target: Uint32Array.from(pairs, ([target]) => target),
      weight: weighted ? Float32Array.from(edges.values()) : null,
      features: { kind: 'dense', rows, cols, values: dense },
    },
    { directed, selfLoops: 'keep' },
  );
}

describe.each([
  ['undirected', {}],
  ['directed', { directed: true }],
  ['weighted', { weighted: true }],
  ['directed, weighted, with self-loops', { directed: true, weighted: true, selfLoops: 'keep' }],
  ['sparse features', { features: 'sparse' }],
  ['sparse features that are all 1', { features: 'ones' }],
] as const)('%s', (_, options) => {
  test('is the graph that the edited lists make', () => {
    const graph = editedTestGraph(options);
    const before = structuredClone(graph);
    const edits = someEdits(graph);
    expect(edits.length).toBeGreaterThan(8);
    const edited = applyEdits(graph, edits);
    const wanted = fromScratch(graph, edits, 'directed' in options, 'weighted' in options);
    expect(edited.adjacency).toEqual(wanted.adjacency);
    expect([edited.edges, edited.symmetric]).toEqual([wanted.edges, wanted.symmetric]);
    expect(canonicalSparse(edited.features)).toEqual(canonicalSparse(wanted.features));
    expect(graph).toEqual(before);
  });
});

test('a self-loop that was kept goes, and the count with it', () => {
  const graph = editedTestGraph({ selfLoops: 'keep' });
  const { indptr, indices } = graph.adjacency;
  const node = [...graph.labels.keys()].find((v) => indices.subarray(indptr[v], indptr[v + 1]).includes(v))!;
  const edited = applyEdits(graph, [{ kind: 'removeEdge', from: node, to: node }]);
  expect(edited.edges).toBe(graph.edges - 1);
  expect(edited.adjacency.indices.length).toBe(indices.length - 1);
});

test('no edits leave the matrices as they are', () => {
  const graph = editedTestGraph();
  const { adjacency, features } = applyEdits(graph, []);
  expect(adjacency).toBe(graph.adjacency);
  expect(features).toBe(graph.features);
});

describe('is refused in words', () => {
  const graph = editedTestGraph();
  const { indptr, indices } = graph.adjacency;
  const node = [...graph.labels.keys()].find((v) => indptr[v + 1] > indptr[v])!;
  const edge = { from: indices[indptr[node]], to: node };
  test.each([
    ['an edge that is there', { kind: 'addEdge', ...edge }, /already an edge from/],
    ['an edge that is not', { kind: 'removeEdge', from: node, to: node }, /no edge from/],
    ['an edge to itself', { kind: 'addEdge', from: node, to: node }, /self-loops/],
    [
      'a node that is not',
      { kind: 'addEdge', from: graph.nodes, to: node },
      /has no node 120: choose one from 0 to 119/,
    ],
    ['half a node', { kind: 'removeEdge', from: 0.5, to: node }, /has no node 0.5/],
    ['a column that is not', { kind: 'setFeature', node, column: -1, value: 1 }, /has no feature -1/],
    ['no number', { kind: 'setFeature', node, column: 0, value: Number.NaN }, /cannot be NaN/],
    [
      'a number too large for single precision',
      { kind: 'setFeature', node, column: 0, value: 1e39 },
      /cannot be 1e\+39/,
    ],
  ] as const)('%s', (_, edit, message) => {
    expect(() => applyEdits(graph, [edit])).toThrow(InputError);
    expect(() => applyEdits(graph, [edit])).toThrow(message);
  });

  test('removing an edge twice', () => {
    const edit = { kind: 'removeEdge', ...edge } as const;
    expect(() => applyEdits(graph, [edit, edit])).toThrow(/no edge from/);
  });

  test('a feature of a graph that has none', () => {
    const bare = editedTestGraph({ features: 'none' });
    expect(() => applyEdits(bare, [{ kind: 'setFeature', node: 0, column: 0, value: 2 }])).toThrow(/has no features/);
  });
});
