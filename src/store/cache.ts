/** A bounded cache of chunks. Plain bytes under string keys; it never exceeds its bound. */
export interface ChunkCache {
  readonly maxBytes: number;
  /** Bytes held now. */
  readonly bytes: number;
  get(key: string): Uint8Array | undefined;
  /** Whether `put` would keep a chunk of so many bytes. */
  keeps(key: string, bytes: number): boolean;
  /**
   * Keeps the chunk if it fits, or if what has to go for it was asked for less often; a chunk larger than the whole bound is not
   * kept. Tells whether it is: otherwise the chunk stays the caller's.
   */
  put(key: string, chunk: Uint8Array): boolean;
}

/** After so many look-ups for each key the counts are halved: what was popular long ago gives way. */
const MEMORY = 16;

/**
 * Least recently used first out, but only for a chunk that was asked for more often (a counted form of the admission of Einziger,
 * Friedman and Manes, "TinyLFU", https://arxiv.org/abs/1512.00727). Each batch of a large graph sweeps over nearly all chunks; without
 * the condition a cache that holds a quarter of them would have thrown each one out just before its turn comes again.
 */
export function chunkCache(maxBytes: number): ChunkCache {
  // A Map iterates in the order of insertion; what is used is inserted again, so the first key is the oldest.
  const chunks = new Map<string, Uint8Array>();
  const asked = new Map<string, number>();
  let lookups = 0;
  let bytes = 0;
  const remove = (key: string) => {
    bytes -= chunks.get(key)?.byteLength ?? 0;
    chunks.delete(key);
  };
  const count = (key: string) => {
    asked.set(key, (asked.get(key) ?? 0) + 1);
    if (++lookups < MEMORY * asked.size) return;
    lookups = 0;
    for (const [known, times] of asked) {
      if (times > 1) asked.set(known, times >> 1);
      else asked.delete(known);
    }
  };
  /** The oldest chunks that would make room; null where one of them is worth as much as the new one. */
  const victims = (key: string, needed: number): string[] | null => {
    const found: string[] = [];
    const worth = asked.get(key) ?? 0;
    let room = maxBytes - bytes;
    for (const [oldest, chunk] of chunks) {
      if (room >= needed) break;
      if ((asked.get(oldest) ?? 0) >= worth) return null;
      found.push(oldest);
      room += chunk.byteLength;
    }
    return found;
  };
  const roomFor = (key: string, needed: number) => (needed > maxBytes ? null : victims(key, needed));
  return {
    maxBytes,
    get bytes() {
      return bytes;
    },
    get(key) {
      count(key);
      const chunk = chunks.get(key);
      if (!chunk) return undefined;
      chunks.delete(key);
      chunks.set(key, chunk);
      return chunk;
    },
    keeps: (key, needed) => roomFor(key, needed) !== null,
    put(key, chunk) {
      remove(key);
      const leaving = roomFor(key, chunk.byteLength);
      if (!leaving) return false;
      for (const oldest of leaving) remove(oldest);
      chunks.set(key, chunk);
      bytes += chunk.byteLength;
      return true;
    },
  };
}
