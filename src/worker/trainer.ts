import { expose } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { CPU } from '../device/cpu/bytes.ts';
import { memoryTilings } from '../device/tiling.ts';
import { adapterLimits, findAdapter } from '../device/webgpu/adapter.ts';
import { workgroupSize } from '../device/webgpu/pipelines.ts';
import { type DeviceInfo, RUN_SCHEMA } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { canKeep, type Place, placeOf, present } from '../store/places.ts';
import { sweepTemporary } from '../store/temporary.ts';
import type { Limits } from '../tensor/plan.ts';
import { checkTrainable } from '../train/check.ts';
import { mayOutgrow, Stopped } from '../train/epochs.ts';
import { rehearseLadder } from '../train/fit.ts';
import { type Backend, fitJob, planJob, train } from '../train/session.ts';
import { findTarget } from '../train/target.ts';
import { storedTilings } from '../train/tilings.ts';
import { samplerWorkers } from './batchSource.ts';
import { newChunkWatch } from './chunkWatch.ts';
import { listDatasets } from './datasetList.ts';
import { downloadSizes, dropGraph, type LoadedGraph, loadDataset, previewGraph, removeDataset } from './datasets.ts';
import { deviceView } from './deviceView.ts';
import type { Progress } from './download.ts';
import { drawnPositions } from './drawnPositions.ts';
import { forgetDropped } from './droppedFiles.ts';
import { newGate } from './gate.ts';
import { graphCommands } from './graphCommands.ts';
import { discardRun, interruptedRuns, newKeeper, type RunKeeper } from './keeper.ts';
import { newLeftovers } from './leftovers.ts';
import { modelCommands } from './modelCommands.ts';
import { type Going, observe } from './observe.ts';
import { heldByPage, pageJob } from './pageJob.ts';
import type { GraphView, StreamMessage, TrainerApi } from './protocol.ts';
import { NO_STORAGE, openStorage, type Storage } from './storage.ts';
import type { TrainedModel } from './trainedModel.ts';
import { newTurns } from './turns.ts';
import { datasetInfo, forecastView, graphView } from './views.ts';

/** The trainer worker: holds the current graph and the one run that goes on, and does what the page asks. */

let stream: MessagePort | null = null;
let backend: Backend = { kind: 'cpu' };
let device: DeviceInfo = CPU;
let timestamps = false;
/** Of the device; asking an adapter each time would take longer than planning. */
let limits: Limits | null = null;
let storage: Storage = NO_STORAGE;
/** `place` is the store that it lies in, if any. */
let current: (LoadedGraph & { readonly drawn: boolean; readonly place: Place | null }) | null = null;
let run: Going | null = null;
/** Of the last run, until the page says that its record is kept. */
let unrecorded: RunKeeper | null = null;
/** Bytes that the page holds beside a run. */
let beside = 0;
/** Aborts the benchmark that goes on. */
let benching: AbortController | null = null;
/** Aborts the load that goes on. */
let loading: AbortController | null = null;
/** Aborts forecasts that probe a stored graph: a run has begun. */
let forecasting = new AbortController();
/** Counts forecasts and runs: a rehearsal in the background gives way to whatever comes. */
let turn = 0;
const chunkWatch = newChunkWatch();
/** Of an edited graph: each takes the memory of one, so neither another nor a run goes on beside it. */
const predicting = newTurns();

const post = (message: StreamMessage) => stream?.postMessage(message);
const left = newLeftovers((kept) => post({ type: 'kept', kept }));
const progress: Progress = (about) => post({ type: 'progress', ...about });

const api: TrainerApi = {
  async open(port, processor) {
    stream = port;
    const finding = 'gpu' in navigator && !processor ? findAdapter(navigator.gpu) : null;
    storage = await openStorage((left) => {
      storage = left;
      post({ type: 'storage', noStorage: left.noStorage, storageNote: left.storageNote });
    });
    for (const [, store] of present(storage.places)) await sweepTemporary(store).catch(() => {});
    const adapter = await finding;
    const about = deviceView(adapter, processor);
    if (adapter) {
      ({ info: device, timestamps } = about);
      const { indexeddb } = storage.places;
      const tilings = indexeddb ? storedTilings(indexeddb) : memoryTilings();
      // A software adapter takes seconds to compile the tiles: the first epoch would wait for longer than they save.
      backend = { kind: 'webgpu', gpu: navigator.gpu, ...(device.software ? {} : { tilings }) };
      limits = adapterLimits(adapter);
    }
    const { noStorage, storageNote } = storage;
    return { ...about, noStorage, storageNote };
  },

  datasets: () => listDatasets(storage.places),

  downloadSizes,

  load: (id, config, ordering) =>
    makeCurrent((signal) => loadDataset(id, config, ordering, storage.places, progress, signal)),

  preview: (files, choices, config) =>
    alone((signal) => previewGraph(files, choices, config, storage.places, progress, signal)),

  closePreview: forgetDropped,

  drop: (files, choices, ordering) =>
    makeCurrent((signal) => dropGraph(files, choices, ordering, storage.places, progress, signal)),

  cancelLoad() {
    loading?.abort();
  },

  async remove(id) {
    refuseWhileBusy();
    await removeDataset(id, storage.places);
  },

  async forecast(config) {
    turn++;
    const { graph } = loaded();
    return forecastView(graph, config, await planOf(config));
  },

  speed: (config) =>
    alone(async (signal) => {
      turn++;
      const { speedView } = await import('./speedView.ts');
      const job = await openJob(config);
      progress({ task: 'Trying how fast it trains', done: 0, total: null, unit: 'nodes' });
      return speedView({ ...job, signal, openBatchSource: samplerWorkers(storage, loaded()) });
    }),

  async rehearse(config) {
    const mine = ++turn;
    const { graph, backend, instruments, config: asked } = jobOf(config);
    const options = { backend: backend.kind, limits: await deviceLimits(), instruments };
    for (const _ of rehearseLadder(graph, asked, options)) {
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== turn) return;
    }
  },

  interrupted: () => interruptedRuns(storage.places.indexeddb),

  discard: (slot) => discardRun(storage.places.indexeddb, slot),

  async train(request) {
    refuseWhileBusy();
    turn++;
    const { graph, fingerprint, drawn } = loaded();
    const gate = newGate(request.paused, (paused) => post({ type: 'paused', run: request.run, paused }));
    forecasting.abort(new InputError('A run has begun: the forecast is made again when it has ended.'));
    forecasting = new AbortController();
    const mine: Going = { graph, drawn, gate, changes: {}, opened: null, fit: null, predictions: null, profile: false };
    run = mine;
    let keeper: RunKeeper | null = null;
    /** A run without an epoch has nothing to go on with; what failed can go on where it was kept. */
    let over = false;
    left.letGo();
    let model: TrainedModel | null = null;
    try {
      await predicting.rest();
      // Where nobody kept its record, it is offered again.
      await unrecorded?.close(false);
      unrecorded = null;
      const job = await openJob(request.config);
      keeper = await newKeeper(storage.places.indexeddb, loaded(), request, post);
      const { weights, ...ran } = await train({
        ...job,
        ...observe(request, mine, post),
        openBatchSource: chunkWatch.over(samplerWorkers(storage, loaded()), (chunks) =>
          post({ type: 'chunks', run: request.run, chunks }),
        ),
        ...keeper.job,
      });
      // A run that went on elsewhere has told which adapter there is now.
      if (ran.device !== device && backend.kind === 'webgpu') [device, limits] = [ran.device, null];
      const dataset = datasetInfo(graph, fingerprint);
      const { curveHash } = ran.result;
      model = trained({ run: { engine: ENGINE_VERSION, curveHash }, weights }, { ...request.config, ...ran.fitted });
      [unrecorded, keeper] = [keeper, null];
      return { schema: RUN_SCHEMA, engine: ENGINE_VERSION, config: request.config, dataset, ...ran };
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      over = true;
      return null;
    } finally {
      await keeper?.close(over);
      left.keep({ model, predictions: mine.predictions });
      run = null;
      post({ type: 'ended', run: request.run });
    }
  },

  beside(bytes) {
    beside = bytes;
  },

  async recorded() {
    const keeper = unrecorded;
    unrecorded = null;
    // A run that is asked for meanwhile begins when it is written.
    if (keeper) await predicting.take(() => keeper.recorded(left.model));
  },

  control(command) {
    run?.gate.command(command);
  },

  async change(values) {
    if (!run) return false;
    run.changes = { ...run.changes, ...values };
    const { graph, fit } = run;
    if (!fit) return false;
    const { config } = fit.forecast;
    return mayOutgrow(graph, fit, { ...config, ...values });
  },

  loseDevice() {
    run?.opened?.lose();
  },

  async dispatches(config) {
    const shown = run?.fit ?? (await planOf(config));
    const { planDetails } = await import('../device/details.ts');
    return planDetails(shown.forecast.plan, workgroupSize(device));
  },

  watchChunks: chunkWatch.look,

  profile() {
    if (run) run.profile = true;
  },

  async benchmark(request) {
    refuseWhileBusy();
    turn++;
    benching = new AbortController();
    const { signal } = benching;
    try {
      await predicting.rest();
      await openJob(request.config);
      const { benchmark } = await import('./benchmark.ts');
      const job = (config: Config) => ({
        ...jobOf(config),
        instruments: {},
        openBatchSource: samplerWorkers(storage, loaded()),
      });
      return await benchmark(request, { backend, job, signal, loaded, post });
    } finally {
      benching = null;
    }
  },

  cancelBenchmark() {
    benching?.abort();
  },

  ...graphCommands({
    here() {
      const { place, ...about } = loaded();
      return { ...about, store: place ? storage.places[place] : undefined };
    },
    predictions: () => (run ?? left).predictions,
    alone,
    progress,
  }),

  ...modelCommands({
    left,
    here: loaded,
    store: () => storage.places.indexeddb,
    trained,
    held: (config) => heldByPage({ ...loaded(), beside }, config),
    refuseWhileBusy,
    alone,
    turns: predicting,
  }),
};

function loaded() {
  if (!current) throw new InputError('There is no graph yet: choose a dataset or drop files.');
  return current;
}

/** One thing at a time: a graph is never exchanged under a run. */
function refuseWhileBusy(): void {
  if (run) throw new InputError('A run is going on: stop it first.');
  if (loading) throw new InputError('A graph is being loaded: wait for it, or cancel it.');
  if (benching) throw new InputError('A benchmark is going on: wait for it, or cancel it.');
}

function makeCurrent(load: (signal: AbortSignal) => Promise<LoadedGraph>): Promise<GraphView> {
  return alone(async (signal) => {
    const next = await load(signal);
    return view(next, await placeOf(storage.places, next.id));
  });
}

/** While no run and no other load goes on; can be given up. */
async function alone<T>(load: (signal: AbortSignal) => Promise<T>): Promise<T> {
  refuseWhileBusy();
  loading = new AbortController();
  const { signal } = loading;
  try {
    await predicting.rest();
    return await load(signal);
  } finally {
    loading = null;
    post({ type: 'idle' });
  }
}

async function view(next: LoadedGraph, place: Place | null): Promise<GraphView> {
  const positions = await drawnPositions(next.graph, progress);
  current = { ...next, drawn: positions !== null, place };
  left.letGo();
  return graphView(next, positions);
}

async function deviceLimits(): Promise<Limits> {
  limits ??= (await findTarget(backend)).limits;
  return limits;
}

/** The plan that a run with this configuration would have. A run that goes on leaves no memory to probe a stored graph. */
async function planOf(config: Config) {
  const job = jobOf(config);
  checkTrainable(job.graph, config);
  const target = { limits: await deviceLimits() };
  return run ? fitJob(job, target) : planJob({ ...job, signal: forecasting.signal }, target);
}

/** What a run on the current graph is asked to do. */
function jobOf(asked: Config) {
  const { places } = storage;
  return pageJob({ ...loaded(), places, backend, timestamps, beside }, asked);
}

/** The same, for what begins now: where the store for it cannot be opened any more, another one is chosen. */
async function openJob(asked: Config) {
  const job = jobOf(asked);
  return job.store && !(await canKeep(job.store)) ? jobOf(asked) : job;
}

/** What such a run leaves. */
function trained(about: Pick<TrainedModel, 'run' | 'weights'>, fitted: Config): TrainedModel {
  return { ...about, job: jobOf(fitted), software: device.software };
}

expose(api);
