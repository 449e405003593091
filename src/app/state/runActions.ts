import type { Config } from '../../config/schema.ts';
import type { RunEvent } from '../../run/record.ts';
import type { StreamMessage } from '../../worker/protocol.ts';
import { type KeptRun, keepRun, recordedSlots } from '../runs/keptRuns.ts';
import { refreshDatasets } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { ofKind, replan } from './planActions.ts';
import { advance, conclude, isActive, newRun } from './run.ts';
import { get, isBusy, set, tell, tellError } from './store.ts';

/** Starting, steering and ending runs, and what their stream says. */

export interface RunRequest {
  readonly config: Config;
  readonly events?: readonly RunEvent[];
  readonly paused?: boolean;
  /** The interrupted run that it goes on with. */
  readonly resume?: string | null;
}

/** Resolves with the kept run; null where it failed, or was stopped before its first epoch. */
export async function startRun({
  config,
  events = [],
  paused = false,
  resume = null,
}: RunRequest): Promise<KeptRun | null> {
  const { graph, run, kept } = get();
  if (!graph || isBusy(get())) return null;
  const id = Math.max(0, run?.id ?? 0, ...kept.map((other) => other.id)) + 1;
  const slot = resume ?? crypto.randomUUID();
  set({ run: newRun(id, config, graph.id), notice: null });
  try {
    const ended = new Promise<void>((resolve) => {
      toldEnd = resolve;
    });
    const record = await answered(trainer.train({ run: id, config, events, paused, slot, resume: resume !== null }));
    await answered(ended);
    if (!record) {
      set({ run: null });
      return null;
    }
    const done: KeptRun = { id, at: Date.now(), datasetId: graph.id, catalogueId: graph.catalogueId, slot, record };
    const stored = await keepRun(done).then(
      (as) => {
        // From here on its checkpoint is not needed; where the page is closed before that is gone, the next visit finds the record.
        void answered(trainer.recorded())
          .catch((error) => tellModelLost(as.id, error))
          .then(refreshModels);
        return as;
      },
      (error) => {
        tellError(error);
        return done;
      },
    );
    const mine = get().run;
    set({ kept: [...get().kept, stored], run: mine && conclude(mine, record, stored.id) });
    return stored;
  } catch (error) {
    flush();
    const failed = get().run;
    set({ run: failed && failed.epochs.length > 0 ? { ...failed, status: 'failed' } : null });
    tellError(error);
    await refreshInterrupted();
    return null;
  } finally {
    replan();
    // A sampled run may have put a copy of its graph into the store.
    refreshDatasets().catch(tellError);
  }
}

/** What can go on is a convenience: a page that cannot find it out does without. */
export async function refreshInterrupted(): Promise<void> {
  const found = await answered(trainer.interrupted()).catch(() => []);
  const recorded = await recordedSlots().catch(() => new Set<string>());
  for (const { slot } of found) if (recorded.has(slot)) await answered(trainer.discard(slot)).catch(tellError);
  set({ interrupted: found.filter(({ slot }) => !recorded.has(slot)) });
}

/** Of every run whose model is kept. */
export async function refreshModels(): Promise<void> {
  set({ models: await answered(trainer.models()).catch(() => []) });
}

/** It may come when the next seed of a series trains already. */
function tellModelLost(id: number, { message }: Error): void {
  const why = message.replace(/\.$/, '');
  tell('info', `Run ${id} is kept, but its model is not (${why}): its weights can be saved until another run begins.`);
}

/** One button: starts, pauses, goes on. */
export function playOrPause(): void {
  const { run, config } = get();
  if (!isActive(run)) void startRun({ config });
  else void trainer.control(run.status === 'paused' ? 'play' : 'pause');
}

/** One epoch; starts a run that waits after it where none is going on. */
export function stepOnce(): void {
  const { run, config } = get();
  if (!isActive(run)) void startRun({ config, paused: true });
  void trainer.control('step');
}

/** Ends the run, and the series that it may be one of; what it has is kept. */
export function stop(): void {
  set({ series: null });
  void trainer.control('stop');
}

/** Back to an untrained model. */
export async function reset(): Promise<void> {
  if (isActive(get().run)) stop();
  await idle();
  set({ run: null, answer: null });
}

/** The same run without the graph, with the one that is there drawn over it. */
export async function runWithoutGraph(): Promise<void> {
  const { graph, config, preset, kept } = get();
  const beside = kept.findLast(
    ({ datasetId, record, openedFrom }) =>
      datasetId === graph?.id && record.config['model.kind'] !== 'mlp' && openedFrom === undefined,
  );
  if (beside) set({ overlaid: [...new Set([...get().overlaid, beside.id])] });
  await startRun({ config: ofKind('mlp', config, preset, graph).config });
}

/** Resolves when no run is going on. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    const check = () => (isActive(get().run) ? setTimeout(check, 20) : resolve());
    check();
  });
}

type RunMessage = Extract<StreamMessage, { run: number }>;

/** The page is drawn at most four times a second while a run goes on; what somebody waits for is shown at once. */
const FLUSH_MS = 250;
const AT_ONCE: ReadonlySet<StreamMessage['type']> = new Set([
  'started',
  'resumed',
  'paused',
  'replanned',
  'recovered',
  'ended',
]);
let waiting: RunMessage[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;
/** Settles once the stream has said all about the run. */
let toldEnd = () => {};

export function receive(message: StreamMessage): void {
  if (message.type === 'progress' || message.type === 'idle') {
    set({ progress: message.type === 'idle' ? null : message });
    return;
  }
  if (message.type === 'kept') {
    set({ keptBytes: message.kept });
    return;
  }
  if (message.type === 'storage') {
    const { type: _, ...about } = message;
    const { device } = get();
    if (device) set({ device: { ...device, ...about } });
    return;
  }
  if (message.type === 'unkept') {
    tell('info', `This run goes on, but closing the page would lose it (${message.reason.replace(/\.$/, '')}).`);
    return;
  }
  if (message.type === 'benchmark') {
    const { benchmark } = get();
    if (benchmark) set({ benchmark: { ...benchmark, ...message } });
    return;
  }
  waiting.push(message);
  const first = message.type === 'epoch' && get().run?.epochs.length === 0;
  if (first || AT_ONCE.has(message.type)) flush();
  else timer ??= setTimeout(flush, FLUSH_MS);
}

function flush(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const { run } = get();
  const mine = waiting.filter((message) => message.run === run?.id);
  waiting = [];
  if (run && mine.length > 0) set({ run: advance(run, mine) });
  if (mine.some(({ type }) => type === 'ended')) toldEnd();
}
