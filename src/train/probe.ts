import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import { type Capacity, endWithin, type ProbeOptions, probe } from '../graph/capacity.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { samplerScratchBytes } from '../graph/neighborSampler.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import type { RowRequest } from '../graph/request.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { drive, openGraph } from '../store/graphStore.ts';
import { manifestBytes } from '../store/ingest.ts';
import { type Meter, newMeter } from '../store/meter.ts';
import { keepProbe, readProbes } from '../store/probes.ts';
import { type AnyGraph, isStored, type StoredGraph } from '../store/storedGraph.ts';
import type { Routine } from './batchSource.ts';
import { atLeastOneSeed, type Sampling } from './capacity.ts';
import { graphBytes } from './hostMemory.ts';
import type { Job } from './job.ts';
import { listedBytes, PROBE_ENTRIES, type ProbeRoom, probeRoom } from './probeMemory.ts';

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
  readonly options: Omit<ProbeOptions, 'locals' | 'watch'>;
  readonly room: ProbeRoom;

  constructor(graph: StoredGraph, question: string, options: ProbeNeeded['options'], room: ProbeRoom) {
    super(
      `${graph.name} lies in a store: how large these batches get is found out by a probe, which waits until no run goes on.`,
    );
    this.graph = graph;
    this.question = question;
    this.options = options;
    this.room = room;
  }
}

/** An answer too: there was no room, or no time, for a probe. */
export class ProbeRefused extends InputError {
  /** The worker budget that was too small; infinite where no budget would do. */
  readonly budget: number;
  /** What the probe held at the most. */
  readonly bytes: number;

  constructor(message: string, { tables, cache, sample }: ProbeRoom, budget: number) {
    super(message);
    this.budget = budget;
    this.bytes = tables + cache + sample;
  }
}

type Answer = Capacity | ProbeRefused;

/** Where a graph is probed, and by what: `probing` counts what a probe holds, the graph's outline included. */
export type ProbePlace = Pick<Job, 'store' | 'signal'> & { readonly probing?: Meter };

/** By graph and question: the fitter and a slider ask again and again. */
const answers = new WeakMap<AnyGraph, Map<string, Answer>>();

function answersOf(graph: AnyGraph): Map<string, Answer> {
  const known = answers.get(graph) ?? new Map<string, Answer>();
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
  const room = isStored(graph) ? probeRoom(graph, config, seeds.length) : null;
  let found = known.get(question);
  if (!found || (room && found instanceof ProbeRefused && found.budget < room.budget)) {
    const key = deriveKey(seedKey(seed), USE_PROBE, 0);
    const options = { trainNodes: seeds, batchSize, fanOut, design, key, ...PROBE, worst };
    if (isStored(graph)) throw new ProbeNeeded(graph, question, options, room!);
    found = driveSync(probe({ ...options, locals: new Uint32Array(graph.nodes) }), memoryServer(graph));
    known.set(question, found);
  }
  if (found instanceof ProbeRefused) throw found;
  return atLeastOneSeed(graph, fanOut, found);
}

/**
 * Plans, and finds out on the way what the plan must know of a graph in a store.
 * @throws as `plan`; InputError where the graph's store is not given, or damaged; the reason of an aborted signal
 */
export async function withProbes<T>(place: ProbePlace, plan: () => T): Promise<T> {
  for (;;) {
    try {
      return plan();
    } catch (error) {
      if (!(error instanceof ProbeNeeded)) throw error;
      await answerInTurn(error, place);
    }
  }
}

/** What the worker budget leaves beside so many bytes that others hold. */
export function leavingBeside(config: Config, beside = 0): Config {
  const budget = config['memory.workerBudget'];
  return budget === 0 ? config : { ...config, 'memory.workerBudget': Math.max(1, budget - beside) };
}

/** One probe after the other: what one holds is bounded, what several would hold is not. */
let turn: Promise<unknown> = Promise.resolve();

async function answerInTurn(needed: ProbeNeeded, place: ProbePlace): Promise<void> {
  const { graph, question, room } = needed;
  const known = answersOf(graph);
  const mine = turn.then(async () => {
    // Who was before may have asked the same.
    const found = known.get(question);
    if (found && !(found instanceof ProbeRefused && found.budget < room.budget)) return;
    place.signal?.throwIfAborted();
    known.set(question, await answer(needed, place));
  });
  turn = mine.catch(() => {});
  await mine;
}

/** From the store's catalogue where it was asked before, by whomever. */
async function answer(needed: ProbeNeeded, place: ProbePlace): Promise<Answer> {
  const { store } = place;
  const { graph, question, options } = needed;
  if (!store) throw new InputError(`${graph.name} lies in a store that is not open: a forecast cannot probe it.`);
  const kept = (await readProbes(store, graph.manifest))[question];
  if (kept && fits(kept, options.worst)) return kept;
  const found = await probeStored(needed, store, MOST_READ, place);
  if (!(found instanceof ProbeRefused)) await keepProbe(store, graph.manifest, question, found);
  return found;
}

/** Draws the batches of a probe from the store; refused where they read more than `most` neighbours, or hold more than there is room for. */
export async function probeStored(
  { graph, options, room }: Pick<ProbeNeeded, 'graph' | 'options' | 'room'>,
  store: ChunkStore,
  most: number,
  { signal, probing = newMeter() }: Pick<ProbePlace, 'signal' | 'probing'> = {},
): Promise<Answer> {
  const what = `${graph.name}: a few batches of ${options.batchSize} with a fan-out of ${options.fanOut.join(', ')}`;
  const refused = (why: string, budget: number) =>
    new ProbeRefused(`${what} ${why}; set a smaller fan-out or batch.`, room, budget);
  const noRoom =
    room.budget === Infinity
      ? refused(`take more than ${room.sample} bytes each`, Infinity)
      : refused(
          `cannot be drawn within the ${room.budget} bytes that memory.workerBudget leaves, to see how large they are`,
          room.budget,
        );
  if (room.sample < 0) return noRoom;

  const { indptr } = graph.adjacency;
  let read = 0;
  let answered = 0;
  let sampled = 0;
  const before = probing.held;
  probing.add(graphBytes(graph) + listedBytes(graph, options.trainNodes.length) + samplerScratchBytes(graph.nodes));
  const watch: ProbeOptions['watch'] = {
    endOf: (targets, begin) => endWithin(indptr, PROBE_ENTRIES, targets, begin),
    took(bytes) {
      sampled += bytes;
      if (sampled > room.sample) throw noRoom;
      probing.add(bytes);
    },
    letGo() {
      probing.remove(sampled);
      sampled = 0;
    },
  };
  try {
    const opened = await openGraph(store, graph.manifest.id, room.cache);
    const { indptr: offsets, cache, inFlight } = opened.hostBytes;
    probing.add(offsets + Math.min(cache, manifestBytes(graph.manifest)) + inFlight);
    const serve = async (request: RowRequest) => {
      signal?.throwIfAborted();
      for (const row of request.rows) read += indptr[row + 1] - indptr[row];
      if (read > most) throw refused(`have more than ${most} neighbours`, Infinity);
      probing.remove(answered);
      const rows = await opened.serve(request);
      const { indptr: places, indices, values } = rows.table as CsrMatrix;
      answered = places.byteLength + indices.byteLength + (values?.byteLength ?? 0) + (rows.first?.byteLength ?? 0);
      probing.add(answered);
      return rows;
    };
    return await drive(probe({ ...options, locals: new Uint32Array(graph.nodes), watch }), serve);
  } catch (error) {
    if (error instanceof ProbeRefused) return error;
    throw error;
  } finally {
    probing.remove(probing.held - before);
  }
}

function fits(found: Capacity, worst: Capacity): boolean {
  const within = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((n, i) => n <= b[i]);
  return within(found.nodes, worst.nodes) && within(found.edges, worst.edges);
}
