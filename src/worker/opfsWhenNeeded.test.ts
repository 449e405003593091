import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InputError } from '../config/errors.ts';
import { memoryStore } from '../store/memory.ts';
import { LARGE_BYTES, placeToKeep } from '../store/places.ts';
import type { Opfs } from './opfs.ts';
import { opfsWhenNeeded } from './opfsWhenNeeded.ts';

const lost = Promise.reject(new Error('lost'));
lost.catch(() => {});
const opfs = (): Opfs => ({ store: memoryStore(), connect: vi.fn(), failed: lost, close: vi.fn() });

const onRefused = vi.fn();
beforeEach(() => onRefused.mockClear());

describe('OPFS of a tab that opens', () => {
  it('is opened where something may lie in it, and not at all where there is none', async () => {
    const open = vi.fn(async () => 'taken' as const);
    expect(await opfsWhenNeeded(onRefused, async () => 'none', open)).toBeNull();
    expect(open).not.toHaveBeenCalled();
    expect(await opfsWhenNeeded(onRefused, async () => 'used', open)).toBe('taken');
  });

  it('is empty until something is kept, and then the one store', async () => {
    const open = vi.fn(async () => opfs());
    const { store, failed } = (await opfsWhenNeeded(onRefused, async () => 'unused', open)) as Opfs;
    expect([await store.get('a'), await store.keys('')]).toEqual([null, []]);
    await store.delete('a');
    expect(open).not.toHaveBeenCalled();
    await Promise.all([store.put('a', Uint8Array.of(1, 2)), store.put('b', Uint8Array.of(3))]);
    expect(open).toHaveBeenCalledTimes(1);
    expect(await store.keys('')).toEqual(['a', 'b']);
    expect(await store.getRanges('a', Uint32Array.of(1, 2))).toEqual(Uint8Array.of(2));
    await expect(failed).rejects.toThrow('lost');
  });

  it('says why nothing can be kept, and asks again the next time', async () => {
    const open = vi.fn(async (): Promise<Opfs | 'taken'> => 'taken');
    const { store } = (await opfsWhenNeeded(onRefused, async () => 'unused', open)) as Opfs;
    await expect(store.put('a', Uint8Array.of(1))).rejects.toThrow(InputError);
    expect(await store.keys('')).toEqual([]);
    open.mockImplementation(async () => opfs());
    await store.put('a', Uint8Array.of(1));
    expect(await store.keys('')).toEqual(['a']);
  });

  it('tells who wants to keep something, before the first byte, that another tab has it by now', async () => {
    const open = vi.fn(async (): Promise<Opfs | 'taken'> => 'taken');
    const { store: opfs } = (await opfsWhenNeeded(onRefused, async () => 'unused', open)) as Opfs;
    const indexeddb = memoryStore();
    expect(await placeToKeep({ opfs, indexeddb }, LARGE_BYTES)).toBe('indexeddb');
    expect(onRefused.mock.calls).toEqual([['taken']]);
    expect(await placeToKeep({ opfs }, LARGE_BYTES)).toBeNull();
    // A small one is nobody's reason to open it.
    open.mockClear();
    expect(await placeToKeep({ opfs, indexeddb }, LARGE_BYTES - 1)).toBe('indexeddb');
    expect(open).not.toHaveBeenCalled();
  });

  it('is opened before the first byte where nobody has it', async () => {
    const open = vi.fn(async () => opfs());
    const { store } = (await opfsWhenNeeded(onRefused, async () => 'unused', open)) as Opfs;
    expect(await placeToKeep({ opfs: store, indexeddb: memoryStore() }, LARGE_BYTES)).toBe('opfs');
    expect(open).toHaveBeenCalledTimes(1);
    expect(onRefused).not.toHaveBeenCalled();
  });
});
