import { expose, transfer } from 'comlink';
import type { HostArray } from '../device/executor.ts';
import { openGraph } from '../store/graphStore.ts';
import { indexedDbStore } from '../store/indexedDb.ts';
import { type BatchSource, type SourceSpec, sampler } from '../train/batchSource.ts';
import { remoteStore } from './remoteStore.ts';

/**
 * The sampler worker: reads chunks of a kept graph through its bounded cache, draws the samples and hands complete batches
 * over, without copying them.
 */
export interface SamplerApi {
  /** What the open graph holds in memory, and its size on disk is the caller's to know. */
  open(store: StorePort, id: string, spec: SourceSpec): Promise<{ indptr: number; cache: number; inFlight: number }>;
  sample(...request: Parameters<BatchSource['sample']>): Promise<SampledArrays>;
}

/** How the sampler worker reaches a store: a database of its own accord, OPFS by a port of the I/O worker. */
export type StorePort = { readonly database: string } | { readonly port: MessagePort };

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

const NEVER = new Promise<never>(() => {});

let sample: BatchSource['sample'];

const api: SamplerApi = {
  async open(from, id, spec) {
    // Whoever started this worker hears that the I/O worker has failed, and ends the run.
    const store = 'port' in from ? remoteStore(from.port, 'OPFS', NEVER) : await indexedDbStore(from.database);
    const graph = await openGraph(store, id, spec.config['memory.cacheBytes']);
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
