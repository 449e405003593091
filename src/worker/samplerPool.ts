import { type Endpoint, type Remote, releaseProxy, transfer, wrap } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { Ledger } from '../device/ledger.ts';
import { samplerScratchBytes } from '../graph/neighborSampler.ts';
import { type ChunkAccesses, together } from '../store/chunkAccesses.ts';
import { manifestBytes } from '../store/ingest.ts';
import type { Manifest } from '../store/manifest.ts';
import type { Value } from '../tensor/value.ts';
import { type BatchSource, chargeStore, type SourceSpec } from '../train/batchSource.ts';
import { batchesAhead } from '../train/hostMemory.ts';
import type { BatchInputs } from '../train/inputs.ts';
import type { SamplerApi } from './samplerApi.ts';
import { unlessFailed } from './unlessFailed.ts';

/** A worker that serves SamplerApi, in a page or on the command line. */
export interface SamplerThread {
  readonly endpoint: Endpoint;
  /** Rejects once the worker, or what it reads from, is lost; never resolves. */
  readonly failed: Promise<never>;
  end(): void;
}

interface Pool<From> {
  readonly threads: readonly SamplerThread[];
  /** How one of them reaches the store. */
  readonly from: () => Promise<From>;
  readonly manifest: Manifest;
  readonly spec: SourceSpec;
  /** Charged with what all of them hold. */
  readonly host: Ledger;
  /** Called once when the pool is closed, or could not be opened. */
  readonly onClose: () => Promise<void>;
}

/**
 * Some sampler workers as one source. Requests go to them in turn; a sample depends on its request alone, so it does not matter
 * who draws it. Each has a share of the cache.
 */
export async function openPool<From>({
  threads,
  from,
  manifest,
  spec,
  host,
  onClose,
}: Pool<From>): Promise<BatchSource> {
  // Held here as long as the source is: Comlink hangs on a proxy that was collected (GoogleChromeLabs/comlink #693).
  const remotes: Remote<SamplerApi<From>>[] = threads.map(({ endpoint }) => wrap<SamplerApi<From>>(endpoint));
  const failed = Promise.race(threads.map((thread) => thread.failed));
  failed.catch(() => {});
  const wait = unlessFailed(failed);
  const either = <T>(answer: Promise<T>) =>
    wait(answer).catch((error: Error) => {
      // An error that crossed has its name and its message, but not its class.
      throw error.name === 'InputError' ? new InputError(error.message) : error;
    });
  const close = async () => {
    for (const remote of remotes) remote[releaseProxy]();
    for (const thread of threads) thread.end();
    await onClose();
  };
  try {
    const diskBytes = manifestBytes(manifest);
    const share = Math.floor(spec.config['memory.cacheBytes'] / threads.length);
    // The sampler's table, and its copy of the split in each recipe.
    const masks = Object.values(spec.recipes).reduce((sum, recipe) => sum + (recipe?.mask?.byteLength ?? 0), 0);
    for (const remote of remotes) {
      // Comlink's types of what may cross do not follow a type parameter.
      const held = await either(remote.open((await from()) as never, manifest.id, spec, share) as Promise<StoreBytes>);
      chargeStore(host, held, diskBytes);
      host.add('sampler', samplerScratchBytes(spec.nodes) + masks);
    }
    const values = new Map(Object.values(spec.recipes).flatMap((recipe) => (recipe ? valuesOf(recipe.inputs) : [])));
    let turn = 0;
    return {
      diskBytes,
      ahead: batchesAhead(threads.length),
      close,
      accesses: async (on) =>
        together(
          await either(Promise.all(remotes.map((remote) => remote.accesses(on) as Promise<ChunkAccesses | null>))),
        ),
      async sample(routine, seeds, fanOut, key, dropKey, room) {
        const remote = remotes[turn++ % remotes.length];
        const sent = room && transfer(room, [room]);
        const { feed, readMs, sampleMs } = await either(remote.sample(routine, seeds, fanOut, key, dropKey, sent));
        const arrays = feed?.arrays.map(([id, array]) => [values.get(id)!, array] as const);
        return { feed: feed && { ...feed, arrays: [...arrays!] }, readMs, sampleMs };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type StoreBytes = Awaited<ReturnType<SamplerApi<unknown>['open']>>;

/** Every value among the inputs of a pass, by id. */
function valuesOf(inputs: BatchInputs): [number, Value][] {
  const found: [number, Value][] = [];
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return;
    if ('id' in item && 'lifetime' in item) found.push([(item as Value).id, item as Value]);
    else for (const part of Object.values(item)) visit(part);
  };
  visit(inputs);
  return found;
}
