import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import type { SparseOutline } from '../graph/graph.ts';
import { HUB } from '../graph/testGraphs.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { GraphStore } from '../store/graphStore.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored, type StoredGraph } from '../store/storedGraph.ts';
import { testGraph } from '../train/testing/graphs.ts';
import { blocksView } from './blocksView.ts';
import { graphRows, graphRowsBytes } from './graphRows.ts';
import { neighbourhood } from './neighbourhood.ts';
import { nodeView } from './nodeView.ts';

/** Looking at a graph that stays in its store: each chunk is read once. */

const config = { ...DEFAULTS, 'sampling.strategy': 'neighbor', 'sampling.fanOut': [5, 5] } as const;

const VIEWS: readonly (readonly [string, (graph: StoredGraph, store: ChunkStore) => Promise<unknown>])[] = [
  ['a node', (graph, store) => nodeView(graph, HUB, store)],
  ['a neighbourhood', (graph, store) => neighbourhood(graph, { which: HUB, draw: 1 }, store, null)],
  ['a batch', (graph, store) => blocksView(graph, { config, node: HUB, epoch: 1 }, store)],
];

/** The graph in a store that says which keys are read. */
async function stored(features: 'dense' | 'sparse') {
  const inner = memoryStore();
  const graph = testGraph({ features });
  const { id } = await ingest(graph, inner, { chunkBytes: 256 });
  const read: string[] = [];
  const store: ChunkStore = {
    ...inner,
    get(key, into) {
      read.push(key);
      return inner.get(key, into);
    },
    getRanges(key, ranges) {
      read.push(key);
      return inner.getRanges(key, ranges);
    },
  };
  return { id, store, inner, read };
}

describe.each(['dense', 'sparse'] as const)('%s features', (features) => {
  test.each(VIEWS)('the second look at %s reads nothing, and the first one nothing but rows', async (_, look) => {
    const { id, store, inner, read } = await stored(features);
    const graph = await openStored(inner, id);
    const first = await look(graph, store);
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((key) => !/(neighbors|features)\.(indices|values)\//.test(key))).toEqual([]);
    expect(new Set(read).size).toBe(read.length);
    read.length = 0;
    expect(await look(graph, store)).toEqual(first);
    expect(read).toEqual([]);
  });
});

test('what one view has read the others need not, and another graph begins anew', async () => {
  const { id, store, inner, read } = await stored('dense');
  const graph = await openStored(inner, id);
  for (const [, look] of VIEWS) await look(graph, store);
  expect(new Set(read).size).toBe(read.length);
  expect(await graphRows(graph, store)).toBe(await graphRows(graph, store));
  const again = await openStored(inner, id);
  read.length = 0;
  await VIEWS[0][1](again, store);
  expect(read.length).toBeGreaterThan(0);
});

test.each(['none', 'degree'] as const)(
  'what is held beside the outline is what a run leaves room for: %s',
  async (ordering) => {
    const store = memoryStore();
    const { id } = await ingest(testGraph({ features: 'sparse' }), store, { chunkBytes: 256, ordering });
    const graph = await openStored(store, id);
    const { hostBytes } = (await graphRows(graph, store)) as GraphStore;
    const outline = graph.adjacency.indptr.byteLength + (graph.features as SparseOutline).indptr.byteLength;
    expect(hostBytes.indptr + hostBytes.cache + hostBytes.inFlight - outline).toBe(graphRowsBytes(graph));
  },
);
