import { type Remote, releaseProxy, transfer, wrap } from 'comlink';
import type { Config } from '../config/schema.ts';
import { samplerScratchBytes } from '../graph/neighborSampler.ts';
import { holdGraph, holdStored } from '../store/hold.ts';
import { manifestBytes } from '../store/ingest.ts';
import { placeOf } from '../store/places.ts';
import { isStored } from '../store/storedGraph.ts';
import type { Value } from '../tensor/value.ts';
import { chargeStore, localBatchSource, type OpenBatchSource } from '../train/batchSource.ts';
import { readsFromStore } from '../train/hostMemory.ts';
import type { GraphInputs } from '../train/inputs.ts';
import type { LoadedGraph } from './datasets.ts';
import type { SamplerApi, StorePort } from './sampler.ts';
import samplerAddress from './sampler.ts?worker&url';
import { moduleWorker } from './spawn.ts';
import type { Storage } from './storage.ts';

/** Batches from a sampler worker over the kept graph; on this thread where the graph stays in memory. */
export function samplerWorker(storage: Storage, loaded: LoadedGraph): OpenBatchSource {
  return async (graph, spec, place, host) => {
    if (!place.store || !readsFromStore(graph, spec.config)) {
      return localBatchSource(graph, spec, place, host);
    }
    const { id, fingerprint } = loaded;
    const chunkBytes = spec.config['memory.chunkBytes'];
    const { signal } = place;
    const lies = await placeOf(storage.places, id);
    const keptElsewhere = lies !== null && lies !== spec.config['memory.store'];
    const held = isStored(graph)
      ? await holdStored(place.store, graph.manifest.id, signal)
      : await holdGraph(graph, place.store, { id, fingerprint, chunkBytes, keptElsewhere, signal });
    const { manifest } = held;
    const worker = moduleWorker(samplerAddress, 'sampler');
    // Held here as long as the source is: Comlink hangs on a proxy that was collected (GoogleChromeLabs/comlink #693).
    const remote: Remote<SamplerApi> = wrap<SamplerApi>(worker);
    const failed = new Promise<never>((_, reject) => {
      worker.onerror = (event) => reject(new Error(`the sampler worker failed: ${event.message}`));
    });
    failed.catch(() => {});
    const either = <T>(answer: Promise<T>) => Promise.race([answer, failed, storage.failed]);
    const close = async () => {
      remote[releaseProxy]();
      worker.terminate();
      await held.close();
    };
    try {
      const hostBytes = await either(remote.open(await storePort(storage, spec.config), manifest.id, spec));
      const diskBytes = manifestBytes(manifest);
      chargeStore(host, hostBytes, diskBytes);
      // The sampler's table, and its copy of the split in each recipe.
      const masks = Object.values(spec.recipes).reduce((sum, recipe) => sum + (recipe?.mask.byteLength ?? 0), 0);
      host.add('sampler', samplerScratchBytes(spec.nodes) + masks);
      const values = new Map(Object.values(spec.recipes).flatMap((recipe) => (recipe ? valuesOf(recipe.inputs) : [])));
      return {
        diskBytes,
        close,
        async sample(...request) {
          const { feed, readMs, sampleMs } = await either(remote.sample(...request));
          const arrays = feed?.arrays.map(([id, array]) => [values.get(id)!, array] as const);
          return { feed: feed && { ...feed, arrays: [...arrays!] }, readMs, sampleMs };
        },
      };
    } catch (error) {
      await close();
      throw error;
    }
  };
}

async function storePort({ database, connect }: Storage, config: Config): Promise<StorePort> {
  if (config['memory.store'] !== 'opfs') return { database };
  const port = await connect();
  return transfer({ port }, [port]);
}

/** Every value among the inputs of a pass, by id. */
function valuesOf(inputs: GraphInputs): [number, Value][] {
  const found: [number, Value][] = [];
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return;
    if ('id' in item && 'lifetime' in item) found.push([(item as Value).id, item as Value]);
    else for (const part of Object.values(item)) visit(part);
  };
  visit(inputs);
  return found;
}
