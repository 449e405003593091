/**
 * Where chunks of bytes live: IndexedDB or OPFS in a browser, files on the command line, memory in tests. Everything above
 * knows this interface alone. chunkStore.suite.ts says precisely what an implementation must do.
 */
export interface ChunkStore {
  /** What it is, for messages: "memory", "file", … */
  readonly kind: string;
  /**
   * The whole value, which is the caller's to keep, change or transfer; null where the key has none. A store may put it at the
   * beginning of `into`, where it has the room, instead of into memory of its own.
   */
  get(key: string, into?: ArrayBuffer): Promise<Uint8Array | null>;
  /** Bytes begin to end (exclusive) of each pair in `ranges`, cut off where the value ends, one range after the other. */
  getRanges(key: string, ranges: Uint32Array): Promise<Uint8Array | null>;
  /** Whether a range costs less than the whole value; where it does not, getRanges is there all the same. */
  readonly readsRanges: boolean;
  /** Stores a copy of the bytes. A reader sees the old value or the new one, never a mixture. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Deletes every key that begins with the prefix; a whole key is a prefix of itself, so end a folder with "/". */
  delete(prefix: string): Promise<void>;
  /** The keys that begin with the prefix, in ascending order of their code units. */
  keys(prefix: string): Promise<string[]>;
  close(): Promise<void>;
  /** Of a store that opens with the first bytes it keeps: opens it now, and tells whether it could. Others are open. */
  opens?(): Promise<boolean>;
}
