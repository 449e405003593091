import type { ChunkStore } from './chunkStore.ts';
import { joinRanges } from './ranges.ts';

/** Chunks in a Map. */
export function memoryStore(): ChunkStore {
  const chunks = new Map<string, Uint8Array>();
  const keys = (prefix: string) => [...chunks.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    kind: 'memory',
    get: async (key) => chunks.get(key)?.slice() ?? null,
    async getRanges(key, ranges) {
      const chunk = chunks.get(key);
      return chunk ? joinRanges(ranges, (begin, end) => chunk.subarray(begin, end)) : null;
    },
    readsRanges: true,
    put: async (key, bytes) => void chunks.set(key, bytes.slice()),
    delete: async (prefix) => {
      for (const key of keys(prefix)) chunks.delete(key);
    },
    keys: async (prefix) => keys(prefix),
    close: async () => chunks.clear(),
  };
}
