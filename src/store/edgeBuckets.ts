import type { SelfLoops } from '../formats/graphData.ts';
import type { EdgeBlock } from '../formats/graphStream.ts';
import { bytesOf } from '../formats/matrix.ts';
import type { ChunkStore } from './chunkStore.ts';
import { recordWords } from './ingestPlan.ts';
import { bucketFolder } from './manifest.ts';
import type { Meter } from './meter.ts';

/**
 * Edges on their way to their rows: each is an entry of two rows, and a bucket keeps the entries of consecutive rows in the
 * order of the list (the distribution pass of an external sort; Vitter, "Algorithms and data structures for external
 * memory", 2008, section 5.1). Buckets lie in the store under the graph's id, so whatever deletes a half-written graph
 * deletes them too.
 */
export interface EdgeBuckets {
  /** Entries per row, both directions, before duplicates are merged. */
  readonly rowEntries: Uint32Array;
  /** Leaves self-loops out where they are dropped; `check` sees every edge first. Returns how many entries it added. */
  add(block: EdgeBlock, check: (at: number) => void): Promise<number>;
  /** Writes what is left over and gives the buffers back. */
  finish(): Promise<void>;
  /** The records of a bucket, piece by piece, in the order of the list. */
  records(bucket: number): AsyncIterable<Uint32Array>;
  delete(bucket: number): Promise<void>;
}

/** Of a record: 2 · row + direction, column, bits of the weight. */
export const RECORD = { row: 0, column: 1, weight: 2 } as const;

/** Direction 0 is an edge as the list has it, in the row of its target; 1 the way back. */
export const BACK = 1;

export interface BucketOptions {
  readonly store: ChunkStore;
  readonly id: string;
  readonly nodes: number;
  readonly weighted: boolean;
  readonly selfLoops?: SelfLoops;
  readonly shift: number;
  readonly buckets: number;
  readonly bufferBytes: number;
  readonly meter: Meter;
  readonly signal?: AbortSignal;
}

export function edgeBuckets(options: BucketOptions): EdgeBuckets {
  const { store, id, nodes, weighted, selfLoops, shift, buckets, meter, signal } = options;
  const words = recordWords(weighted);
  const room = options.bufferBytes / 4;
  const rowEntries = new Uint32Array(nodes);
  let buffers = new Uint32Array(buckets * room);
  let bits: Uint32Array = new Uint32Array(0);
  const filled = new Uint32Array(buckets);
  const written = new Uint32Array(buckets);
  const held = buffers.byteLength + filled.byteLength + written.byteLength;
  meter.add(held);
  const folder = (bucket: number) => bucketFolder(id, bucket);

  const flush = async (bucket: number) => {
    signal?.throwIfAborted();
    const begin = bucket * room;
    await store.put(folder(bucket) + written[bucket]++, bytesOf(buffers.subarray(begin, begin + filled[bucket])));
    filled[bucket] = 0;
  };
  const append = (bucket: number, row: number, column: number, e: number) => {
    rowEntries[row >>> 1]++;
    const at = bucket * room + filled[bucket];
    buffers[at + RECORD.row] = row;
    buffers[at + RECORD.column] = column;
    if (weighted) buffers[at + RECORD.weight] = bits[e];
    filled[bucket] += words;
  };
  return {
    rowEntries,
    async add({ source, target, weight }, check) {
      if (weight) bits = new Uint32Array(weight.buffer, weight.byteOffset, weight.length);
      let added = 0;
      for (let e = 0; e < source.length; e++) {
        check(e);
        const [from, to] = [source[e], target[e]];
        if (from === to && selfLoops !== 'keep') continue;
        const there = to >>> shift;
        const back = from >>> shift;
        append(there, 2 * to, from, e);
        if (filled[there] === room) await flush(there);
        append(back, 2 * from + BACK, to, e);
        if (filled[back] === room) await flush(back);
        added += 2;
      }
      return added;
    },
    async finish() {
      for (let bucket = 0; bucket < buckets; bucket++) if (filled[bucket] > 0) await flush(bucket);
      buffers = new Uint32Array(0);
      meter.remove(held - written.byteLength);
    },
    async *records(bucket) {
      for (let i = 0; i < written[bucket]; i++) {
        signal?.throwIfAborted();
        const chunk = await store.get(folder(bucket) + i);
        if (!chunk) return; // whoever counts the entries finds out
        meter.add(chunk.byteLength);
        yield new Uint32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4);
        meter.remove(chunk.byteLength);
      }
    },
    delete: (bucket) => store.delete(folder(bucket)),
  };
}
