import { expose, transfer } from 'comlink';
import type { HostArray } from '../device/executor.ts';
import { openGraph } from '../store/graphStore.ts';
import { indexedDbStore } from '../store/indexedDb.ts';
import { type BatchSource, type SourceSpec, sampler } from '../train/batchSource.ts';

/**
 * The sampler worker: reads chunks of a kept graph through its bounded cache, draws the samples and hands complete batches
 * over, without copying them.
 */
export interface SamplerApi {
  /** What the open graph holds in memory, and its size on disk is the caller's to know. */
  open(database: string, id: string, spec: SourceSpec): Promise<{ indptr: number; cache: number; inFlight: number }>;
  sample(...request: Parameters<BatchSource['sample']>): Promise<SampledArrays>;
}

/** A feed on its way between workers: values by id. */
export interface SampledArrays {
  readonly feed: {
    readonly arrays: readonly (readonly [number, HostArray])[];
    readonly sizes: Record<string, number>;
    readonly beside: number;
  } | null;
  readonly readMs: number;
  readonly sampleMs: number;
}

let sample: BatchSource['sample'];

const api: SamplerApi = {
  async open(database, id, spec) {
    const graph = await openGraph(await indexedDbStore(database), id, spec.config['memory.cacheBytes']);
    sample = sampler(spec, graph.serve);
    return graph.hostBytes;
  },
  async sample(...request) {
    const { feed, ...times } = await sample(...request);
    if (!feed) return { feed, ...times };
    const arrays = feed.arrays.map(([value, array]) => [value.id, array] as const);
    // Two values may share one buffer, and a buffer crosses once. Seeds came from the other side and go back the same way.
    const buffers = [...new Set(arrays.map(([, array]) => array.buffer as ArrayBuffer))];
    return transfer({ feed: { arrays, sizes: feed.sizes, beside: feed.beside }, ...times }, buffers);
  },
};

expose(api);
