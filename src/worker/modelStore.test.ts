import { expect, test } from 'vitest';
import { memoryStore } from '../store/memory.ts';
import { MODELS } from './keptModels.ts';
import { forgetModels, keepModel, listModels, readModel } from './modelStore.ts';

/** Models of finished runs: whole files, no more of them than there is room for. */

/** The default is of two pieces. */
const fileOf = (value: number, bytes = 5 * 2 ** 20) => new Uint8Array(bytes).fill(value);

test('a model comes back as it was, and goes when it is forgotten', async () => {
  const store = memoryStore();
  await keepModel(store, 'a', fileOf(1));
  await keepModel(store, 'b', fileOf(2, 100));
  expect(await listModels(store)).toEqual([
    { slot: 'a', bytes: 5 * 2 ** 20 },
    { slot: 'b', bytes: 100 },
  ]);
  expect(Buffer.from(await readModel(store, 'a')).equals(fileOf(1))).toBe(true);
  await forgetModels(store, ['a']);
  expect(await listModels(store)).toEqual([{ slot: 'b', bytes: 100 }]);
  expect(await store.keys(`${MODELS}a/`)).toEqual([]);
  await expect(readModel(store, 'a')).rejects.toThrow('not in this browser any more: train it again.');
  expect(await readModel(store, 'b')).toEqual(fileOf(2, 100));
});

test('where a new one has no room, the oldest go, and no more of them than must', async () => {
  const store = memoryStore();
  for (const slot of ['a', 'b', 'c', 'd']) {
    await keepModel(store, slot, fileOf(1, 25), 100);
    // Two that were kept within a millisecond are of the same age.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect((await listModels(store)).map(({ slot }) => slot)).toEqual(['a', 'b', 'c', 'd']);
  await keepModel(store, 'e', fileOf(1, 26), 100);
  expect((await listModels(store)).map(({ slot }) => slot)).toEqual(['c', 'd', 'e']);
  await keepModel(store, 'f', fileOf(1, 100), 100);
  expect((await listModels(store)).map(({ slot }) => slot)).toEqual(['f']);
  await expect(keepModel(store, 'g', fileOf(1, 2_000_000), 1_000_000)).rejects.toThrow(
    'It takes 2 MB, and all models that this browser keeps take 1 MB at the most.',
  );
  expect((await listModels(store)).map(({ slot }) => slot)).toEqual(['f']);
});

test('what was written in part is no model: it goes at once where the browser has no room, with the next model where a tab was closed', async () => {
  const store = memoryStore();
  const failing = (puts: number, alive: boolean) => {
    let left = puts;
    return {
      ...store,
      put: async (...args: Parameters<typeof store.put>) =>
        left-- > 0 ? store.put(...args) : Promise.reject(new Error('no room')),
      delete: async (prefix: string) => (alive ? store.delete(prefix) : undefined),
    };
  };
  // Two pieces and the head.
  for (const puts of [0, 1, 2]) {
    await expect(keepModel(failing(puts, true), 'a', fileOf(1))).rejects.toThrow('no room');
    expect(await store.keys(MODELS)).toEqual([]);
  }
  await expect(keepModel(failing(2, false), 'a', fileOf(1))).rejects.toThrow('no room');
  expect(await store.keys(MODELS)).toHaveLength(2);
  expect(await listModels(store)).toEqual([]);
  await expect(readModel(store, 'a')).rejects.toThrow('not in this browser any more');
  await keepModel(store, 'b', fileOf(2, 10));
  expect(await store.keys(MODELS)).toEqual([`${MODELS}b/0`, `${MODELS}b/head`]);
});

test('a model that lacks a piece is refused', async () => {
  const store = memoryStore();
  for (const piece of [0, 1]) {
    await keepModel(store, 'a', fileOf(1));
    await store.delete(`${MODELS}a/${piece}`);
    await expect(readModel(store, 'a')).rejects.toThrow('not in this browser any more');
  }
});
