import { crc32 } from '../src/formats/crc32.ts';
import { arrange } from '../src/graph/arrange.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { OrderingName } from '../src/graph/ordering.ts';
import { nastyGraphData, withLabelSets } from '../src/graph/testGraphs.ts';
import { chunkLog } from '../src/store/chunkLog.ts';
import type { ChunkStore } from '../src/store/chunkStore.ts';
import { openGraph } from '../src/store/graphStore.ts';
import { ingest } from '../src/store/ingest.ts';
import { chunkKey, encodeManifest, listGraphs, manifestKey, ORDER } from '../src/store/manifest.ts';
import { memoryStore } from '../src/store/memory.ts';
import { memoryFolder } from '../src/store/memoryFolder.ts';
import { loadGraph, openStored } from '../src/store/storedGraph.ts';
import type { FuzzCase, FuzzInput } from './cases.ts';
import { checkGraph } from './checkGraph.ts';

const INGEST = { id: 'kept', chunkBytes: 256 };

interface Kept {
  readonly graph: Graph;
  readonly ordering: OrderingName;
}
/** One class per node, its rows in an order of their own; and several classes. */
const GRAPHS: readonly Kept[] = [
  { graph: arrange(nastyGraphData(30, 5, true)), ordering: 'degree' },
  { graph: arrange(withLabelSets(nastyGraphData(30, 5))), ordering: 'none' },
];

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

/** The store with other bytes under some keys. */
function replaced(store: ChunkStore, values: ReadonlyMap<string, Uint8Array>): ChunkStore {
  return { ...store, get: async (key) => values.get(key) ?? store.get(key) };
}

async function manifestInputs({ graph, ordering }: Kept): Promise<FuzzInput[]> {
  const store = memoryStore();
  await ingest(graph, store, { ...INGEST, ordering });
  const key = manifestKey('kept');
  const read = (damaged: Uint8Array) => readStored(replaced(store, new Map([[key, damaged]])));
  return [{ bytes: (await store.get(key))!, read }];
}

/** Where each row lies, under a checksum that is right. */
async function orderInputs(): Promise<FuzzInput[]> {
  const store = memoryStore();
  const { graph, ordering } = GRAPHS[0];
  const manifest = await ingest(graph, store, { ...INGEST, ordering });
  const key = chunkKey('kept', ORDER, 0);
  const read = (damaged: Uint8Array) => {
    const checked = manifest.arrays.map((array) =>
      array.name === ORDER ? { ...array, checksums: [crc32(damaged)] } : array,
    );
    const values = new Map([
      [key, damaged],
      [manifestKey('kept'), encodeManifest({ ...manifest, arrays: checked })],
    ]);
    return readStored(replaced(store, values));
  };
  return [{ bytes: (await store.get(key))!, read }];
}

async function logInputs({ graph, ordering }: Kept): Promise<FuzzInput[]> {
  const folder = memoryFolder();
  const store = await chunkLog(folder, 'log');
  await ingest(graph, store, { ...INGEST, ordering });
  await store.close();
  return [...folder.files].map(([name, { bytes }]) => ({
    bytes,
    read: async (damaged) => {
      const files = new Map(folder.files).set(name, { bytes: damaged, open: false });
      await readStored(await chunkLog(memoryFolder(files), 'log'));
    },
  }));
}

const ofGraphs = (inputs: (kept: Kept) => Promise<FuzzInput[]>) => async () =>
  (await Promise.all(GRAPHS.map(inputs))).flat();

export const STORE_CASES: readonly FuzzCase[] = [
  { name: 'manifest', source: 'written here', names: /kept/, inputs: ofGraphs(manifestInputs) },
  { name: 'row-order', source: 'written here', names: /kept/, inputs: orderInputs },
  { name: 'log-files', source: 'written here', names: /kept/, inputs: ofGraphs(logInputs) },
];
