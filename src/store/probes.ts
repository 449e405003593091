import type { Capacity } from '../graph/capacity.ts';
import type { ChunkStore } from './chunkStore.ts';
import { type Manifest, probesKey } from './manifest.ts';

/**
 * What probes of the sampler found out about a stored graph, by what was asked: kept beside its manifest, because a probe
 * reads the graph. What cannot be read is as good as never known.
 */
export type Probes = Readonly<Record<string, Capacity>>;

/** A probe takes some 200 bytes; nobody has asked so many questions about one graph. */
const MOST_BYTES = 2 ** 20;

export async function readProbes(store: ChunkStore, { id, fingerprint }: Manifest): Promise<Probes> {
  const bytes = await store.get(probesKey(id));
  if (!bytes || bytes.length > MOST_BYTES) return {};
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isObject(value) || value.fingerprint !== fingerprint || !isObject(value.found)) return {};
    return Object.fromEntries(
      Object.entries(value.found).filter((entry): entry is [string, Capacity] => isCapacity(entry[1])),
    );
  } catch {
    return {};
  }
}

/** A store that takes no more loses the answer, and nothing else. */
export async function keepProbe(store: ChunkStore, manifest: Manifest, name: string, found: Capacity): Promise<void> {
  const { id, fingerprint } = manifest;
  const encode = (probes: Probes) => new TextEncoder().encode(JSON.stringify({ fingerprint, found: probes }));
  const all = encode({ ...(await readProbes(store, manifest)), [name]: found });
  // Full of questions that came once: begin again.
  await store.put(probesKey(id), all.length <= MOST_BYTES ? all : encode({ [name]: found })).catch(() => {});
}

function isCapacity(value: unknown): value is Capacity {
  return (
    isObject(value) && isCounts(value.nodes) && isCounts(value.edges) && value.nodes.length === value.edges.length + 1
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
