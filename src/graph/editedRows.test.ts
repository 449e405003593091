import { describe, expect, test } from 'vitest';
import { editedOutline, editRows, servingEdits } from './editedRows.ts';
import { applyEdits, type Edit } from './edits.ts';
import { driveSync, memoryServer } from './memoryServer.ts';
import type { Rows, TableName } from './request.ts';
import { editedTestGraph, someEdits } from './testEdits.ts';

/** Rows of an edited graph are those of the graph that `applyEdits` makes. */

const TABLES: readonly TableName[] = ['neighbors', 'features', 'degree', 'labels', 'split'];

describe.each([
  ['undirected', {}],
  ['directed', { directed: true }],
  ['weighted', { weighted: true }],
  ['directed, weighted, with self-loops', { directed: true, weighted: true, selfLoops: 'keep' }],
  ['sparse features', { features: 'sparse' }],
  ['sparse features that are all 1', { features: 'ones' }],
] as const)('%s', (_, options) => {
  const graph = editedTestGraph(options);
  const edits = someEdits(graph);
  const wanted = applyEdits(graph, edits);
  const from = memoryServer(graph);
  const edited = driveSync(editRows(graph, edits), from);
  const serve = servingEdits(edited, async (request) => from(request));
  const asked = [
    Uint32Array.from({ length: graph.nodes }, (_, node) => node).reverse(),
    Uint32Array.of(...edits.flatMap((edit) => (edit.kind === 'setFeature' ? [edit.node] : [edit.from, edit.to]))),
  ];

  test.each(TABLES)('%s', async (table) => {
    for (const rows of asked) {
      const answer = await serve({ table, rows, orWhole: true });
      expect(plain(answer)).toEqual(plain(memoryServer(wanted)({ table, rows })));
    }
  });

  test('the outline says where its rows begin; the graph stays as it was', () => {
    const before = structuredClone(graph);
    const { adjacency, features } = editedOutline(graph, edited);
    expect(adjacency.indptr).toEqual(wanted.adjacency.indptr);
    expect(adjacency.indices.length).toBe(wanted.adjacency.indices.length);
    expect(features.values !== null).toBe(wanted.features.values !== null);
    if (features.kind === 'sparse') expect(features.indptr).toEqual((wanted.features as typeof features).indptr);
    expect(graph).toEqual(before);
  });
});

/** What the rows say: an entry without a value is 1, and an id of an edge that of the graph before the edits. */
function plain({ table }: Rows) {
  if (table.kind === 'dense') return table;
  return { ...table, values: table.values ?? new Float32Array(table.indices.length).fill(1) };
}

test('nothing edited is nothing changed', () => {
  const graph = editedTestGraph();
  const nothing = driveSync(editRows(graph, []), memoryServer(graph));
  expect([nothing.neighbors.size, nothing.features.size]).toEqual([0, 0]);
  expect(editedOutline(graph, nothing).adjacency).toBe(graph.adjacency);
});

test.each<[Edit, RegExp]>([
  [{ kind: 'addEdge', from: 3, to: 3 }, /to itself is not added/],
  [{ kind: 'removeEdge', from: 0, to: 120 }, /no node 120: choose one from 0 to 119/],
  [{ kind: 'setFeature', node: -1, column: 0, value: 1 }, /no node -1/],
  [{ kind: 'setFeature', node: 1, column: 7, value: 1 }, /no feature 7/],
])('what is not there is refused in words: %o', (edit, message) => {
  const graph = editedTestGraph();
  expect(() => driveSync(editRows(graph, [edit]), memoryServer(graph))).toThrow(message);
});

test('a graph without features has none to change', () => {
  const graph = editedTestGraph({ features: 'none' });
  const edit: Edit = { kind: 'setFeature', node: 5, column: 5, value: 2 };
  expect(() => driveSync(editRows(graph, [edit]), memoryServer(graph))).toThrow(/has no features to change/);
});
