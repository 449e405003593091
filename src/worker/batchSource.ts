import { type Remote, releaseProxy, wrap } from 'comlink';
import { samplerScratchBytes } from '../graph/neighborSampler.ts';
import { holdGraph } from '../store/hold.ts';
import { manifestBytes } from '../store/ingest.ts';
import type { Value } from '../tensor/value.ts';
import { chargeStore, localBatchSource, type OpenBatchSource } from '../train/batchSource.ts';
import type { GraphInputs } from '../train/inputs.ts';
import type { LoadedGraph } from './datasets.ts';
import type { SamplerApi } from './sampler.ts';
import samplerAddress from './sampler.ts?worker&url';
import { moduleWorker } from './spawn.ts';

/** Batches from a sampler worker over the kept graph; on this thread where the graph stays in memory. */
export function samplerWorker(database: string, loaded: LoadedGraph): OpenBatchSource {
  return async (graph, spec, place, host) => {
    if (spec.config['memory.store'] !== 'indexeddb' || !place.store) {
      return localBatchSource(graph, spec, place, host);
    }
    const { id, fingerprint } = loaded;
    const chunkBytes = spec.config['memory.chunkBytes'];
    const held = await holdGraph(graph, place.store, { id, fingerprint, chunkBytes, signal: place.signal });
    const { manifest } = held;
    const worker = moduleWorker(samplerAddress, 'sampler');
    // Held here as long as the source is: Comlink hangs on a proxy that was collected (GoogleChromeLabs/comlink #693).
    const remote: Remote<SamplerApi> = wrap<SamplerApi>(worker);
    const failed = new Promise<never>((_, reject) => {
      worker.onerror = (event) => reject(new Error(`the sampler worker failed: ${event.message}`));
    });
    failed.catch(() => {});
    const close = async () => {
      remote[releaseProxy]();
      worker.terminate();
      await held.close();
    };
    try {
      const hostBytes = await Promise.race([remote.open(database, manifest.id, spec), failed]);
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
          const { feed, readMs, sampleMs } = await Promise.race([remote.sample(...request), failed]);
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
