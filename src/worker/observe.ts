import type { Config } from '../config/schema.ts';
import type { MemoryBytes } from '../run/record.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import type { Fit } from '../train/fit.ts';
import type { Control, Observer, Opened } from '../train/job.ts';
import type { Predictions } from '../train/predictions.ts';
import type { Gate } from './gate.ts';
import type { MemoryView, StreamMessage, TrainRequest } from './protocol.ts';
import { forecastView, stepsPerEpoch } from './views.ts';

/** The run that goes on. */
export interface Going {
  readonly graph: AnyGraph;
  readonly drawn: boolean;
  readonly gate: Gate;
  /** Asked for and not yet taken. */
  changes: Partial<Config>;
  opened: Opened | null;
  fit: Fit | null;
  /** As they were last read. */
  predictions: Predictions | null;
  /** The next epoch is to be timed kernel by kernel. */
  profile: boolean;
}

/** Steps are told, and later on predictions are read back, at most this often. */
const BETWEEN_MS = 250;
/** The loss within an epoch is read at most this often, and an epoch tells of itself from this age on. */
const WITHIN_MS = 2000;
/** Predictions change most at first: there they are read back whenever the training has become older by a twentieth. */
const EARLY = 20;

const NOTHING: MemoryBytes = { gpu: 0, host: 0, disk: 0 };

/** What the engine tells, passed on to the page; how the page steers, passed on to the engine. */
export function observe(
  { run: id, config: asked, events }: TrainRequest,
  mine: Going,
  post: (message: StreamMessage) => void,
): Observer & { readonly control: Control; readonly events: TrainRequest['events'] } {
  const { graph, drawn, gate } = mine;
  let memory: MemoryView = { ...NOTHING, peak: NOTHING, purposes: {} };
  let predicted = 0;
  /** When the first epoch was done. */
  let begun: number | null = null;
  let told = 0;
  /** As it is now, with the changes so far. */
  let config = asked;
  /** The epoch that is going on: steps behind it, when its loss was read last, and what that was; null until its first step. */
  let within: { readonly epoch: number; readonly behind: number; read: number; loss: number | null } | null = null;
  const view = (fit: Fit) => forecastView(graph, fit.asked, fit);
  const replace = (fit: Fit) => {
    mine.fit = fit;
    config = fit.forecast.config;
  };
  return {
    events,
    control: {
      ready: gate.ready,
      stopping: gate.stopping,
      pausing: gate.pausing,
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
      wantsLoss() {
        const now = performance.now();
        if (!within || now - within.read < WITHIN_MS) return false;
        within.read = now;
        return true;
      },
      wantsPredictions: (last) => {
        const now = performance.now();
        begun ??= now;
        return drawn && (last || now - predicted > Math.min(BETWEEN_MS, (now - begun) / EARLY));
      },
    },
    onStart: (fit, device) => {
      replace(fit);
      post({ type: 'started', run: id, device, forecast: view(fit) });
    },
    onOpen: (opened) => {
      mine.opened = opened;
      within = null;
    },
    onMemory: (held) => {
      memory = held;
      post({ type: 'memory', run: id, memory });
    },
    onStep: (steps, { epoch, ms, sampleMs, readMs }) => {
      const now = performance.now();
      within ??= { epoch, behind: steps, read: now, loss: null };
      if (now - told < BETWEEN_MS) return;
      told = now;
      const sampled = config['sampling.strategy'] !== 'full';
      const waiting = sampled && ms >= WITHIN_MS ? (sampleMs + readMs) / ms : null;
      const { behind, loss } = within;
      const [step, of] = [steps - behind + 1, stepsPerEpoch(graph, config)];
      post({ type: 'step', run: id, within: { step, of, waiting, loss } });
    },
    onRunningLoss: (epoch, loss) => {
      // It may come when its epoch is over.
      if (within?.epoch === epoch) within.loss = loss;
    },
    onEpoch: (epoch) => {
      within = null;
      post({ type: 'epoch', run: id, epoch, memory });
    },
    onEvent: (event) => {
      config = { ...config, [event.key]: event.value };
      post({ type: 'event', run: id, event });
    },
    onReplan: (fit) => {
      replace(fit);
      post({ type: 'replanned', run: id, forecast: view(fit) });
    },
    onRecover: (epoch, reason, device) => post({ type: 'recovered', run: id, epoch, reason, device }),
    onPredictions: (epoch, predictions) => {
      predicted = performance.now();
      mine.predictions = predictions;
      const { classes, confidence } = predictions;
      post({ type: 'predictions', run: id, epoch, classes, confidence });
    },
    onProfile: (epoch, times) => post({ type: 'profile', run: id, epoch, times }),
  };
}
