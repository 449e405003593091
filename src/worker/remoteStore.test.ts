import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { chunkStoreChecks } from '../store/chunkStore.suite.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { memoryStore } from '../store/memory.ts';
import { remoteStore, serveStore } from './remoteStore.ts';

const never = new Promise<never>(() => {});

function connected(store: ChunkStore, failed = never) {
  const { port1, port2 } = new MessageChannel();
  serveStore(store, port2);
  return remoteStore(port1, 'remote', failed);
}

describe('a store behind a port', () => {
  test.each(chunkStoreChecks.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    const store = connected(memoryStore());
    await check.run(store);
    await store.close();
    await expect(store.get('key')).rejects.toThrow('The remote store is closed: open it again.');
  });

  test('an error that a person can act on arrives as one', async () => {
    const put = async () => {
      throw new InputError('Full: delete a graph.');
    };
    const store = connected({ ...memoryStore(), put });
    const error = await store.put('key', Uint8Array.of(1)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toHaveProperty('message', 'Full: delete a graph.');
    await store.close();
  });

  test('a call does not wait for a worker that is lost', async () => {
    const get = () => never;
    const store = connected({ ...memoryStore(), get }, Promise.reject(new InputError('Lost: reload.')));
    await expect(store.get('key')).rejects.toThrow('Lost: reload.');
    await store.close();
  });
});
