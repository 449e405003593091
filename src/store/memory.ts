import type { ChunkStore } from './chunkStore.ts';

/** Chunks in a Map. */
export function memoryStore(): ChunkStore {
  const chunks = new Map<string, Uint8Array>();
  const keys = (prefix: string) => [...chunks.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    kind: 'memory',
    get: async (key) => chunks.get(key)?.slice() ?? null,
    getRange: async (key, begin, end) => chunks.get(key)?.slice(begin, end) ?? null,
    put: async (key, bytes) => void chunks.set(key, bytes.slice()),
    delete: async (prefix) => {
      for (const key of keys(prefix)) chunks.delete(key);
    },
    keys: async (prefix) => keys(prefix),
    close: async () => chunks.clear(),
  };
}
