/** A bounded cache of chunks, least recently used first out. Plain bytes under string keys; it never exceeds its bound. */
export interface ChunkCache {
  readonly maxBytes: number;
  /** Bytes held now. */
  readonly bytes: number;
  get(key: string): Uint8Array | undefined;
  /** Keeps the chunk and evicts others until it fits; a chunk larger than the whole bound is not kept. */
  put(key: string, chunk: Uint8Array): void;
}

export function chunkCache(maxBytes: number): ChunkCache {
  // A Map iterates in the order of insertion; what is used is inserted again, so the first key is the oldest.
  const chunks = new Map<string, Uint8Array>();
  let bytes = 0;
  const remove = (key: string) => {
    bytes -= chunks.get(key)?.byteLength ?? 0;
    chunks.delete(key);
  };
  return {
    maxBytes,
    get bytes() {
      return bytes;
    },
    get(key) {
      const chunk = chunks.get(key);
      if (!chunk) return undefined;
      chunks.delete(key);
      chunks.set(key, chunk);
      return chunk;
    },
    put(key, chunk) {
      remove(key);
      if (chunk.byteLength > maxBytes) return;
      for (const oldest of chunks.keys()) {
        if (bytes + chunk.byteLength <= maxBytes) break;
        remove(oldest);
      }
      chunks.set(key, chunk);
      bytes += chunk.byteLength;
    },
  };
}
