import { expect, test } from 'vitest';
import { floatsPerEntry } from '../device/testing/attentionCases.ts';
import { arrange } from '../graph/arrange.ts';
import { graphOperator } from '../graph/operators.ts';
import { forecast } from './session.ts';
import { CPU } from './testing/backends.ts';
import { configOf, graphData, ONE_BATCH } from './testing/graphs.ts';

/** Attention is fused: nothing in a plan has a number for each edge and head. */

/** Dense, so that an edge list is much longer than a list of nodes, and no row is heavy. */
const NODES = 150;
const pairs = Array.from({ length: 40 * NODES }, (_, i) => [i % NODES, (7 * i + (i % 41) * 13) % NODES]);
const graph = arrange({
  ...graphData({ nodes: NODES }),
  source: Uint32Array.from(pairs, ([source]) => source),
  target: Uint32Array.from(pairs, ([, target]) => target),
  weight: null,
});
const edges = graphOperator('attention', graph.adjacency).indices.length;

test.each([
  ['gat', {}],
  ['gat', ONE_BATCH],
  ['gatv2', {}],
  ['gatv2', ONE_BATCH],
] as const)('%s: no value of the plan has a float per edge and head: %o', async (kind, changes) => {
  const config = configOf({
    ...changes,
    'model.kind': kind,
    'model.hidden': 8,
    'model.heads': 8,
    'model.outputHeads': 8,
    'model.attentionDropout': 0.5,
  });
  const { forecast: found } = await forecast({ graph, config, backend: CPU.backend, fit: false });
  expect(edges).toBeGreaterThan(3 * NODES * 8);
  expect(floatsPerEntry(found.plan, edges)).toEqual([]);
});
