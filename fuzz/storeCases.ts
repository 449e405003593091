import { arrange } from '../src/graph/arrange.ts';
import type { Graph } from '../src/graph/graph.ts';
import { nastyGraphData, withLabelSets } from '../src/graph/testGraphs.ts';
import { chunkLog } from '../src/store/chunkLog.ts';
import type { ChunkStore } from '../src/store/chunkStore.ts';
import { openGraph } from '../src/store/graphStore.ts';
import { ingest } from '../src/store/ingest.ts';
import { listGraphs, manifestKey } from '../src/store/manifest.ts';
import { memoryStore } from '../src/store/memory.ts';
import { memoryFolder } from '../src/store/memoryFolder.ts';
import { loadGraph, openStored } from '../src/store/storedGraph.ts';
import type { FuzzCase, FuzzInput } from './cases.ts';
import { checkGraph } from './checkGraph.ts';

/** Rows in an order of their own: what is damaged may be where each of them lies. */
const INGEST = { id: 'kept', chunkBytes: 256, ordering: 'degree' } as const;
/** One class per node, and several. */
const GRAPHS = [nastyGraphData(30, 5, true), withLabelSets(nastyGraphData(30, 5))].map((data) => arrange(data));

/** Everything that a store says of a graph. */
async function readStored(store: ChunkStore): Promise<void> {
  await listGraphs(store);
  const loaded = await loadGraph(store, 'kept');
  checkGraph(loaded);
  await openStored(store, 'kept');
  const { serve } = await openGraph(store, 'kept', 1000);
  const rows = Uint32Array.from({ length: loaded.nodes }, (_, v) => v);
  for (const table of ['neighbors', 'features', 'labels', 'split', 'degree'] as const) await serve({ table, rows });
}

async function manifestInputs(graph: Graph): Promise<FuzzInput[]> {
  const store = memoryStore();
  await ingest(graph, store, INGEST);
  const key = manifestKey('kept');
  const damagedStore = (damaged: Uint8Array): ChunkStore => ({
    ...store,
    get: async (asked) => (asked === key ? damaged : store.get(asked)),
  });
  return [{ bytes: (await store.get(key))!, read: (damaged) => readStored(damagedStore(damaged)) }];
}

async function logInputs(graph: Graph): Promise<FuzzInput[]> {
  const folder = memoryFolder();
  const store = await chunkLog(folder, 'log');
  await ingest(graph, store, INGEST);
  await store.close();
  return [...folder.files].map(([name, { bytes }]) => ({
    bytes,
    read: async (damaged) => {
      const files = new Map(folder.files).set(name, { bytes: damaged, open: false });
      await readStored(await chunkLog(memoryFolder(files), 'log'));
    },
  }));
}

const ofGraphs = (inputs: (graph: Graph) => Promise<FuzzInput[]>) => async () =>
  (await Promise.all(GRAPHS.map(inputs))).flat();

export const STORE_CASES: readonly FuzzCase[] = [
  { name: 'manifest', source: 'written here', names: /kept/, inputs: ofGraphs(manifestInputs) },
  { name: 'log-files', source: 'written here', names: /kept/, inputs: ofGraphs(logInputs) },
];
