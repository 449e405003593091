import type { ChunkStore } from './chunkStore.ts';

/**
 * What every ChunkStore must do, as plain checks: Vitest runs them on the stores that Node has, a page on those that only a
 * browser has. Each check gets an empty store and throws where it is not satisfied.
 */
export interface ChunkStoreCheck {
  readonly name: string;
  readonly run: (store: ChunkStore) => Promise<void>;
}

/** Keys that collide, escape or vanish where a store is careless with names. */
const HOSTILE_KEYS = [
  'a',
  'A',
  'a/',
  'a/b',
  '../escape',
  '..',
  '.',
  '/',
  '%2F',
  '%',
  'a b',
  'con',
  'é',
  '图',
  '_',
  '',
  'a\n',
];

export const chunkStoreChecks: readonly ChunkStoreCheck[] = [
  {
    name: 'gives back what was put, and null for what was not',
    run: async (store) => {
      await store.put('key', Uint8Array.of(1, 2, 3));
      same(await store.get('key'), [1, 2, 3]);
      same(await store.get('ke'), null);
      same(await store.getRanges('other', Uint32Array.of(0, 1)), null);
    },
  },
  {
    name: 'replaces a value by a shorter one',
    run: async (store) => {
      await store.put('key', Uint8Array.of(1, 2, 3));
      await store.put('key', Uint8Array.of(9));
      same(await store.get('key'), [9]);
      same(await store.keys(''), ['key']);
    },
  },
  {
    name: 'keeps an empty value apart from none',
    run: async (store) => {
      await store.put('empty', new Uint8Array(0));
      same(await store.get('empty'), []);
      same(await store.getRanges('empty', Uint32Array.of(0, 10)), []);
    },
  },
  {
    name: 'reads ranges, cut off at the end',
    run: async (store) => {
      await store.put('key', Uint8Array.of(0, 1, 2, 3, 4));
      same(await store.getRanges('key', Uint32Array.of(1, 3)), [1, 2]);
      same(await store.getRanges('key', Uint32Array.of(0, 5)), [0, 1, 2, 3, 4]);
      same(await store.getRanges('key', Uint32Array.of(3, 100)), [3, 4]);
      same(await store.getRanges('key', Uint32Array.of(2, 2)), []);
      same(await store.getRanges('key', Uint32Array.of(7, 9)), []);
      same(await store.getRanges('key', Uint32Array.of(3, 9, 0, 1, 1, 3)), [3, 4, 0, 1, 2]);
      same(await store.getRanges('key', new Uint32Array(0)), []);
    },
  },
  {
    name: 'copies on the way in and on the way out',
    run: async (store) => {
      const mine = Uint8Array.of(7, 1, 2, 7);
      await store.put('key', mine.subarray(1, 3));
      mine.fill(0);
      const first = await store.get('key');
      same(first, [1, 2]);
      same(first!.buffer.byteLength, 2);
      first!.fill(0);
      (await store.getRanges('key', Uint32Array.of(0, 2)))!.fill(0);
      same(await store.get('key'), [1, 2]);
    },
  },
  {
    name: 'reads into memory that is offered, or does without',
    run: async (store) => {
      await store.put('key', Uint8Array.of(1, 2, 3));
      for (const room of [3, 8, 2]) same(await store.get('key', new ArrayBuffer(room)), [1, 2, 3]);
      same(await store.get('none', new ArrayBuffer(8)), null);
    },
  },
  {
    name: 'keeps any two keys apart',
    run: async (store) => {
      for (const [i, key] of HOSTILE_KEYS.entries()) await store.put(key, Uint8Array.of(i));
      for (const [i, key] of HOSTILE_KEYS.entries()) same(await store.get(key), [i]);
      same(await store.keys(''), [...HOSTILE_KEYS].sort());
    },
  },
  {
    name: 'lists and deletes by prefix',
    run: async (store) => {
      for (const key of ['g/10', 'g/1', 'ga/1', 'h']) await store.put(key, Uint8Array.of(1));
      same(await store.keys('g/'), ['g/1', 'g/10']);
      same(await store.keys('none'), []);
      await store.delete('g/');
      same(await store.keys(''), ['ga/1', 'h']);
      same(await store.get('g/1'), null);
      await store.delete('none');
      await store.delete('h');
      same(await store.keys(''), ['ga/1']);
    },
  },
  {
    name: 'keeps graphs apart, and what is left of them',
    run: async (store) => {
      const keys = ['chunk/a/x/0', 'chunk/a/x/1', 'chunk/a/y/0', 'chunk/ab/x/0', 'manifest/a.json'];
      for (const [i, key] of keys.entries()) await store.put(key, Uint8Array.of(i));
      await store.delete('chunk/a/x/');
      same(await store.keys('chunk/'), ['chunk/a/y/0', 'chunk/ab/x/0']);
      await store.delete('chunk/a/');
      same(await store.keys(''), ['chunk/ab/x/0', 'manifest/a.json']);
      await store.put('chunk/a/x/1', Uint8Array.of(9));
      same(await store.get('chunk/a/x/0'), null);
      same(await store.get('chunk/a/x/1'), [9]);
      same(await store.get('chunk/ab/x/0'), [3]);
    },
  },
  {
    name: 'takes a megabyte, and puts and gets that overlap',
    run: async (store) => {
      const big = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31) >>> 3);
      await Promise.all([store.put('big', big), ...[1, 2, 3, 4].map((i) => store.put(`${i}`, Uint8Array.of(i)))]);
      const [whole, part] = await Promise.all([store.get('big'), store.getRanges('big', Uint32Array.of(1000, 1003))]);
      same(whole!.length, big.length);
      if (whole!.some((byte, i) => byte !== big[i])) throw new Error('The megabyte came back changed.');
      same(part, [...big.subarray(1000, 1003)]);
    },
  },
];

function same(actual: unknown, expected: unknown): void {
  const text = (value: unknown) => JSON.stringify(value instanceof Uint8Array ? [...value] : value);
  if (text(actual) !== text(expected)) throw new Error(`Expected ${text(expected)}, got ${text(actual)}.`);
}
