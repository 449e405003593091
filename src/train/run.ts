import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import { newLedger } from '../device/ledger.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Graph } from '../graph/graph.ts';
import { memoryServer } from '../graph/memoryServer.ts';
import { seedKey } from '../graph/random.ts';
import type { RowRequest, Rows } from '../graph/request.ts';
import { initialValues } from '../model/init.ts';
import { models } from '../model/models.ts';
import type { DeviceInfo, EpochRecord } from '../run/record.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { openGraph } from '../store/graphStore.ts';
import { ingest, manifestBytes } from '../store/ingest.ts';
import { checkTrainable } from './check.ts';
import { type Fit, fitRun } from './fit.ts';
import { type Forecast, seedsOf, splitOf } from './forecast.ts';
import { graphBytes } from './hostMemory.ts';
import { fullPass, type Pass, type PassContext, sampledPass } from './passes.ts';
import { type Backend, findTarget } from './target.ts';

/** From a job to a run that is ready for its first step: fitted, allocated, uploaded, initialised. */

export interface Job {
  readonly graph: Graph;
  readonly config: Config;
  readonly backend: Backend;
  /** Change what must be changed to stay inside memory.gpuBudget; otherwise a run that is too large is refused. */
  readonly fit: boolean;
  /** Where sampled passes read the graph from, if memory.store asks for more than memory. */
  readonly store?: ChunkStore;
  readonly signal?: AbortSignal;
  readonly onStart?: (fit: Fit, device: DeviceInfo) => void;
  readonly onEpoch?: (epoch: EpochRecord) => void;
}

export interface Run {
  readonly context: PassContext;
  readonly train: Pass | null;
  readonly evaluate: Pass;
  readonly counts: { readonly train: number; readonly validation: number; readonly test: number };
  readonly diskBytes: number;
}

export async function prepareRun(
  job: Pick<Job, 'graph' | 'store' | 'signal'>,
  forecast: Forecast,
  executor: Executor,
): Promise<Run> {
  const { graph } = job;
  const { config, training, capacity, plan } = forecast;
  const split = splitOf(graph, config);
  const predictOnly = !('train' in plan.routines);
  const sampled = capacity.train !== undefined || capacity.evaluate !== undefined;
  const host = newLedger();
  host.add('dataset', graphBytes(graph));
  const source = sampled ? await openSource(job, config, host) : { serve: neverAsked, diskBytes: 0 };
  const locals = new Uint32Array(sampled ? graph.nodes : 0);
  host.add('sampler', locals.byteLength);
  const context: PassContext = {
    config,
    graph,
    model: models[config['model.kind']],
    executor,
    host,
    serve: source.serve,
    root: seedKey(config['training.seed']),
    locals,
    signal: job.signal,
    steps: 0,
  };
  const trainNodes = seedsOf(split, 'train', false);
  const make = (routine: 'train' | 'evaluate'): Pass => {
    const inputs = training[routine];
    const batches = capacity[routine];
    if (!batches) return fullPass(context, routine, inputs, plan.capacity, trainNodes.length);
    return sampledPass(context, routine, inputs, batches, seedsOf(split, routine, predictOnly), split);
  };
  const train = predictOnly ? null : make('train');
  const evaluate = make('evaluate');
  train?.prepare();
  // In the full batch both routines read the same inputs.
  if (training.evaluate !== training.train || predictOnly) evaluate.prepare();
  const count = (code: number) => split.reduce((sum, value) => sum + (value === code ? 1 : 0), 0);
  const counts = { train: trainNodes.length, validation: count(SPLIT.validation), test: count(SPLIT.test) };
  return { context, train, evaluate, counts, diskBytes: source.diskBytes };
}

async function openSource(
  { graph, store, signal }: Pick<Job, 'graph' | 'store' | 'signal'>,
  config: Config,
  host: PassContext['host'],
): Promise<{ serve(request: RowRequest): Promise<Rows>; diskBytes: number }> {
  if (config['memory.store'] === 'memory') {
    const serve = memoryServer(graph);
    host.add('sampler', 4 * graph.nodes);
    return { serve: async (request) => serve(request), diskBytes: 0 };
  }
  const manifest = await ingest(graph, store!, { chunkBytes: config['memory.chunkBytes'], signal });
  const opened = await openGraph(store!, manifest.id, config['memory.cacheBytes']);
  const { indptr, cache, inFlight } = opened.hostBytes;
  const diskBytes = manifestBytes(manifest);
  host.add('cache', indptr + Math.min(cache, diskBytes) + inFlight);
  return { serve: opened.serve, diskBytes };
}

async function neverAsked(): Promise<Rows> {
  throw new Error('a full-batch run asked the store for rows');
}

function initialise({ executor, root }: PassContext, { training }: Forecast): void {
  training.parameters.forEach((parameter, index) => {
    executor.write(parameter.value, initialValues(parameter, index, root));
  });
}

/** Fits the job, opens its device, uploads what stays there and sets the first weights. */
export async function openRun(job: Job) {
  checkTrainable(job.graph, job.config);
  const { limits, open, device } = await findTarget(job.backend);
  const fit = fitRun(job.graph, job.config, { backend: job.backend.kind, limits }, job.fit);
  checkStore(job, fit.forecast);
  job.onStart?.(fit, device);
  const { executor, close } = await open(fit.forecast.plan);
  try {
    const run = await prepareRun(job, fit.forecast, executor);
    initialise(run.context, fit.forecast);
    return { fit, executor, run, device, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Before anything is opened: a sampled run with memory.store=file needs a place for files. */
export function checkStore({ store }: Pick<Job, 'store'>, { config, capacity }: Forecast): void {
  const sampled = capacity.train !== undefined || capacity.evaluate !== undefined;
  if (!sampled || store || config['memory.store'] === 'memory') return;
  throw new InputError("memory.store is 'file', but this run was given no place for files: use memory.store=memory.");
}
