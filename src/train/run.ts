import { InputError } from '../config/errors.ts';
import type { Executor } from '../device/executor.ts';
import { type Ledger, newLedger } from '../device/ledger.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Capacity } from '../graph/capacity.ts';
import { seedKey } from '../graph/random.ts';
import { nodesOf } from '../graph/split.ts';
import { initialValues } from '../model/init.ts';
import type { MemoryBytes } from '../run/record.ts';
import { classWeights, totalWeight } from '../task/classWeights.ts';
import type { BatchRecipe } from './batch.ts';
import { localBatchSource, type OpenBatchSource, type RecipeName, type Routine } from './batchSource.ts';
import { samplingOf } from './capacity.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts';
import type { Fit } from './fit.ts';
import type { Forecast } from './forecast.ts';
import { graphBytes, listBytes, readsFromStore, STORES } from './hostMemory.ts';
import type { BatchInputs } from './inputs.ts';
import type { Job } from './job.ts';
import { partInputs } from './layerwise.ts';
import { fullPass, newTimes, type Pass, type PassContext, sampledPass } from './passes.ts';
import { evaluatedSplit, seedsOf, splitOf } from './seeds.ts';
import type { Target } from './target.ts';

/** From a fitted job to a run that is ready for its next step: allocated, uploaded, initialised or restored. */
export interface Run {
  readonly fit: Fit;
  readonly executor: Executor;
  readonly context: PassContext;
  readonly train: Pass | null;
  readonly evaluate: Pass;
  /** Nodes of each split, and what their losses are divided by: see task/classWeights.ts. */
  readonly counts: BySplit;
  readonly weights: BySplit;
  /** What lies on disk: the graph, and what is kept of the run. */
  readonly disk: Ledger;
  /** Says what the ledgers hold now. */
  tellMemory(): void;
  /** Releases everything. Never rejects: what fails here must hide neither a result nor an earlier error. */
  close(): Promise<void>;
}

type BySplit = Readonly<Record<'train' | 'validation' | 'test', number>>;

type Place = Pick<
  Job,
  'graph' | 'store' | 'signal' | 'instruments' | 'openBatchSource' | 'onOpen' | 'observeExecutor' | 'onMemory'
>;

interface Beginning {
  readonly before?: PassContext['before'];
  readonly checkpoint?: Checkpoint | null;
  /** Of a run that kept something before; default: a new one. */
  readonly disk?: Ledger;
}

/**
 * Opens the device for the plan of `fit` and prepares everything on it; parameters start from the checkpoint, else from the
 * seed. A plan that only predicts has no parameters to initialise.
 */
export async function openRun(
  job: Place,
  target: Target,
  fit: Fit,
  { before = () => {}, checkpoint = null, disk = newLedger() }: Beginning = {},
): Promise<Run> {
  const { forecast } = fit;
  const host = newLedger();
  host.add('dataset', graphBytes(job.graph));
  host.add('beside', job.instruments?.beside ?? 0);
  host.add('sampler', listBytes(job.graph, forecast.config, forecast.capacity, !('train' in forecast.plan.routines)));
  const tell = (device: Ledger) => {
    const onGpu = target.device.backend === 'webgpu';
    const places = (bytes: 'held' | 'peak') => ({
      gpu: onGpu ? device[bytes] : 0,
      host: host[bytes] + (onGpu ? 0 : device[bytes]),
      disk: disk[bytes],
    });
    job.onMemory?.({ ...places('held'), peak: places('peak'), purposes: { ...device.byPurpose } });
  };
  const opened = await target.open(forecast.plan, job.onMemory && tell);
  const executor = job.observeExecutor?.(opened.executor, forecast.plan) ?? opened.executor;
  const closers: (() => Promise<void> | void)[] = [() => opened.close()];
  const close = async () => {
    await Promise.allSettled(closers.map(async (closer) => closer()));
  };
  const openSource: OpenBatchSource = async (...about) => {
    const source = await (job.openBatchSource ?? localBatchSource)(...about);
    disk.add('dataset', source.diskBytes);
    closers.push(async () => {
      await source.close();
      disk.remove('dataset', source.diskBytes);
    });
    return source;
  };
  try {
    job.onOpen?.(opened);
    const prepared = await prepare(job, forecast, executor, host, before, openSource);
    const { context } = prepared;
    if (checkpoint) writeCheckpoint({ executor, context, fit }, checkpoint);
    else if (prepared.train) initialise(context, forecast);
    return { fit, executor, ...prepared, disk, tellMemory: () => tell(executor.ledger), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(
  job: Place,
  forecast: Forecast,
  executor: Executor,
  host: Ledger,
  before: PassContext['before'],
  openSource: OpenBatchSource,
): Promise<Pick<Run, 'context' | 'train' | 'evaluate' | 'counts' | 'weights'>> {
  const { graph } = job;
  const { config, model, training, capacity, levels, plan } = forecast;
  const splits = { train: splitOf(graph, config), evaluate: evaluatedSplit(graph, config) };
  const predictOnly = !('train' in plan.routines);
  const { parts } = training;
  const recipes: Partial<Record<RecipeName, BatchRecipe>> = {};
  const describe = (name: RecipeName, routine: Routine, inputs: BatchInputs, batches: Capacity | undefined) => {
    if (!batches) return;
    recipes[name] = {
      inputs,
      operator: model.operator,
      dropEdge: config['model.dropEdge'],
      normalizeFeatures: config['data.normalizeFeatures'],
      design: samplingOf(config, model, routine).design,
      mask: inputs.targets && splits[routine],
      capacity: batches,
    };
  };
  describe('train', 'train', training.train, capacity.train);
  if (!levels || !parts) describe('evaluate', 'evaluate', training.evaluate, capacity.evaluate);
  else {
    for (const part of parts) {
      const { capacity: batches } = levels.batches[part.level];
      describe(part.routine as RecipeName, 'evaluate', partInputs(part, training.evaluate), batches);
    }
  }
  const sampled = Object.keys(recipes).length > 0;
  const batches = sampled ? await openSource(graph, { recipes, config, nodes: graph.nodes }, job, host) : null;
  const context: PassContext = {
    config,
    graph,
    model,
    executor,
    host,
    classWeights: classWeights(config['task.classWeights'], graph.labels, splits.train, graph.classNames.length),
    batches,
    root: seedKey(config['training.seed']),
    before,
    steps: 0,
    epoch: 0,
    lossWeight: 0,
    times: newTimes(),
  };
  const bySplit = (of: (nodes: Uint32Array) => number): BySplit => {
    const part = (routine: 'train' | 'evaluate', code: number) => of(nodesOf(splits[routine], code));
    return {
      train: part('train', SPLIT.train),
      validation: part('evaluate', SPLIT.validation),
      test: part('evaluate', SPLIT.test),
    };
  };
  const counts = bySplit((nodes) => nodes.length);
  const weights = bySplit((nodes) => totalWeight(context.classWeights, graph, nodes));
  if (training.classWeights) executor.write(training.classWeights, context.classWeights!);
  const make = (routine: 'train' | 'evaluate'): Pass =>
    recipes[routine]
      ? sampledPass(context, routine, seedsOf(splits[routine], routine, predictOnly))
      : fullPass(context, routine, training[routine], plan.capacity, weights.train);
  const train = predictOnly ? null : make('train');
  // In the page, code that most runs do without.
  const byLayer = levels && parts && (await import('./layerwisePass.ts')).layerwisePass;
  const evaluate = byLayer ? byLayer(context, parts, levels, training.evaluate) : make('evaluate');
  train?.prepare();
  // In the full batch both routines read the same inputs.
  if (training.evaluate !== training.train || predictOnly) evaluate.prepare();
  return { context, train, evaluate, counts, weights };
}

/** One parameter at a time is in main memory, which the forecast has room for: when the run ends, all of them are there at once. */
export function initialise(
  { executor, root, host }: Pick<PassContext, 'executor' | 'root' | 'host'>,
  { training }: Pick<Forecast, 'training'>,
): void {
  training.parameters.forEach((parameter, index) => {
    const values = initialValues(parameter, index, root);
    host.add('weights', values.byteLength);
    executor.write(parameter.value, values);
    host.remove('weights', values.byteLength);
  });
}

/** The most that a run held so far. */
export function peakOf({ executor, context, disk }: Pick<Run, 'executor' | 'context' | 'disk'>): MemoryBytes {
  const onGpu = executor.description.backend === 'webgpu';
  const { peak } = executor.ledger;
  return { gpu: onGpu ? peak : 0, host: context.host.peak + (onGpu ? 0 : peak), disk: disk.peak };
}

/** Before anything is opened: a sampled run that reads from a store needs one. */
export function checkStore({ graph, store }: Pick<Job, 'graph' | 'store'>, { config, capacity }: Forecast): void {
  const sampled = capacity.train !== undefined || capacity.evaluate !== undefined;
  if (!sampled || store || !readsFromStore(graph, config)) return;
  const wanted = config['memory.store'];
  throw new InputError(
    `memory.store is '${wanted}', but this run was given no ${STORES[wanted]}: use memory.store=memory.`,
  );
}
