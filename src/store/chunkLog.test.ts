import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { chunkLog, type SyncFolder } from './chunkLog.ts';
import { chunkStoreChecks } from './chunkStore.suite.ts';
import type { ChunkStore } from './chunkStore.ts';
import { ingest } from './ingest.ts';
import { listGraphs } from './manifest.ts';
import { type MemoryFolder, memoryFolder } from './memoryFolder.ts';
import { loadGraph } from './storedGraph.ts';
import { sweepHalves } from './temporary.ts';

const path = await mkdtemp(join(tmpdir(), 'edgewise-log-'));
afterAll(() => rm(path, { recursive: true }));

/** Files of Node, for what a folder in memory could be wrong about. */
async function nodeFolder(): Promise<SyncFolder> {
  const folder = await mkdtemp(join(path, 'f-'));
  return {
    async open(name) {
      const file = openSync(join(folder, name), (await readdir(folder)).includes(name) ? 'r+' : 'w+');
      const size = async () => (await stat(join(folder, name))).size;
      let known = await size();
      return {
        read: (into, at) => readSync(file, into, 0, into.length, at),
        write(bytes, at) {
          const count = writeSync(file, bytes, 0, bytes.length, at);
          known = Math.max(known, at + count);
          return count;
        },
        truncate(to) {
          ftruncateSync(file, to);
          known = to;
        },
        flush: () => fsyncSync(file),
        size: () => known,
        close: () => closeSync(file),
      };
    },
    remove: (name) => rm(join(folder, name)),
    names: () => readdir(folder),
  };
}

const open = (folder: SyncFolder) => chunkLog(folder, 'log');
const value = (seed: number, length: number) => Uint8Array.from({ length }, (_, i) => seed * 37 + i);

/** Everything that the store holds. */
async function contents(store: ChunkStore): Promise<[string, number[]][]> {
  const keys = await store.keys('');
  return Promise.all(keys.map(async (key): Promise<[string, number[]]> => [key, [...(await store.get(key))!]]));
}

const folders: [string, () => Promise<SyncFolder>][] = [
  ['memory', async () => memoryFolder()],
  ['files of Node', nodeFolder],
];
describe.each(folders)('a log in %s', (_, create) => {
  test.each(chunkStoreChecks.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    const folder = await create();
    const store = await open(folder);
    await check.run(store);
    const before = await contents(store);
    await store.close();
    await expect(store.keys('')).rejects.toThrow('The log store is closed: open it again.');
    const again = await open(folder);
    expect(await contents(again)).toEqual(before);
    await again.close();
  });
});

test('an array of a graph is one file, which goes with it', async () => {
  const folder = memoryFolder();
  const store = await open(folder);
  await store.put('chunk/g/x/0', value(1, 100));
  await store.put('manifest/g.json', value(2, 10));
  expect([...folder.files.keys()].sort()).toEqual(['chunk.g.x.0', 'rest.0']);
  await store.delete('chunk/g/');
  expect([...folder.files.keys()]).toEqual(['rest.0']);
});

test('what an ingest deletes on its way leaves no garbage', async () => {
  const folder = memoryFolder();
  const store = await open(folder);
  for (const bucket of ['bucket-0', 'bucket-1']) await store.put(`chunk/g/${bucket}/0`, value(1, 1000));
  await store.put('chunk/g/labels.values/0', value(2, 100));
  await store.put('chunk/g/nodeIds/0', value(3, 100));
  await store.delete('chunk/g/bucket-0/');
  await store.delete('chunk/g/bucket-1/');
  expect([...folder.files.keys()].sort()).toEqual(['chunk.g.0', 'chunk.g.labels.values.0', 'rest.0']);
  await store.close();
  expect(await (await open(folder)).keys('')).toEqual(['chunk/g/labels.values/0', 'chunk/g/nodeIds/0']);
});

test('the chunks of a graph are on the disk before its manifest is written', async () => {
  const folder = memoryFolder();
  const store = await open(folder);
  await store.put('chunk/g/x/0', value(1, 100));
  folder.done.length = 0;
  await store.put('manifest/g.json', value(2, 10));
  expect(folder.done.indexOf('flush chunk.g.x.0')).toBeGreaterThanOrEqual(0);
  expect(folder.done.indexOf('flush chunk.g.x.0')).toBeLessThan(folder.done.indexOf('write rest.0'));
  expect(folder.done.at(-1)).toBe('flush rest.0');
});

/** A folder with three values, and its copy with one file changed. */
async function three() {
  const folder = memoryFolder();
  const store = await open(folder);
  const ends = [0];
  for (const i of [0, 1, 2]) {
    await store.put(`chunk/g/x/${i}`, value(i, 20));
    ends.push(folder.files.get('chunk.g.x.0')!.bytes.length);
  }
  return { ends, changed: (change: (bytes: Uint8Array) => Uint8Array) => changedCopy(folder, change) };
}
function changedCopy(folder: MemoryFolder, change: (bytes: Uint8Array) => Uint8Array): MemoryFolder {
  const copy = memoryFolder(folder.files);
  const file = copy.files.get('chunk.g.x.0')!;
  file.bytes = change(file.bytes);
  return copy;
}
/** The log is as whole as it was, in the first records and in what comes. */
async function expectRecords(folder: MemoryFolder, count: number) {
  const store = await open(folder);
  const kept = [0, 1, 2].slice(0, count).map((i) => [`chunk/g/x/${i}`, [...value(i, 20)]]);
  expect(await contents(store)).toEqual(kept);
  await store.put('chunk/g/x/9', value(9, 5));
  await store.close();
  const again = await open(folder);
  expect(await contents(again)).toEqual([...kept, ['chunk/g/x/9', [...value(9, 5)]]]);
}

test('a write that broke off at any byte leaves what was complete', async () => {
  const { ends, changed } = await three();
  for (let size = 0; size < ends[3]; size++) {
    await expectRecords(
      changed((bytes) => bytes.slice(0, size)),
      ends.filter((end) => end <= size).length - 1,
    );
  }
});

test('a value without its header does not exist: the header is written last', async () => {
  const { ends, changed } = await three();
  await expectRecords(
    changed((bytes) => bytes.fill(0, ends[2], ends[2] + 31)),
    2,
  );
});

test('a header or key that is damaged in any byte ends the log there, and nothing reads beyond it', async () => {
  const { ends, changed } = await three();
  const state = 16;
  for (let at = 0; at < 31; at++) {
    const folder = changed((bytes) => {
      bytes[ends[1] + at] ^= 0x40;
      return bytes;
    });
    await expectRecords(folder, at >= state && at < 20 ? 3 : 1);
  }
});

test('garbage in place of a file is an empty log', async () => {
  for (const length of [1, 19, 20, 64, 1000]) {
    const { changed } = await three();
    await expectRecords(
      changed(() => value(length, length)),
      0,
    );
  }
});

test('a value that was replaced when the tab was closed is the old or the new one, and deleting it deletes both', async () => {
  const folder = memoryFolder();
  const store = await open(folder);
  await store.put('a', value(1, 10));
  const before = folder.files.get('rest.0')!.bytes.length;
  await store.put('a', value(2, 10));
  const { bytes } = folder.files.get('rest.0')!;
  for (let size = before; size <= bytes.length; size++) {
    const copy = memoryFolder(folder.files);
    const file = copy.files.get('rest.0')!;
    file.bytes = bytes.slice(0, size);
    // The older one is marked after that.
    file.bytes[16] = 0;
    const again = await open(copy);
    expect(await contents(again)).toEqual([['a', [...value(size < bytes.length ? 1 : 2, 10)]]]);
    await again.put('b', value(3, 1));
    await again.delete('a');
    await again.close();
    expect(await (await open(copy)).keys('')).toEqual(['b']);
  }
});

describe('where the storage is full', () => {
  test('what was complete stays, deleting works, and then there is room', async () => {
    const folder = memoryFolder();
    const store = await open(folder);
    await store.put('manifest/g.json', value(0, 10));
    await store.put('chunk/g/x/0', value(1, 100));
    const before = await contents(store);
    folder.quota = [...folder.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 150);
    const full = /^The browser's storage is full, 0\.0 MB more do not fit.*: delete a graph, then try again\.$/;
    await expect(store.put('chunk/g/x/1', value(2, 140))).rejects.toThrow(full);
    await expect(store.put('manifest/g.json', value(2, 140))).rejects.toThrow(full);
    await expect(store.put('chunk/h/x/0', value(2, 140))).rejects.toThrow(full);
    expect(await contents(store)).toEqual(before);
    await store.close();
    const again = await open(folder);
    expect(await contents(again)).toEqual(before);
    folder.quota = 0;
    await again.delete('manifest/g.json');
    await again.delete('chunk/g/');
    folder.quota = 300;
    await again.put('chunk/h/x/0', value(2, 140));
    expect(await again.keys('')).toEqual(['chunk/h/x/0']);
  });

  test('an ingest is refused whole', async () => {
    const folder = memoryFolder();
    const store = await open(folder);
    const graph = arrange(nastyGraphData(60, 1));
    await ingest(graph, store, { id: 'first', chunkBytes: 400 });
    folder.quota = [...folder.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 2000);
    await expect(ingest(graph, store, { id: 'second', chunkBytes: 400 })).rejects.toThrow(/storage is full/);
    await store.close();
    const again = await open(folder);
    expect((await listGraphs(again)).map(({ id }) => id)).toEqual(['first']);
    expect((await again.keys('')).filter((key) => key.includes('second'))).toEqual([]);
    expect(await loadGraph(again, 'first')).toEqual(graph);
  });
});

test('half a graph is swept, and a whole one stays though its manifest is damaged', async () => {
  const store = await open(memoryFolder());
  const graph = arrange(nastyGraphData(60, 1));
  for (const id of ['whole', 'damaged', 'half']) await ingest(graph, store, { id });
  await store.put('manifest/damaged.json', value(1, 9));
  await store.delete('manifest/half.json');
  await sweepHalves(store);
  expect((await listGraphs(store)).map(({ id }) => id)).toEqual(['damaged', 'whole']);
  expect((await store.keys('chunk/half/')).length).toBe(0);
  expect((await store.keys('chunk/damaged/')).length).toBeGreaterThan(0);
  expect(await loadGraph(store, 'whole')).toEqual(graph);
});

describe('compaction', () => {
  const MANY = 30;
  /** Replaces one value until most of the file is garbage. */
  const fill = async (store: ChunkStore) => {
    await store.put('kept', value(7, 1000));
    for (let i = 0; i < MANY; i++) await store.put('changing', value(i, 400_000));
  };

  test('bounds the garbage, and loses nothing', async () => {
    const folder = memoryFolder();
    const store = await open(folder);
    await fill(store);
    const names = [...folder.files.keys()];
    expect(names).toHaveLength(1);
    expect(names[0]).not.toBe('rest.0');
    expect(folder.files.get(names[0])!.bytes.length).toBeLessThan(5e6);
    const before = await contents(store);
    expect(before[0][1]).toEqual([...value(MANY - 1, 400_000)]);
    await store.close();
    expect(await contents(await open(folder))).toEqual(before);
  });

  test('gives way where there is no room for the copy', async () => {
    const folder = memoryFolder();
    const store = await open(folder);
    const opening = folder.open;
    folder.open = async (name) => {
      const file = await opening(name);
      const write = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
      return name === 'rest.0' ? file : { ...file, write };
    };
    await fill(store);
    expect([...folder.files.keys()]).toEqual(['rest.0']);
    expect((await store.get('changing'))!.length).toBe(400_000);
  });

  test('that broke off anywhere leaves the values as they were', async () => {
    const folder = memoryFolder();
    const store = await open(folder);
    await store.put('a', value(1, 50));
    await store.put('b', value(2, 50));
    const before = await contents(store);
    const { bytes } = folder.files.get('rest.0')!;
    for (let size = 0; size <= bytes.length; size++) {
      const copy = memoryFolder(folder.files);
      const half = bytes.slice(0, size);
      // The first header comes last.
      half.fill(0, 0, 20);
      copy.files.set('rest.1', { bytes: half, open: false });
      const again = await open(copy);
      expect(await contents(again)).toEqual(before);
      expect([...copy.files.keys()]).toEqual(['rest.0']);
    }
    const whole = memoryFolder(folder.files);
    whole.files.set('rest.1', { bytes, open: false });
    expect(await contents(await open(whole))).toEqual(before);
    expect([...whole.files.keys()]).toEqual(['rest.1']);
  });
});

test('files that are not its own stay as they are', async () => {
  const strange = ['notes.txt', 'rest', 'chunk.a', 'chunk.A.0', 'rest.01'];
  const folder = memoryFolder(new Map(strange.map((name) => [name, { bytes: value(1, 10), open: false }])));
  const store = await open(folder);
  expect(await store.keys('')).toEqual([]);
  await store.delete('');
  for (const name of strange) expect(folder.files.get(name)!.bytes).toEqual(value(1, 10));
});

test('a key that is too long is refused', async () => {
  await expect((await open(memoryFolder())).put('x'.repeat(5000), value(1, 1))).rejects.toThrow(/too long/);
});
