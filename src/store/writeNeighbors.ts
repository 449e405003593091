import { InputError } from '../config/errors.ts';
import { bytesOf } from '../formats/matrix.ts';
import { entryOf } from '../graph/csr.ts';
import type { StreamedFingerprint } from '../graph/fingerprintStream.ts';
import { type RowMerger, rowMerger } from '../graph/mergeRow.ts';
import { BACK, type EdgeBuckets, RECORD } from './edgeBuckets.ts';
import type { ArrayWriter, GraphWriter } from './graphWriter.ts';
import { type IngestPlan, ROW_BYTES, recordWords, sortBytes } from './ingestPlan.ts';
import type { StoredArray } from './manifest.ts';
import type { Meter } from './meter.ts';

export interface NeighborsTask {
  readonly name: string;
  readonly nodes: number;
  readonly directed: boolean;
  readonly weighted: boolean;
  readonly plan: IngestPlan;
  readonly buckets: EdgeBuckets;
  readonly writer: GraphWriter;
  readonly hashes: StreamedFingerprint;
  readonly meter: Meter;
  /** Called often, with the bytes of buckets that were sorted since the last call. */
  readonly onward: (bytes: number) => Promise<void>;
}

export interface WrittenNeighbors {
  readonly counts: RowMerger['counts'];
  /** Nodes that have an edge to themselves. */
  readonly loops: number;
  /** Null where every weight is 1. */
  readonly arrays: { indptr: StoredArray; indices: StoredArray; values: StoredArray | null; degree: StoredArray };
}

/** Writes adjacency and degrees, one bucket after another, each sorted in memory; buckets are deleted as they are consumed. */
export async function writeNeighbors(task: NeighborsTask): Promise<WrittenNeighbors> {
  const { name, nodes, directed, weighted, plan, buckets, writer, hashes, meter, onward } = task;
  const { rowEntries } = buckets;
  const runs = rowRuns(rowEntries, plan, nodes);
  const entryBytes = sortBytes(weighted);
  const longest = rowEntries.reduce((most, count) => Math.max(most, count), 0);
  if (longest > plan.sortEntries) {
    throw new InputError(
      `A node of ${name} has ${longest} edges, and sorting them takes ${longest * entryBytes} bytes of worker memory where ` +
        `${plan.sortEntries * entryBytes} are left for it: raise the budget.`,
    );
  }
  // Everything is as large as the largest run needs it, and made once.
  const mostEntries = runs.reduce((most, { entries }) => Math.max(most, entries), 0);
  const mostRows = runs.reduce((most, { begin, end }) => Math.max(most, end - begin), 0);
  const keys = new Uint32Array(mostEntries);
  const weights = weighted ? new Float32Array(mostEntries) : null;
  const next = new Uint32Array(mostRows + 1);
  const ends = new Uint32Array(mostRows);
  const degree = new Float32Array(mostRows);
  const merger = rowMerger(name, directed, weighted, longest);
  const held = mostEntries * (weighted ? 8 : 4) + (weighted ? 12 * longest : 0) + ROW_BYTES * mostRows + 4;
  meter.add(held + 4 * writer.chunkBytes);

  const out = {
    indptr: writer.array('neighbors.indptr', 'u32'),
    indices: writer.array('neighbors.indices', 'u32'),
    degree: writer.array('degree.values', 'f32'),
  };
  const values = unlessOnes(writer, hashes);
  const write = async (array: ArrayWriter, bytes: Uint8Array, hash?: StreamedFingerprint['indptr']) => {
    hash?.update(bytes);
    await array.write(bytes);
  };
  await write(out.indptr, new Uint8Array(4), hashes.indptr);
  let total = 0;
  let loops = 0;
  for (const { bucket, begin, end, entries, last } of runs) {
    const rows = end - begin;
    next[0] = 0;
    for (let row = 0; row < rows; row++) next[row + 1] = next[row] + rowEntries[begin + row];
    let placed = 0;
    for await (const records of entries > 0 ? buckets.records(bucket) : []) {
      placed += place(records, { begin, end, next, keys, weights });
      await onward(last ? records.byteLength : 0);
    }
    if (placed !== entries) throw new InputError(`${name} was changed while it was stored: store it again.`);
    let count = 0;
    let from = 0;
    for (let row = 0; row < rows; row++) {
      // Placing has moved the start of each row to its end.
      const first = count;
      count = merger.merge(keys, weights, from, next[row], count);
      from = next[row];
      const looped = entryOf(keys, first, count, begin + row) >= 0;
      if (looped) loops++;
      let sum = looped ? 0 : 1;
      for (let e = first; e < count; e++) sum += weights ? weights[e] : 1;
      degree[row] = sum;
      ends[row] = total + count;
      if (row % 4096 === 0) await onward(0);
    }
    total += count;
    await write(out.indptr, bytesOf(ends.subarray(0, rows)), hashes.indptr);
    await write(out.degree, bytesOf(degree.subarray(0, rows)));
    await write(out.indices, bytesOf(keys.subarray(0, count)), hashes.indices);
    if (weights) await values.write(weights.subarray(0, count));
    if (last) await buckets.delete(bucket);
  }
  const arrays = {
    indptr: await out.indptr.finish(),
    indices: await out.indices.finish(),
    values: await values.finish(),
    degree: await out.degree.finish(),
  };
  meter.remove(held + 4 * writer.chunkBytes);
  return { counts: merger.counts, loops, arrays };
}

interface RowRun {
  readonly bucket: number;
  readonly begin: number;
  readonly end: number;
  readonly entries: number;
  /** Of its bucket. */
  readonly last: boolean;
}

/** Consecutive rows that are sorted at once: a bucket, or as much of it as fits; then it is read once for each part. */
function rowRuns(rowEntries: Uint32Array, { shift, buckets, sortEntries }: IngestPlan, nodes: number): RowRun[] {
  const runs: RowRun[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const stop = Math.min(nodes, (bucket + 1) * 2 ** shift);
    let begin = bucket * 2 ** shift;
    let entries = 0;
    for (let row = begin; row < stop; row++) {
      if (entries > 0 && entries + rowEntries[row] > sortEntries) {
        runs.push({ bucket, begin, end: row, entries, last: false });
        begin = row;
        entries = 0;
      }
      entries += rowEntries[row];
    }
    runs.push({ bucket, begin, end: stop, entries, last: true });
  }
  return runs;
}

/** Counting sort by row, stable: `next` says where the next entry of each row goes. Returns how many there were. */
function place(
  records: Uint32Array,
  to: { begin: number; end: number; next: Uint32Array; keys: Uint32Array; weights: Float32Array | null },
): number {
  const { begin, end, next, keys, weights } = to;
  const bits = weights && new Uint32Array(weights.buffer);
  const words = recordWords(weights !== null);
  let placed = 0;
  for (let at = 0; at < records.length; at += words) {
    const row = records[at + RECORD.row] >>> 1;
    if (row < begin || row >= end) continue;
    const entry = next[row - begin]++;
    keys[entry] = 2 * records[at + RECORD.column] + (records[at + RECORD.row] & BACK);
    if (bits) bits[entry] = records[at + RECORD.weight];
    placed++;
  }
  return placed;
}

/** Ones are only written when a weight turns up that is none: weights that are all 1 are no weights. */
function unlessOnes(writer: GraphWriter, hashes: StreamedFingerprint) {
  let array: ArrayWriter | null = null;
  let ones = 0;
  const write = async (to: ArrayWriter, weights: Float32Array) => {
    hashes.values.update(bytesOf(weights));
    await to.write(bytesOf(weights));
  };
  return {
    async write(weights: Float32Array) {
      if (!array && weights.every((weight) => weight === 1)) {
        ones += weights.length;
        return;
      }
      if (!array) {
        array = writer.array('neighbors.values', 'f32');
        const block = new Float32Array(Math.min(ones, 1024)).fill(1);
        for (; ones > 0; ones -= Math.min(ones, block.length)) await write(array, block.subarray(0, ones));
      }
      await write(array, weights);
    },
    finish: async () => (array ? array.finish() : null),
  };
}
