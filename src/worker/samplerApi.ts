import { transfer } from 'comlink';
import type { HostArray } from '../device/executor.ts';
import type { ChunkAccesses } from '../store/chunkAccesses.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { type GraphStore, openGraph } from '../store/graphStore.ts';
import { type BatchSource, type SourceSpec, sampler } from '../train/batchSource.ts';

/** What a sampler worker is asked; the same in a page and on the command line, which differ in how a store is reached. */
export interface SamplerApi<From> {
  /** What the open graph holds in memory; its size on disk is the caller's to know. */
  open(
    from: From,
    id: string,
    spec: SourceSpec,
    cacheBytes: number,
  ): Promise<{ indptr: number; cache: number; inFlight: number }>;
  sample(...request: Parameters<BatchSource['sample']>): Promise<SampledArrays>;
  /** As in BatchSource. */
  accesses(on: boolean): ChunkAccesses | null;
}

/** A feed on its way between workers: values by id. */
export interface SampledArrays {
  readonly feed: {
    readonly arrays: readonly (readonly [number, HostArray])[];
    readonly sizes: Record<string, number>;
    readonly beside: number;
    readonly room: ArrayBuffer | null;
  } | null;
  readonly readMs: number;
  readonly sampleMs: number;
}

/** Reads chunks of a stored graph through a bounded cache, draws the samples and hands complete batches over without copying them. */
export function samplerApi<From>(openStore: (from: From) => Promise<ChunkStore>): SamplerApi<From> {
  let sample: BatchSource['sample'];
  let graph: GraphStore;
  return {
    async open(from, id, spec, cacheBytes) {
      graph = await openGraph(await openStore(from), id, cacheBytes);
      sample = sampler(spec, graph.serve);
      return graph.hostBytes;
    },
    accesses: (on) => graph.accesses.take(on),
    async sample(...request) {
      const { feed, ...times } = await sample(...request);
      if (!feed) return { feed, ...times };
      const arrays = feed.arrays.map(([value, array]) => [value.id, array] as const);
      // Two values may share one buffer, and a buffer crosses once. Seeds came from the other side and go back the same way.
      const buffers = new Set(arrays.map(([, array]) => array.buffer as ArrayBuffer));
      if (feed.room) buffers.add(feed.room);
      return transfer({ feed: { ...feed, arrays }, ...times }, [...buffers]);
    },
  };
}
