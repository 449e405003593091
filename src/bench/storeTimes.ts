import type { ChunkStore } from '../store/chunkStore.ts';
import { chunkFolder, chunkKey, manifestKey } from '../store/manifest.ts';

/** How fast a store is, measured wherever it is: in Node or in a worker of a browser. MB are 10⁶ bytes. */

export interface StoreLoad {
  readonly chunkBytes: number;
  readonly totalBytes: number;
}

export interface StoreTimes {
  /** MB/s, one chunk after the other and a manifest at the end, before which a store may wait for the disk. */
  readonly write: number;
  /** MB/s, whole chunks in their order. */
  readonly read: number;
  /** Milliseconds for a whole chunk at random. */
  readonly get: number;
  /** Rows of ROW_BYTES at random places, per second. */
  readonly rows: number;
}

/** A row of `arxiv-shape`: 128 features. */
export const ROW_BYTES = 512;
/** Random reads go on for so long. */
const READ_MS = 400;
const GRAPH = 'bench';

/** One run, which leaves the store as it was. */
export async function measureStore(store: ChunkStore, { chunkBytes, totalBytes }: StoreLoad): Promise<StoreTimes> {
  const count = Math.ceil(totalBytes / chunkBytes);
  const key = (chunk: number) => chunkKey(GRAPH, 'values', chunk);
  const chunk = random(chunkBytes);
  const megabytes = (count * chunkBytes) / 1e6;
  const writeMs = await timed(async () => {
    for (let i = 0; i < count; i++) await store.put(key(i), chunk);
    await store.put(manifestKey(GRAPH), chunk.subarray(0, 1000));
  });
  const readMs = await timed(async () => {
    for (let i = 0; i < count; i++) if ((await store.get(key(i)))?.length !== chunkBytes) throw new Error('Lost.');
  });
  const any = (below: number) => Math.floor(Math.random() * below);
  const perSecond = async (read: () => Promise<unknown>) => {
    const begun = performance.now();
    let done = 0;
    for (; performance.now() - begun < READ_MS; done++) await read();
    return (1000 * done) / (performance.now() - begun);
  };
  const gets = await perSecond(() => store.get(key(any(count))));
  const rows = await perSecond(() => {
    const at = any(chunkBytes / ROW_BYTES) * ROW_BYTES;
    return store.getRanges(key(any(count)), Uint32Array.of(at, at + ROW_BYTES));
  });
  await store.delete(manifestKey(GRAPH));
  await store.delete(chunkFolder(GRAPH));
  return { write: (1000 * megabytes) / writeMs, read: (1000 * megabytes) / readMs, get: 1000 / gets, rows };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Chromium compresses what it stores. */
function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // getRandomValues takes 65,536 bytes at a time.
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
