import { arrange } from './arrange.ts';
import type { Edit } from './edits.ts';
import { canonicalSparse } from './features.ts';
import type { Graph } from './graph.ts';
import { nastyGraphData } from './testGraphs.ts';

/** Graphs of every kind that can be edited, and edits of every kind; used by the tests of several files. */

interface Options {
  readonly directed?: boolean;
  readonly weighted?: boolean;
  readonly selfLoops?: 'keep';
  /** Sparse with values, sparse with every entry 1, or none; else dense. */
  readonly features?: 'sparse' | 'ones' | 'none';
}

export function editedTestGraph({ weighted = false, features, ...options }: Options = {}): Graph {
  const data = nastyGraphData(120, 3, weighted);
  const sparse = canonicalSparse(data.features!);
  const forms = { sparse, ones: { ...sparse, values: null }, none: null };
  return arrange({ ...data, features: features ? forms[features] : data.features }, options);
}

/** Some of everything, on nodes with and without neighbours: removed, added, added back, features set, set again and to zero. */
export function someEdits(graph: Graph): Edit[] {
  const { indptr, indices } = graph.adjacency;
  const full = [...graph.labels.keys()].filter((v) => indptr[v + 1] - indptr[v] > 2).slice(0, 5);
  const lone = [...graph.labels.keys()].find((v) => indptr[v + 1] === indptr[v])!;
  const removed: Edit[] = [];
  const gone = new Set<string>();
  for (const to of full) {
    const from = indices[indptr[to] + 1];
    const name = [from, to].sort().join();
    if (!gone.has(name)) removed.push({ kind: 'removeEdge', from, to });
    gone.add(name);
  }
  const back = removed[0] as Extract<Edit, { from: number }>;
  return [
    ...removed,
    { ...back, kind: 'addEdge' },
    { kind: 'addEdge', from: lone, to: full[1] },
    { kind: 'setFeature', node: lone, column: 0, value: 1 },
    { kind: 'setFeature', node: lone, column: 2, value: 0.25 },
    { kind: 'setFeature', node: full[0], column: 1, value: 3 },
    { kind: 'setFeature', node: full[0], column: 1, value: 0 },
  ];
}
