import { Worker } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { ingest } from '../store/ingest.ts';
import { isStored } from '../store/storedGraph.ts';
import { localBatchSource, type OpenBatchSource } from '../train/batchSource.ts';
import { samplingWorkers } from '../train/hostMemory.ts';
import { openPool, type SamplerThread } from '../worker/samplerPool.ts';

/** Batches from threads that read the graph from this folder; on the main thread where it stays in memory, or no worker is wanted. */
export function samplerThreads(folder: string): OpenBatchSource {
  return async (graph, spec, place, host) => {
    const workers = samplingWorkers(graph, spec.config);
    if (!place.store || workers === 0) return localBatchSource(graph, spec, place, host);
    const chunkBytes = spec.config['memory.chunkBytes'];
    const manifest = isStored(graph)
      ? graph.manifest
      : await ingest(graph, place.store, { chunkBytes, signal: place.signal });
    return openPool({
      threads: Array.from({ length: workers }, startThread),
      from: async () => folder,
      manifest,
      spec,
      host,
      onClose: async () => {},
    });
  };
}

/** Bundled, the thread is a file of its own beside the program, whose chunks lie one folder deeper. */
function startThread(): SamplerThread {
  const own = import.meta.url;
  const worker = new Worker(new URL(own.includes('/chunks/') ? '../sampler.js' : './sampler.js', own));
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', (error) => reject(new Error(`the sampler thread failed: ${error.message}`)));
  });
  failed.catch(() => {});
  return { endpoint: nodeEndpoint(worker), failed, end: () => void worker.terminate() };
}
