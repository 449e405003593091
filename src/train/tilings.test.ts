import { describe, expect, test } from 'vitest';
import type { ChunkStore } from '../store/chunkStore.ts';
import { memoryStore } from '../store/memory.ts';
import { storedTilings } from './tilings.ts';

/** What is remembered about tiles is there for the next run; what is damaged is as good as never known. */

const KNOWN = { 'matmul.nn 70×5×1 42000': '8x8' };

/** The one key that was written. */
async function keyIn(store: ChunkStore): Promise<string> {
  const keys: string[] = [];
  const put: ChunkStore['put'] = async (key, bytes) => {
    keys.push(key);
    await store.put(key, bytes);
  };
  const spy = { ...store, put };
  await storedTilings(spy).write('a device', KNOWN);
  return keys[0];
}

describe('storedTilings', () => {
  test('each device has its own, in whatever opens the store next', async () => {
    const store = memoryStore();
    await storedTilings(store).write('a device', KNOWN);
    expect(await storedTilings(store).read('a device')).toEqual(KNOWN);
    expect(await storedTilings(store).read('another')).toEqual({});
  });

  test.each([
    ['no JSON', '{"matmul'],
    ['no object', '[1]x'.slice(0, 3)],
    ['null', 'null'],
    ['too long', JSON.stringify({ ...KNOWN, more: 'x'.repeat(2 ** 20) })],
  ])('forgets what is damaged: %s', async (_, text) => {
    const store = memoryStore();
    const key = await keyIn(store);
    await store.put(key, new TextEncoder().encode(text));
    expect(await storedTilings(store).read('a device')).toEqual({});
  });

  test('takes texts alone', async () => {
    const store = memoryStore();
    await store.put(await keyIn(store), new TextEncoder().encode(JSON.stringify({ ...KNOWN, other: 7, more: null })));
    expect(await storedTilings(store).read('a device')).toEqual(KNOWN);
  });

  test('begins again where too much came together', async () => {
    const store = memoryStore();
    const many = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`matmul.nn ${i}×5×1 42000`, '8x8']));
    await storedTilings(store).write('a device', many);
    expect(await storedTilings(store).read('a device')).toEqual({});
  });

  test('a store that refuses costs no more than trying again', async () => {
    const refuse = async (): Promise<never> => {
      throw new Error('the disk is full');
    };
    const tilings = storedTilings({ ...memoryStore(), get: refuse, put: refuse });
    await expect(tilings.write('a device', KNOWN)).resolves.toBeUndefined();
    expect(await tilings.read('a device')).toEqual({});
  });
});
