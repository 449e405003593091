import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { chunkStoreChecks } from './chunkStore.suite.ts';
import type { ChunkStore } from './chunkStore.ts';
import { fileStore } from './file.ts';
import { memoryStore } from './memory.ts';

const folders: string[] = [];
async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-store-'));
  folders.push(folder);
  return folder;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const stores: [string, () => Promise<ChunkStore>][] = [
  ['memory', async () => memoryStore()],
  ['file', async () => fileStore(await freshFolder())],
];

describe.each(stores)('the %s store', (kind, create) => {
  test.each(chunkStoreChecks.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    const store = await create();
    expect(store.kind).toBe(kind);
    await check.run(store);
    await store.close();
  });
});

test('the suite fails a store that is wrong', async () => {
  const broken: [string, Partial<ChunkStore>][] = [
    ['gives back what was put, and null for what was not', { get: async () => new Uint8Array(3) }],
    ['reads ranges, cut off at the end', { getRanges: async () => Uint8Array.of(1) }],
    ['lists and deletes by prefix', { delete: async () => {} }],
  ];
  for (const [name, fault] of broken) {
    const check = chunkStoreChecks.find((candidate) => candidate.name === name)!;
    await expect(check.run({ ...memoryStore(), ...fault })).rejects.toThrow(/Expected/);
  }
});

describe('the file store', () => {
  test('keeps its chunks for whoever opens the folder next, and leaves no temporary file', async () => {
    const folder = await freshFolder();
    await (await fileStore(folder)).put('g/1', Uint8Array.of(1, 2));
    expect([...(await (await fileStore(folder)).get('g/1'))!]).toEqual([1, 2]);
    expect(await readdir(folder)).toEqual(['_g%2F1']);
  });

  test('ignores what a killed process or a person left in the folder', async () => {
    const folder = await freshFolder();
    for (const name of ['tmp-1-1-1', '_100%', 'notes.txt']) await writeFile(join(folder, name), 'half');
    expect(await (await fileStore(folder)).keys('')).toEqual([]);
  });

  test('never writes outside its folder', async () => {
    const parent = await freshFolder();
    const store = await fileStore(join(parent, 'inner'));
    for (const key of ['../a', '/tmp/a', '..', '..\\a', 'a/../../b', '\0']) await store.put(key, Uint8Array.of(1));
    expect(await readdir(parent)).toEqual(['inner']);
    expect((await readdir(join(parent, 'inner'))).every((name) => /^_[a-z0-9_%A-F-]+$/.test(name))).toBe(true);
  });

  test('refuses a key that no file name can hold', async () => {
    const store = await fileStore(await freshFolder());
    await expect(store.put('x'.repeat(300), new Uint8Array(1))).rejects.toThrow(/too long/);
  });
});
