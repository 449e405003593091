import { transfer } from 'comlink';
import type { Config } from '../config/schema.ts';
import { placeOf } from '../store/places.ts';
import { isStored } from '../store/storedGraph.ts';
import { localBatchSource, type OpenBatchSource } from '../train/batchSource.ts';
import { readsFromStore, samplingWorkers } from '../train/hostMemory.ts';
import type { LoadedGraph } from './datasets.ts';
import type { StorePort } from './sampler.ts';
import samplerAddress from './sampler.ts?worker&url';
import type { SamplerThread } from './samplerPool.ts';
import { moduleWorker } from './spawn.ts';
import type { Storage } from './storage.ts';

/**
 * Batches from the kept graph, by sampler workers or, where none is wanted, on this thread; where the graph stays in memory, from there. What
 * is read from a store is held there until the source is closed.
 */
export function samplerWorkers(storage: Storage, loaded: LoadedGraph): OpenBatchSource {
  return async (graph, spec, place, host) => {
    const { config } = spec;
    if (!place.store || !readsFromStore(graph, config)) return localBatchSource(graph, spec, place, host);
    // Many visits never sample.
    const [{ holdGraph, holdStored }, { openPool }] = await Promise.all([
      import('../store/hold.ts'),
      import('./samplerPool.ts'),
    ]);
    const { id, fingerprint } = loaded;
    const chunkBytes = config['memory.chunkBytes'];
    const { signal } = place;
    const lies = await placeOf(storage.places, id);
    const keptElsewhere = lies !== null && lies !== config['memory.store'];
    const held = isStored(graph)
      ? await holdStored(place.store, graph.manifest.id, signal)
      : await holdGraph(graph, place.store, { id, fingerprint, chunkBytes, keptElsewhere, signal });
    const workers = samplingWorkers(graph, config);
    if (workers === 0) return localBatchSource(graph, spec, { ...place, held }, host);
    return openPool({
      threads: Array.from({ length: workers }, () => startSampler(storage)),
      from: () => storePort(storage, config),
      manifest: held.manifest,
      spec,
      host,
      onClose: held.close,
    });
  };
}

function startSampler({ failed: lost }: Storage): SamplerThread {
  const endpoint = moduleWorker(samplerAddress, 'sampler');
  const died = new Promise<never>((_, reject) => {
    endpoint.onerror = (event) => reject(new Error(`the sampler worker failed: ${event.message}`));
  });
  return { endpoint, failed: Promise.race([died, lost]), end: () => endpoint.terminate() };
}

async function storePort({ database, connect }: Storage, config: Config): Promise<StorePort> {
  if (config['memory.store'] !== 'opfs') return { database };
  const port = await connect();
  return transfer({ port }, [port]);
}
