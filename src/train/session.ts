import { DeviceError, InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { CPU, cpuExecutor } from '../device/cpu/executor.ts';
import type { Executor } from '../device/executor.ts';
import { newLedger } from '../device/ledger.ts';
import { adapterLimits, describeAdapter, findAdapter, openDevice } from '../device/webgpu/adapter.ts';
import { webgpuExecutor } from '../device/webgpu/executor.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Graph } from '../graph/graph.ts';
import { memoryServer } from '../graph/memoryServer.ts';
import { seedKey } from '../graph/random.ts';
import type { RowRequest, Rows } from '../graph/request.ts';
import { initialValues } from '../model/init.ts';
import { models } from '../model/models.ts';
import { curveHash, type DeviceInfo, type EpochRecord, type MemoryBytes, type RunResult } from '../run/record.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { openGraph } from '../store/graphStore.ts';
import { ingest, manifestBytes } from '../store/ingest.ts';
import { rocAuc, type Scores, scores, softmaxRows } from '../task/metrics.ts';
import { DEFAULT_LIMITS, type Limits } from '../tensor/plan.ts';
import type { Value } from '../tensor/value.ts';
import { type Fit, fitRun } from './fit.ts';
import { type Forecast, seedsOf, splitOf } from './forecast.ts';
import { graphBytes } from './hostMemory.ts';
import { fullPass, type Pass, type PassContext, sampledPass, scalarsOf } from './passes.ts';

/** A run from beginning to end, on either backend: forecast, train, predict. */

export type Backend = { readonly kind: 'webgpu'; readonly gpu: GPU } | { readonly kind: 'cpu' };

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

export interface Weights {
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

export interface Trained {
  readonly fitted: Partial<Config>;
  readonly device: DeviceInfo;
  /** Hash of the kernels that ran; empty on the CPU. */
  readonly kernels: string;
  readonly epochs: readonly EpochRecord[];
  readonly result: RunResult;
  readonly memory: { readonly forecast: MemoryBytes; readonly peak: MemoryBytes };
  /** Of the best epoch, by parameter name. */
  readonly weights: ReadonlyMap<string, Weights>;
}

/** The fit and its forecast, without running anything. Opens no device: an adapter tells its limits. */
export async function forecast(job: Job): Promise<Fit & { readonly memory: MemoryBytes }> {
  const { limits } = await target(job.backend);
  const fit = fitRun(job.graph, job.config, { backend: job.backend.kind, limits }, job.fit);
  return { ...fit, memory: fit.forecast.memory };
}

/** @throws InputError before anything is opened where the job cannot run; DeviceError where the device fails */
export async function train(job: Job): Promise<Trained> {
  const open = await openRun(job);
  try {
    const { fit, executor, run, device } = open;
    const { forecast } = fit;
    const { epochs, best } = await runEpochs(job, forecast, run);
    const { context } = run;
    await executor.run('restore', { sizes: {}, scalars: scalarsOf(context.config), key: context.root });
    const result: RunResult = {
      bestEpoch: best.epoch,
      metric: 'accuracy',
      testAcc: best.test.accuracy,
      testMacroF1: best.test.macroF1,
      testWeightedF1: best.test.weightedF1,
      testRocAuc: forecast.training.logits ? await areaUnderCurve(forecast, run) : null,
      curveHash: await curveHash(epochs),
    };
    const weights = new Map<string, Weights>();
    for (const { value } of forecast.training.parameters) {
      const data = (await executor.read(value)) as Float32Array;
      weights.set(value.name, { shape: [value.rows as number, value.cols], data });
    }
    const onGpu = device.backend === 'webgpu';
    const peak = {
      gpu: onGpu ? executor.ledger.peak : 0,
      host: context.host.peak + (onGpu ? 0 : executor.ledger.peak),
      disk: run.diskBytes,
    };
    const kernels = onGpu ? await kernelsHash(forecast) : '';
    return {
      fitted: fit.fitted,
      device,
      kernels,
      epochs,
      result,
      memory: { forecast: forecast.memory, peak },
      weights,
    };
  } finally {
    open.close();
  }
}

/** A run that is trained step by step from outside: for benches, which must not time the evaluation. */
export interface Trainer {
  readonly device: DeviceInfo;
  /** Trains for some epochs without evaluating, waits for completion, gives the loss of the last. */
  run(epochs: number): Promise<number>;
  close(): void;
}

export async function openTrainer(job: Job): Promise<Trainer> {
  const { fit, executor, run, device, close } = await openRun(job);
  let epoch = 0;
  return {
    device,
    async run(epochs) {
      for (let i = 0; i < epochs; i++) await run.train!.epoch(++epoch);
      const results = await executor.results();
      return results.get(fit.forecast.training.trainLoss)![0] / run.counts.train;
    },
    close,
  };
}

/** Fits the job, opens its device, uploads what stays there and sets the first weights. */
async function openRun(job: Job) {
  checkTrainable(job);
  const { limits, open, device } = await target(job.backend);
  const fit = fitRun(job.graph, job.config, { backend: job.backend.kind, limits }, job.fit);
  job.onStart?.(fit, device);
  const { executor, close } = await open(fit.forecast);
  try {
    const run = await prepareRun(job, fit.forecast, executor);
    initialise(run.context, fit.forecast);
    return { fit, executor, run, device, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Class probabilities of every node, nodes × classes, from given weights. */
export async function predict(
  job: Omit<Job, 'onEpoch' | 'onStart'> & { readonly weights: ReadonlyMap<string, Weights> },
): Promise<Float32Array> {
  const { limits, open } = await target(job.backend);
  const { forecast } = fitRun(job.graph, job.config, { backend: job.backend.kind, limits, predictOnly: true }, job.fit);
  for (const { value } of forecast.training.parameters) {
    const found = job.weights.get(value.name);
    if (!found || found.shape[0] !== value.rows || found.shape[1] !== value.cols) {
      const shape = found ? `is ${found.shape.join(' × ')}` : 'is missing';
      throw new InputError(
        `weight ${value.name} ${shape}, but this model on ${job.graph.name} needs ${value.rows} × ${value.cols}: use the dataset and configuration of the run.`,
      );
    }
  }
  const { executor, close } = await open(forecast);
  try {
    const run = await prepareRun(job, forecast, executor);
    for (const { value } of forecast.training.parameters) executor.write(value, job.weights.get(value.name)!.data);
    return softmaxRows(await readLogits(forecast, run), job.graph.classNames.length);
  } finally {
    close();
  }
}

/** Where a run goes: its limits at once, its executor when the plan is there. */
async function target(backend: Backend): Promise<{
  limits: Limits;
  device: DeviceInfo;
  open(forecast: Forecast): Promise<{ executor: Executor; close(): void }>;
}> {
  if (backend.kind === 'cpu') {
    // No binding limit on the host; the largest typed array is a few GiB.
    const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 2 ** 32, maxBufferSize: 2 ** 32 };
    const open = async ({ plan }: Forecast) => {
      const executor = cpuExecutor(plan);
      return { executor, close: () => executor.destroy() };
    };
    return { limits, device: CPU, open };
  }
  const adapter = await findAdapter(backend.gpu);
  if (!adapter) {
    throw new DeviceError('no WebGPU adapter was found: install a Vulkan driver, or run with --backend cpu.');
  }
  const limits = adapterLimits(adapter);
  const description = describeAdapter(adapter);
  const open = async ({ plan }: Forecast) => {
    const device = await openDevice(adapter, limits);
    try {
      const executor = await webgpuExecutor(device, description, plan);
      const close = () => {
        executor.destroy();
        device.destroy();
      };
      return { executor, close };
    } catch (error) {
      device.destroy();
      throw error;
    }
  };
  return { limits, device: description, open };
}

interface Run {
  readonly context: PassContext;
  readonly train: Pass | null;
  readonly evaluate: Pass;
  readonly counts: { readonly train: number; readonly validation: number; readonly test: number };
  readonly diskBytes: number;
}

async function prepareRun(
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
  if (!store) throw new InputError("memory.store is 'file', but this run was given no place for files: use 'memory'.");
  const manifest = await ingest(graph, store, { chunkBytes: config['memory.chunkBytes'], signal });
  const opened = await openGraph(store, manifest.id, config['memory.cacheBytes']);
  const { indptr, cache, inFlight } = opened.hostBytes;
  host.add('cache', indptr + cache + inFlight);
  return { serve: opened.serve, diskBytes: manifestBytes(manifest) };
}

async function neverAsked(): Promise<Rows> {
  throw new Error('a full-batch run asked the store for rows');
}

function initialise({ executor, root }: PassContext, { training }: Forecast): void {
  training.parameters.forEach((parameter, index) => {
    executor.write(parameter.value, initialValues(parameter, index, root));
  });
}

interface Best {
  readonly epoch: number;
  readonly loss: number;
  readonly test: Scores;
}

async function runEpochs(
  job: Job,
  { config, training }: Forecast,
  run: Run,
): Promise<{ epochs: EpochRecord[]; best: Best }> {
  const { context, train, evaluate, counts } = run;
  const { executor } = context;
  const classes = job.graph.classNames.length;
  const epochs: EpochRecord[] = [];
  let best: Best | null = null;
  let clock = performance.now();

  const finish = async (epoch: number, begun: number, trained: Promise<number>, results: Promise<Results>) => {
    const trainedAt = await trained;
    const { values, at } = await results;
    const trainLoss = values.get(training.trainLoss)!;
    const losses = values.get(training.totals.losses)!;
    const table = values.get(training.totals.counts) as Uint32Array;
    const [onTrain, onValidation, onTest] = [0, 1, 2].map((split) => scores(table, classes, split));
    const record: EpochRecord = {
      epoch,
      trainLoss: trainLoss[0] / counts.train,
      valLoss: counts.validation > 0 ? losses[1] / counts.validation : Number.NaN,
      trainAcc: onTrain.accuracy,
      valAcc: onValidation.accuracy,
      testAcc: onTest.accuracy,
      ms: trainedAt - Math.max(begun, clock),
      evalMs: at - trainedAt,
    };
    clock = at;
    epochs.push(record);
    // The same rule as on the device: the first minimum wins; without validation nodes, the last epoch.
    if (!best || counts.validation === 0 || losses[1] < best.loss) best = { epoch, loss: losses[1], test: onTest };
    job.onEpoch?.(record);
  };

  let pending: Promise<void>[] = [];
  for (let epoch = 1; epoch <= config['training.epochs']; epoch++) {
    job.signal?.throwIfAborted();
    const begun = performance.now();
    await train!.epoch(epoch);
    const trained = executor.done();
    await evaluate.epoch(epoch);
    await executor.run('keep', { sizes: {}, scalars: scalarsOf(config), key: context.root });
    const results = executor.results().then((values) => ({ values, at: performance.now() }));
    // In order, at most two epochs behind the one that runs.
    const previous = pending.at(-1) ?? Promise.resolve();
    pending.push(previous.then(() => finish(epoch, begun, trained, results)));
    if (pending.length > 2) await pending[0];
    pending = pending.slice(-2);
  }
  await Promise.all(pending);
  return { epochs, best: best! };
}

interface Results {
  readonly values: ReadonlyMap<Value, ArrayLike<number>>;
  readonly at: number;
}

/** Logits of every node that the evaluation visits; zeros for the others. */
async function readLogits({ training }: Forecast, { context, evaluate }: Run): Promise<Float32Array> {
  const { graph, executor } = context;
  const classes = graph.classNames.length;
  const out = new Float32Array(graph.nodes * classes);
  await evaluate.epoch(0, async (seeds) => {
    const logits = (await executor.read(training.logits!)) as Float32Array;
    if (!seeds) out.set(logits);
    seeds?.forEach((seed, i) => {
      out.set(logits.subarray(i * classes, (i + 1) * classes), seed * classes);
    });
  });
  return out;
}

/** ROC-AUC on the test nodes of a task with two classes, by the probability of the second. */
async function areaUnderCurve(forecast: Forecast, run: Run): Promise<number | null> {
  const { graph, config } = run.context;
  const probabilities = softmaxRows(await readLogits(forecast, run), 2);
  const split = splitOf(graph, config);
  const test = seedsOf(split, 'evaluate', false).filter((node) => split[node] === SPLIT.test);
  return rocAuc(
    Array.from(test, (node) => probabilities[2 * node + 1]),
    Array.from(test, (node) => graph.labels[node] === 1),
  );
}

function checkTrainable({ graph, config }: Job): void {
  const split = splitOf(graph, config);
  if (graph.classNames.length < 2) {
    throw new InputError(
      `${graph.name} has ${graph.classNames.length} class(es), and learning to classify needs two: give a node table with labels.`,
    );
  }
  if (!split.includes(SPLIT.train)) {
    throw new InputError(
      `split ${config['data.split']} of ${graph.name} has no training node: choose another data.split.`,
    );
  }
}

/** SHA-256 over the kernels of every dispatch, in order: a replay that differs here may differ in the last bits. */
async function kernelsHash({ plan }: Forecast): Promise<string> {
  const names = Object.entries(plan.routines).flatMap(([name, list]) => [name, ...list.map(({ kernel }) => kernel)]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(names.join('\n')));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
