import { isServed, type StoredArray } from './manifest.ts';

/** Which chunks of a stored graph are asked for. Counted only while somebody looks, and no part of any result. */

/** An array whose chunks were counted, in bins of consecutive ones. */
export interface BinnedArray {
  /** As in the manifest. */
  readonly name: string;
  readonly chunks: number;
  readonly bins: number;
}

/** Look-ups of chunks, bin by bin, one array after the other. */
export interface ChunkAccesses {
  readonly arrays: readonly BinnedArray[];
  /** The last bin of an array may have fewer. */
  readonly chunksPerBin: number;
  /** Answered by the cache. */
  readonly found: Uint32Array;
  /** Answered by the store, whole or in part. */
  readonly read: Uint32Array;
  /** Bytes that came from the store. */
  readonly bytesRead: number;
}

export interface AccessCounter {
  /** One look-up; `bytes` came from the store, null where the cache had it. */
  count(array: StoredArray, chunk: number, bytes: number | null): void;
  /** What was counted since the last call; counts from now on where `on`, otherwise no longer. Null where nothing was. */
  take(on: boolean): ChunkAccesses | null;
}

/** 16 KB of counts: more than a strip has pixels. */
const MOST_BINS = 2048;

export function newAccessCounter(arrays: readonly StoredArray[], mostBins = MOST_BINS): AccessCounter {
  const served = arrays.filter(({ name, checksums }) => isServed(name) && checksums.length > 0);
  const chunksPerBin = binSize(served, mostBins);
  const first = new Map<StoredArray, number>();
  let bins = 0;
  const binned = served.map((array): BinnedArray => {
    const chunks = array.checksums.length;
    const own = Math.ceil(chunks / chunksPerBin);
    first.set(array, bins);
    bins += own;
    return { name: array.name, chunks, bins: own };
  });
  const none = () => ({ found: new Uint32Array(bins), read: new Uint32Array(bins), bytesRead: 0 });
  let counted: ReturnType<typeof none> | null = null;
  return {
    count(array, chunk, bytes) {
      const at = first.get(array);
      if (!counted || at === undefined) return;
      const bin = at + Math.floor(chunk / chunksPerBin);
      if (bytes === null) counted.found[bin]++;
      else {
        counted.read[bin]++;
        counted.bytesRead += bytes;
      }
    },
    take(on) {
      const taken = counted;
      counted = on ? none() : null;
      return taken && { arrays: binned, chunksPerBin, ...taken };
    },
  };
}

/** The smallest power of two with which all arrays together have few enough bins; each array has one of its own at least. */
function binSize(arrays: readonly StoredArray[], most: number): number {
  const bins = (size: number) => arrays.reduce((sum, { checksums }) => sum + Math.ceil(checksums.length / size), 0);
  let size = 1;
  while (bins(size) > Math.max(most, arrays.length)) size *= 2;
  return size;
}

/** Of several readers of the same graph together; null where none has counted. */
export function together(parts: readonly (ChunkAccesses | null)[]): ChunkAccesses | null {
  const [first, ...others] = parts.filter((part) => part !== null);
  if (!first) return null;
  const sum = (of: 'found' | 'read') =>
    first[of].map((count, bin) => others.reduce((total, other) => total + other[of][bin], count));
  const bytesRead = others.reduce((total, other) => total + other.bytesRead, first.bytesRead);
  return { ...first, found: sum('found'), read: sum('read'), bytesRead };
}
