import type { Config } from '../config/schema.ts';
import type { Ledger } from '../device/ledger.ts';
import { memoryServer } from '../graph/memoryServer.ts';
import { samplerScratchBytes } from '../graph/neighborSampler.ts';
import type { Key } from '../graph/random.ts';
import type { RowRequest, Rows } from '../graph/request.ts';
import type { ChunkAccesses } from '../store/chunkAccesses.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { drive, openGraph } from '../store/graphStore.ts';
import type { HeldGraph } from '../store/hold.ts';
import { ingest, manifestBytes } from '../store/ingest.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { assembleBatch, type BatchRecipe } from './batch.ts';
import type { Feed } from './feed.ts';
import { readsFromStore } from './hostMemory.ts';

/**
 * Where sampled passes get their batches from: a sampler over the graph in memory or in a store, on this thread or in a
 * worker. What a sample is depends on its request alone, so several may be asked for at once.
 */
export interface BatchSource {
  /**
   * Samples around the seeds; the feed is null where the sample is over the recipe's capacity. `room` is that of an earlier feed, and
   * no longer the caller's.
   */
  sample(
    recipe: RecipeName,
    seeds: Uint32Array,
    fanOut: readonly number[],
    key: Key,
    dropKey: Key | null,
    room: ArrayBuffer | null,
  ): Promise<SampledFeed>;
  /** How many samples are worth asking for before they are needed: 0 where nobody else would draw them meanwhile. */
  readonly ahead: number;
  /** Of the stored graph; 0 where it is in memory. */
  readonly diskBytes: number;
  /**
   * Which chunks of the stored graph were asked for since the last call; counts from now on where `on`, otherwise no longer. Null where
   * nothing was counted; not there where the graph is in memory.
   */
  readonly accesses?: (on: boolean) => Promise<ChunkAccesses | null>;
  close(): Promise<void>;
}

export type Routine = 'train' | 'evaluate';

/** Of a routine, or of a part of the evaluation before its last one. */
export type RecipeName = Routine | `evaluate.${number}`;

export interface SampledFeed {
  readonly feed: Feed | null;
  /** Spent waiting for rows of the graph, and on everything else. */
  readonly readMs: number;
  readonly sampleMs: number;
}

/** What a source must know, all of it plain data that can cross to a worker. */
export interface SourceSpec {
  readonly recipes: Readonly<Partial<Record<RecipeName, BatchRecipe>>>;
  readonly config: Config;
  readonly nodes: number;
}

export interface SourcePlace {
  readonly store?: ChunkStore;
  readonly signal?: AbortSignal;
}

/** Opens a source; `host` is charged with what it holds. */
export type OpenBatchSource = (
  graph: AnyGraph,
  spec: SourceSpec,
  place: SourcePlace,
  host: Ledger,
) => Promise<BatchSource>;

/** A place where somebody else has stored the graph, and holds it until the source is closed. */
interface HeldPlace extends SourcePlace {
  readonly held?: HeldGraph;
}

/**
 * A sampler on this thread, over the graph in memory or, where memory.store says so, over `place.store`: as it is held there, else by its
 * fingerprint, where it takes the place of another one. So a store that others keep graphs in must be held.
 */
export async function localBatchSource(
  graph: AnyGraph,
  spec: SourceSpec,
  place: HeldPlace,
  host: Ledger,
): Promise<BatchSource> {
  const close = async () => place.held?.close();
  try {
    const { serve, ...stored } = await openRows(graph, spec.config, place, host);
    host.add('sampler', samplerScratchBytes(graph.nodes));
    const sample = sampler(spec, serve);
    return { sample, ahead: 0, ...stored, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The loop that turns seeds into feeds, wherever it runs; one request after the other, because they share the scratch. */
export function sampler(
  { recipes, nodes }: SourceSpec,
  serve: (request: RowRequest) => Promise<Rows>,
): BatchSource['sample'] {
  const locals = new Uint32Array(nodes);
  const draw: BatchSource['sample'] = async (recipe, seeds, fanOut, key, dropKey, room) => {
    const begun = performance.now();
    let readMs = 0;
    const timed = async (request: RowRequest) => {
      const asked = performance.now();
      const rows = await serve(request);
      readMs += performance.now() - asked;
      return rows;
    };
    const feed = await drive(assembleBatch(recipes[recipe]!, seeds, fanOut, key, locals, dropKey, room), timed);
    return { feed, readMs, sampleMs: performance.now() - begun - readMs };
  };
  let last: Promise<unknown> = Promise.resolve();
  return (...request) => {
    const answer = last.then(() => draw(...request));
    last = answer.catch(() => {});
    return answer;
  };
}

async function openRows(
  graph: AnyGraph,
  config: Config,
  { store, signal, held }: HeldPlace,
  host: Ledger,
): Promise<{ serve(request: RowRequest): Promise<Rows> } & Pick<BatchSource, 'diskBytes' | 'accesses'>> {
  if (!isStored(graph) && !readsFromStore(graph, config)) {
    const serve = memoryServer(graph);
    host.add('sampler', 4 * graph.nodes);
    return { serve: async (request) => serve(request), diskBytes: 0 };
  }
  const manifest = isStored(graph)
    ? graph.manifest
    : (held?.manifest ?? (await ingest(graph, store!, { chunkBytes: config['memory.chunkBytes'], signal })));
  const diskBytes = manifestBytes(manifest);
  const opened = await openGraph(store!, manifest.id, config['memory.cacheBytes']);
  chargeStore(host, opened.hostBytes, diskBytes);
  return { serve: opened.serve, diskBytes, accesses: async (on) => opened.accesses.take(on) };
}

/** What an open stored graph holds in memory at the most: a cache never holds more than there is. */
export function chargeStore(
  host: Ledger,
  { indptr, cache, inFlight }: { readonly indptr: number; readonly cache: number; readonly inFlight: number },
  diskBytes: number,
): void {
  host.add('cache', indptr + Math.min(cache, diskBytes) + inFlight);
}
