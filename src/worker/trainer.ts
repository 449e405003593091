import { expose } from 'comlink';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { CPU } from '../device/cpu/executor.ts';
import { planDetails } from '../device/details.ts';
import { adapterLimits, describeAdapter, findAdapter } from '../device/webgpu/adapter.ts';
import { workgroupSize } from '../device/webgpu/pipelines.ts';
import { drawingEdges, drawingPositions } from '../graph/drawing.ts';
import { type DeviceInfo, RUN_SCHEMA } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { indexedDbStore } from '../store/indexedDb.ts';
import type { Limits } from '../tensor/plan.ts';
import { checkTrainable } from '../train/check.ts';
import { outgrows, Stopped } from '../train/epochs.ts';
import type { Fit } from '../train/fit.ts';
import type { Job, Opened } from '../train/job.ts';
import { type Backend, fitJob, train } from '../train/session.ts';
import { findTarget } from '../train/target.ts';
import { samplerWorker } from './batchSource.ts';
import { dropGraph, type LoadedGraph, listDatasets, loadDataset, removeDataset } from './datasets.ts';
import type { Progress } from './download.ts';
import { type Gate, newGate } from './gate.ts';
import type { GraphView, MemoryView, StreamMessage, TrainerApi, TrainRequest } from './protocol.ts';
import { datasetInfo, forecastView } from './views.ts';

/** The trainer worker: holds the current graph and the one run that goes on, and does what the page asks. */

const DATABASE = 'edgewise';
/** Predictions are read back, and steps told, at most this often. */
const BETWEEN_MS = 250;

let stream: MessagePort | null = null;
let backend: Backend = { kind: 'cpu' };
let device: DeviceInfo = CPU;
let timestamps = false;
/** Of the device; asking an adapter each time would take longer than planning. */
let limits: Limits | null = null;
let store: ChunkStore | null = null;
let current: (LoadedGraph & { readonly drawn: boolean }) | null = null;
/** The last plan that was made. */
let planned: Fit | null = null;
let run: Going | null = null;

/** The run that goes on. */
interface Going {
  readonly gate: Gate;
  /** Asked for and not yet taken. */
  changes: Partial<Config>;
  opened: Opened | null;
  fit: Fit | null;
  /** The next epoch is to be timed kernel by kernel. */
  profile: boolean;
}

const post = (message: StreamMessage) => stream?.postMessage(message);
const progress: Progress = (about) => post({ type: 'progress', ...about });

const api: TrainerApi = {
  async open(port) {
    stream = port;
    store = await indexedDbStore(DATABASE).catch(() => null);
    const adapter = 'gpu' in navigator ? await findAdapter(navigator.gpu) : null;
    if (!adapter) {
      const fallback =
        'gpu' in navigator
          ? 'This browser has WebGPU but found no graphics adapter for it.'
          : 'This browser has no WebGPU.';
      return { info: CPU, fallback, features: [], limits: {}, timestamps: true, storage: store !== null };
    }
    backend = { kind: 'webgpu', gpu: navigator.gpu };
    timestamps = adapter.features.has('timestamp-query');
    device = describeAdapter(adapter);
    return {
      info: device,
      fallback: null,
      features: [...adapter.features].sort(),
      limits: { ...adapterLimits(adapter) },
      timestamps,
      storage: store !== null,
    };
  },

  datasets: () => listDatasets(store),

  async load(id) {
    return makeCurrent(() => loadDataset(id, store, progress));
  },

  async drop(files) {
    return makeCurrent(() => dropGraph(files, store, progress));
  },

  async remove(id) {
    if (store) await removeDataset(id, store);
  },

  async forecast(config) {
    const { graph } = loaded();
    checkTrainable(graph, config);
    limits ??= (await findTarget(backend)).limits;
    const fit = fitJob(jobOf(config), { limits });
    planned = fit;
    return forecastView(graph, config, fit);
  },

  async train(request) {
    if (run) throw new InputError('A run is going on: stop it first.');
    const { graph, fingerprint } = loaded();
    const gate = newGate(request.paused, (paused) => post({ type: 'paused', run: request.run, paused }));
    const mine: Going = { gate, changes: {}, opened: null, fit: null, profile: false };
    run = mine;
    try {
      const { weights: _, ...trained } = await train({ ...jobOf(request.config), ...observers(request, mine) });
      const dataset = datasetInfo(graph, fingerprint);
      return { schema: RUN_SCHEMA, engine: ENGINE_VERSION, config: request.config, dataset, ...trained };
    } catch (error) {
      if (error instanceof Stopped) return null;
      throw error;
    } finally {
      run = null;
    }
  },

  control(command) {
    run?.gate.command(command);
  },

  async change(key, value) {
    if (!run) return false;
    run.changes = { ...run.changes, [key]: value };
    return run.fit !== null && outgrows(loaded().graph, run.fit, { ...run.fit.forecast.config, [key]: value });
  },

  loseDevice() {
    run?.opened?.lose();
  },

  async dispatches() {
    const shown = run?.fit ?? planned;
    return shown ? planDetails(shown.forecast.plan, workgroupSize(device)) : { dispatches: [], code: {} };
  },

  profile() {
    if (run) run.profile = true;
  },
};

function loaded() {
  if (!current) throw new InputError('There is no graph yet: choose a dataset or drop files.');
  return current;
}

async function makeCurrent(load: () => Promise<LoadedGraph>): Promise<GraphView> {
  try {
    return view(await load());
  } finally {
    post({ type: 'idle' });
  }
}

function view(next: LoadedGraph): GraphView {
  const { graph, id, catalogueId, fingerprint } = next;
  const onProgress = (done: number, total: number) =>
    progress({ task: 'Laying the graph out', done, total, unit: 'nodes' });
  const positions = drawingPositions(graph, { onProgress });
  current = { ...next, drawn: positions !== null };
  return {
    id,
    catalogueId,
    info: datasetInfo(graph, fingerprint),
    classNames: graph.classNames,
    labels: graph.labels,
    splits: graph.splits,
    positions,
    edges: positions && drawingEdges(graph),
    nodeIds: positions && graph.nodeIds,
    notes: graph.notes,
  };
}

/** What a run and its forecast have in common: so the forecast is that of the run. */
function jobOf(asked: Config) {
  const { graph } = loaded();
  const kept = asked['memory.store'];
  // The page has one kind of store; where the browser gives none, the graph stays in memory.
  const place = store && kept !== 'memory' ? 'indexeddb' : 'memory';
  const config: Config = { ...asked, 'memory.store': place };
  const instruments = { predictions: drawn(), checkpoints: true, timestamps };
  return { graph, config, backend, fit: true, instruments };
}

const drawn = () => current?.drawn ?? false;

/** What the engine tells, passed on to the page; how the page steers, passed on to the engine. */
function observers({ run: id, events }: TrainRequest, mine: Going) {
  const { graph } = loaded();
  let memory: MemoryView = { gpu: 0, host: 0, disk: 0, purposes: {} };
  let predicted = 0;
  let told = 0;
  const view = (fit: Fit) => forecastView(graph, fit.asked, fit);
  return {
    events,
    store: store ?? undefined,
    openBatchSource: samplerWorker(DATABASE, loaded()),
    control: {
      ready: mine.gate.ready,
      stopping: mine.gate.stopping,
      changes() {
        const taken = mine.changes;
        mine.changes = {};
        return taken;
      },
      wantsProfile() {
        const wanted = mine.profile;
        mine.profile = false;
        return wanted;
      },
      wantsPredictions: (last) => drawn() && (last || performance.now() - predicted > BETWEEN_MS),
    },
    onStep: (steps) => {
      if (performance.now() - told < BETWEEN_MS) return;
      told = performance.now();
      post({ type: 'step', run: id, steps });
    },
    onProfile: (epoch, times) => post({ type: 'profile', run: id, epoch, times }),
    onStart: (fit, device) => {
      mine.fit = fit;
      post({ type: 'started', run: id, device, forecast: view(fit) });
    },
    onOpen: (opened) => {
      mine.opened = opened;
    },
    onMemory: (held) => {
      memory = held;
      post({ type: 'memory', run: id, memory });
    },
    onEpoch: (epoch, steps) => post({ type: 'epoch', run: id, epoch, steps, memory }),
    onEvent: (event) => post({ type: 'event', run: id, event }),
    onReplan: (fit) => {
      mine.fit = fit;
      post({ type: 'replanned', run: id, forecast: view(fit) });
    },
    onRecover: (epoch, reason, device) => post({ type: 'recovered', run: id, epoch, reason, device }),
    onPredictions: (epoch, classes) => {
      predicted = performance.now();
      post({ type: 'predictions', run: id, epoch, classes });
    },
  } satisfies Partial<Job>;
}

expose(api);
