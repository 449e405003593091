import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import { type Capacity, type ProbeOptions, probe } from '../graph/capacity.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import type { RowRequest } from '../graph/request.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { drive, openGraph } from '../store/graphStore.ts';
import { keepProbe, readProbes } from '../store/probes.ts';
import { type AnyGraph, isStored, type StoredGraph } from '../store/storedGraph.ts';
import type { Routine } from './batchSource.ts';
import { atLeastOneSeed, type Sampling } from './capacity.ts';
import type { Job } from './job.ts';

/**
 * How large batches were found to be. Planning is pure and synchronous, and a graph in memory is probed on the way. One in a
 * store cannot be: then planning stops with what it lacks, `withProbes` finds that out, and planning begins again, which
 * costs little because forecasts are remembered.
 */

/** Batches that a probe draws, fewer where they are large, and what it adds to the largest. */
const PROBE = { batches: 4, rows: 2 ** 15, margin: 0.2 } as const;
const USE_PROBE = 0x960be;

/** Neighbours that a probe reads of a store at the most: with every neighbour of every node, one batch can be the whole graph. */
const MOST_READ = 2 ** 24;

/** Of the store's chunks while a probe reads it. */
const CACHE_BYTES = 32 * 2 ** 20;

/** What is asked of a probe. */
export interface Question {
  readonly routine: Routine;
  readonly seeds: Uint32Array;
  readonly sampling: Sampling;
  /** The bound that no batch exceeds. */
  readonly worst: Capacity;
}

/** Thrown where a plan depends on a probe of a stored graph that nobody has made yet. */
export class ProbeNeeded extends Error {
  readonly graph: StoredGraph;
  /** The question, by which the answer is kept. */
  readonly question: string;
  readonly options: Omit<ProbeOptions, 'locals'>;

  constructor(graph: StoredGraph, question: string, options: Omit<ProbeOptions, 'locals'>) {
    super(`${graph.name} lies in a store and has not been probed for ${question}.`);
    this.graph = graph;
    this.question = question;
    this.options = options;
  }
}

/** By graph and question: the fitter and a slider ask again and again. */
const answers = new WeakMap<AnyGraph, Map<string, Capacity | InputError>>();

function answersOf(graph: AnyGraph): Map<string, Capacity | InputError> {
  const known = answers.get(graph) ?? new Map<string, Capacity | InputError>();
  answers.set(graph, known);
  return known;
}

/**
 * How large the batches of a few draws are, and a margin.
 * @throws ProbeNeeded where the graph lies in a store and was not asked this before
 */
export function probed(graph: AnyGraph, config: Config, { routine, seeds, sampling, worst }: Question): Capacity {
  const known = answersOf(graph);
  const { batchSize, fanOut, design } = sampling;
  const seed = config['training.seed'];
  const drawn = [config['data.split'], config['evaluation.nodes'], seed];
  const question = [routine, ...drawn, seeds.length, batchSize, design, ...fanOut].join(' ');
  let found = known.get(question);
  if (!found) {
    const key = deriveKey(seedKey(seed), USE_PROBE, 0);
    const options = { trainNodes: seeds, batchSize, fanOut, design, key, ...PROBE, worst };
    if (isStored(graph)) throw new ProbeNeeded(graph, question, options);
    found = driveSync(probe({ ...options, locals: new Uint32Array(graph.nodes) }), memoryServer(graph));
    known.set(question, found);
  }
  if (found instanceof InputError) throw found;
  return atLeastOneSeed(graph, fanOut, found);
}

/**
 * Plans, and finds out on the way what the plan must know of a graph in a store.
 * @throws as `plan`; InputError where the graph's store is not given, or damaged; the reason of an aborted signal
 */
export async function withProbes<T>(place: Pick<Job, 'store' | 'signal'>, plan: () => T): Promise<T> {
  for (;;) {
    try {
      return plan();
    } catch (error) {
      if (!(error instanceof ProbeNeeded)) throw error;
      const { graph, question } = error;
      answersOf(graph).set(question, await answer(error, place));
    }
  }
}

/** From the store's catalogue where it was asked before, by whomever. */
async function answer(
  needed: ProbeNeeded,
  { store, signal }: Pick<Job, 'store' | 'signal'>,
): Promise<Capacity | InputError> {
  const { graph, question, options } = needed;
  if (!store) throw new InputError(`${graph.name} lies in a store that is not open: a forecast cannot probe it.`);
  const kept = (await readProbes(store, graph.manifest))[question];
  if (kept && fits(kept, options.worst)) return kept;
  const found = await probeStored(needed, store, MOST_READ, signal);
  if (!(found instanceof InputError)) await keepProbe(store, graph.manifest, question, found);
  return found;
}

/** Draws the batches of a probe from the store; an InputError where they read more than `most` neighbours. */
export async function probeStored(
  { graph, options }: Pick<ProbeNeeded, 'graph' | 'options'>,
  store: ChunkStore,
  most: number,
  signal?: AbortSignal,
): Promise<Capacity | InputError> {
  const { serve } = await openGraph(store, graph.manifest.id, CACHE_BYTES);
  const tooLarge = new InputError(
    `${graph.name}: a few batches of ${options.batchSize} with a fan-out of ${options.fanOut.join(', ')} have more than ` +
      `${most} neighbours; set a smaller fan-out or batch.`,
  );
  let read = 0;
  const counted = async (request: RowRequest) => {
    signal?.throwIfAborted();
    const rows = await serve(request);
    read += (rows.table as CsrMatrix).indices.length;
    if (read > most) throw tooLarge;
    return rows;
  };
  try {
    return await drive(probe({ ...options, locals: new Uint32Array(graph.nodes) }), counted);
  } catch (error) {
    if (error === tooLarge) return tooLarge;
    throw error;
  }
}

function fits(found: Capacity, worst: Capacity): boolean {
  const within = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((n, i) => n <= b[i]);
  return within(found.nodes, worst.nodes) && within(found.edges, worst.edges);
}
