import { expect, test } from 'vitest';
import { crc32 } from '../formats/crc32.ts';
import { uniformBelow } from '../graph/draw.ts';
import { chunkCache } from './cache.ts';

test('of what was asked for less often, the least recently used goes first', () => {
  const cache = chunkCache(3);
  for (const key of ['a', 'b', 'c']) cache.put(key, new Uint8Array(1));
  cache.get('a');
  cache.get('d');
  cache.put('d', new Uint8Array(1));
  expect(cache.bytes).toBe(3);
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
  // Nobody asked for it more often than for what it would push out.
  cache.put('e', new Uint8Array(2));
  expect(['a', 'c', 'd', 'e'].map((key) => cache.get(key) !== undefined)).toEqual([true, true, true, false]);
});

test('a sweep over four times what it holds finds a quarter of it, again and again', () => {
  const cache = chunkCache(25);
  let hits = 0;
  for (let sweep = 0; sweep < 40; sweep++) {
    for (let i = 0; i < 100; i++) {
      if (cache.get(`k${i}`)) hits++;
      else cache.put(`k${i}`, new Uint8Array(1));
    }
  }
  expect(hits / (39 * 100)).toBeGreaterThan(0.2);
});

test('keeps says beforehand what put does', () => {
  const cache = chunkCache(100);
  for (let i = 0; i < 1000; i++) {
    const key = `k${uniformBelow(20, [2, 1], i, 0)}`;
    const chunk = new Uint8Array(1 + uniformBelow(120, [2, 1], i, 1));
    if (cache.get(key)) continue;
    const keeps = cache.keeps(key, chunk.length);
    cache.put(key, chunk);
    expect(cache.get(key) !== undefined).toBe(keeps);
  }
});

test('what becomes popular replaces what was', () => {
  const cache = chunkCache(10);
  const ask = (key: string) => {
    const found = cache.get(key) !== undefined;
    if (!found) cache.put(key, new Uint8Array(1));
    return found;
  };
  for (let round = 0; round < 50; round++) for (let i = 0; i < 10; i++) ask(`old${i}`);
  let late = 0;
  for (let round = 0; round < 200; round++) for (let i = 0; i < 10; i++) late += ask(`new${i}`) && round >= 150 ? 1 : 0;
  expect(late).toBe(500);
});

test('a chunk larger than the bound is not kept and evicts nothing but its own old version', () => {
  const cache = chunkCache(4);
  cache.put('a', new Uint8Array(2));
  cache.put('b', new Uint8Array(2));
  cache.put('b', new Uint8Array(5));
  expect([cache.get('a')?.length, cache.get('b'), cache.bytes]).toEqual([2, undefined, 2]);
  const none = chunkCache(0);
  none.put('a', new Uint8Array(1));
  expect([none.get('a'), none.bytes]).toEqual([undefined, 0]);
});

test('whatever is put, the bytes are those held and never exceed the bound', () => {
  const cache = chunkCache(100);
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  for (let i = 0; i < 2000; i++) {
    cache.put(keys[uniformBelow(20, [1, 1], i, 0)], new Uint8Array(uniformBelow(45, [1, 1], i, 1)));
    cache.get(keys[uniformBelow(20, [1, 1], i, 2)]);
    expect(cache.bytes).toBeLessThanOrEqual(100);
  }
  expect(cache.bytes).toBe(keys.reduce((sum, key) => sum + (cache.get(key)?.length ?? 0), 0));
});

test('crc32 gives the check value of its catalogue entry', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});
