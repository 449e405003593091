import { arrange } from '../src/graph/arrange.ts';
import { fingerprint } from '../src/graph/fingerprint.ts';
import { driveSync, memoryServer } from '../src/graph/memoryServer.ts';
import { epochBatches, sampleNeighbors } from '../src/graph/neighborSampler.ts';
import { seedKey } from '../src/graph/random.ts';
import { nastyGraphData } from '../src/graph/testGraphs.ts';
import { chunkStoreChecks } from '../src/store/chunkStore.suite.ts';
import type { ChunkStore } from '../src/store/chunkStore.ts';
import { drive, openGraph } from '../src/store/graphStore.ts';
import { type HeldGraph, holdGraph } from '../src/store/hold.ts';
import { indexedDbStore } from '../src/store/indexedDb.ts';
import { ingest } from '../src/store/ingest.ts';
import { deleteGraph, listGraphs } from '../src/store/manifest.ts';
import { loadGraph } from '../src/store/storedGraph.ts';
import { sweepTemporary } from '../src/store/temporary.ts';
import { removeDataset } from '../src/worker/datasets.ts';
import { type Opfs, openOpfs } from '../src/worker/opfs.ts';

const NODES = 300;
const graph = () => arrange(nastyGraphData(NODES, 7, true));
const open = new Map<string, ChunkStore>();
const held: HeldGraph[] = [];

/** One store per name and tab, as the page of Edgewise has; a name that begins with "opfs" is one in OPFS. */
async function storeOf(name: string): Promise<ChunkStore> {
  const store = open.get(name) ?? (name.startsWith('opfs') ? (await opfsOf(name)).store : await indexedDbStore(name));
  open.set(name, store);
  return store;
}

async function opfsOf(folder: string): Promise<Opfs> {
  const opened = await openOpfs(folder);
  if (!opened || opened === 'taken') throw new Error(`OPFS: ${opened}`);
  return opened;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? Array.from(part as Uint8Array) : part));
}

/** What the tests ask of the page; arguments and answers are plain data. */
const storePage = {
  /** Runs one check of the suite on an empty store; an error is the test's. */
  async check(name: string): Promise<string> {
    const store = await indexedDbStore(`check: ${name}`);
    await chunkStoreChecks.find((check) => check.name === name)!.run(store);
    await store.close();
    return store.kind;
  },

  async checkOpfs(name: string): Promise<string> {
    const { store, close } = await opfsOf(`opfs check ${name}`);
    await chunkStoreChecks.find((check) => check.name === name)!.run(store);
    close();
    return store.kind;
  },

  /** Begins to store a graph in many chunks, and never ends. */
  async beginIngest(name: string, id: string): Promise<void> {
    const store = await storeOf(name);
    let puts = 0;
    const put: ChunkStore['put'] = (key, bytes) => (++puts > 20 ? new Promise(() => {}) : store.put(key, bytes));
    ingest(graph(), { ...store, put }, { id, chunkBytes: 1000 });
    while (puts <= 20) await new Promise((resolve) => setTimeout(resolve, 10));
  },

  /** Stores the graph in chunks of 1,000 bytes and answers with the fingerprint that it had before. */
  async ingest(name: string, id: string): Promise<string> {
    await ingest(graph(), await storeOf(name), { id, chunkBytes: 1000 });
    return fingerprint(graph());
  },

  graphs: async (name: string): Promise<string[]> => (await listGraphs(await storeOf(name))).map(({ id }) => id),

  loadedFingerprint: async (name: string, id: string): Promise<string> =>
    fingerprint(await loadGraph(await storeOf(name), id)),

  deleteGraph: async (name: string, id: string): Promise<void> => deleteGraph(await storeOf(name), id),

  /** Holds the graph in chunks of this size, as a sampled run does; answers how many chunks had to be written. */
  async hold(name: string, id: string, chunkBytes: number): Promise<number> {
    const store = await storeOf(name);
    let written = 0;
    const put: ChunkStore['put'] = (key, bytes) => {
      written += key.startsWith('chunk/') ? 1 : 0;
      return store.put(key, bytes);
    };
    const wanted = { id, fingerprint: await fingerprint(graph()), chunkBytes };
    held.push(await holdGraph(graph(), { ...store, put }, wanted));
    return written;
  },

  /** As when the run ends. */
  letGo: async (): Promise<void> => held.pop()!.close(),

  sweep: async (name: string): Promise<void> => sweepTemporary(await storeOf(name)),

  remove: (name: string, id: string): Promise<string> =>
    outcome(async () => removeDataset(id, { indexeddb: await storeOf(name) })),

  keys: async (name: string, prefix: string): Promise<string[]> => (await storeOf(name)).keys(prefix),

  /** Puts so many bytes, or says with which error that failed. */
  put: (name: string, key: string, length: number): Promise<string> =>
    outcome(async () => (await storeOf(name)).put(key, incompressible(length))),

  length: async (name: string, key: string): Promise<number | null> =>
    (await (await storeOf(name)).get(key))?.length ?? null,

  get: (name: string, key: string): Promise<string> => outcome(async () => (await storeOf(name)).get(key)),

  close: async (name: string): Promise<void> => (await storeOf(name)).close(),

  /** One epoch of batches, through the store with so much cache and from memory. */
  async sample(name: string, id: string, cacheBytes: number): Promise<{ stored: string; memory: string }> {
    const opened = await openGraph(await storeOf(name), id, cacheBytes);
    const serve = memoryServer(graph());
    const nodes = Uint32Array.from({ length: NODES }, (_, v) => v);
    const locals = new Uint32Array(NODES);
    const samplers = () =>
      epochBatches(nodes, 64, seedKey(3)).map((seeds, i) => sampleNeighbors(seeds, [4, -1], seedKey(i), locals));
    const stored: unknown[] = [];
    for (const sampler of samplers()) stored.push(await drive(sampler, opened.serve));
    return { stored: text(stored), memory: text(samplers().map((sampler) => driveSync(sampler, serve))) };
  },

  /** Deletes the database from under whoever has it open; answers whether somebody was in the way. */
  deleteDatabase: (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onblocked = () => resolve('blocked');
      request.onsuccess = () => resolve('deleted');
      request.onerror = () => reject(request.error);
    }),

  /** Leaves a database of a version that is yet to come. */
  openNewer: (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1000);
      request.onsuccess = () => resolve(request.result.close());
      request.onerror = () => reject(request.error);
    }),
};

/** Chromium compresses what it stores, and counts what is left against the quota. */
function incompressible(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // getRandomValues takes 65,536 bytes at a time.
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'done';
  } catch (error) {
    return String(error);
  }
}

export type StorePage = typeof storePage;
declare global {
  interface Window {
    storePage: StorePage;
  }
}
window.storePage = storePage;
