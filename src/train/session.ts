import type { COMPUTE } from '../config/computeEntries.ts';
import { differences } from '../config/describe.ts';
import { AllocationError, DeviceLostError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { newLedger } from '../device/ledger.ts';
import type { DeviceInfo, EpochRecord, Interruption, MemoryBytes, RunEvent, RunRecord } from '../run/record.ts';
import { newMeter } from '../store/meter.ts';
import { sigmoids, softmaxRows } from '../task/metrics.ts';
import type { Plan } from '../tensor/plan.ts';
import { checkTrainable } from './check.ts';
import {
  type Checkpoint,
  checkpointBytes,
  checkState,
  plannedAs,
  rollBack,
  takeCheckpoint,
  takeOver,
} from './checkpoint.ts';
import { beforeStep, currentConfig, outgrows, type Progress, runEpochs, Stopped } from './epochs.ts';
import { type Finished, finish } from './finish.ts';
import { type Fit, fitRun } from './fit.ts';
import { forecastRun, keptBytes } from './forecast.ts';
import { type Evaluating, evaluateNodes } from './hiddenValues.ts';
import type { Job } from './job.ts';
import { beforeWaiting, newKeeper } from './keeping.ts';
import { leavingBeside, type ProbePlace, withProbes } from './probe.ts';
import { newRecovery } from './recovery.ts';
import { checkStore, openRun, peakOf, type Run } from './run.ts';
import { newSteering } from './steering.ts';
import { type Backend, findTarget, type Target } from './target.ts';

export type { Backend, Job };

/** A run from beginning to end, on either backend: forecast, train, predict. */

export interface Trained extends Finished {
  readonly fitted: Partial<Config>;
  readonly device: DeviceInfo;
  /** What was changed by hand. */
  readonly events: readonly RunEvent[];
  readonly epochs: readonly EpochRecord[];
  readonly memory: RunRecord['memory'];
  /** Where it was interrupted; see run/record.ts. */
  readonly resumed?: readonly Interruption[];
}

/** What a plan depends on; a stored graph may be read for it. */
type Planned = Pick<Job, 'graph' | 'config' | 'backend' | 'fit' | 'instruments'> & ProbePlace;

/** The fit and its forecast, without running anything. Opens no device: an adapter tells its limits. */
export async function forecast(job: Planned): Promise<Fit & { readonly memory: MemoryBytes }> {
  const fit = await planJob(job, await findTarget(job.backend));
  return { ...fit, memory: fit.forecast.memory };
}

/** The same on a device whose limits are known, for whoever asks often. */
export function planJob(job: Planned, target: Pick<Target, 'limits'>): Promise<Fit> {
  return withProbes(job, () => fitJob(job, target));
}

/** The same, pure. Throws ProbeNeeded (see probe.ts). */
export function fitJob({ graph, config, backend, fit, instruments }: Planned, { limits }: Pick<Target, 'limits'>): Fit {
  return fitRun(graph, config, { backend: backend.kind, limits, instruments }, fit);
}

export type Passes = Partial<Pick<Config, keyof typeof COMPUTE>>;

/** The plan of a run that is planned already, with other passes: for the same batches, whatever the budgets are. */
export async function planWith(
  { graph, backend, instruments }: Pick<Planned, 'graph' | 'backend' | 'instruments'>,
  { forecast: { config, capacityFrom } }: Fit,
  passes: Passes,
): Promise<Plan> {
  const { limits } = await findTarget(backend);
  const options = { backend: backend.kind, limits, instruments, capacityFrom };
  return forecastRun(graph, { ...config, ...passes }, options).plan;
}

/** Where a job does not say how often checkpoints are taken. */
const CHECKPOINT_MS = 2000;

/**
 * Trains to the last epoch, or to where `control` stops it. A lost device, or a change by hand that outgrows the plan, ends
 * one stretch of the run; the next goes on from the checkpoint on a new device.
 *
 * @throws InputError before anything is opened where the job cannot run; DeviceError where the device fails (where it is lost,
 *   with how far the run came); Stopped where it was stopped before its first epoch was done
 */
export async function train(job: Job): Promise<Trained> {
  checkTrainable(job.graph, job.config);
  let target = await findTarget(job.backend);
  const probing = newMeter();
  probing.add(job.instruments?.beside ?? 0);
  const first = await planJob({ ...job, probing }, target);
  checkStore(job, first.forecast);
  job.onStart?.(first, target.device);
  const { checkpointMs = CHECKPOINT_MS } = job;
  const state: { checkpoint: Checkpoint | null } = { checkpoint: null };
  const resume = takeOver(job, state);
  const steering = newSteering(resume ? { ...job, events: resume.events } : job);
  const progress: Progress = { epochs: [], best: null, steps: 0 };
  let fit = first;
  const recover = newRecovery(job);
  const memory: { -readonly [K in keyof RunRecord['memory']]: RunRecord['memory'][K] } = {
    forecast: first.forecast.memory,
    peak: { ...NOTHING, host: probing.peak },
    ...(resume?.refusals ? { refusals: resume.refusals } : {}),
  };
  /** Bytes that a plan may take; 0 is what memory.gpuBudget says. */
  let room = resume?.refusals ? resume.planned['memory.gpuBudget'] : 0;
  const planFor = async (config: Config) => {
    fit = await planJob({ ...job, config, probing }, target);
    memory.forecast = largest(memory.forecast, fit.forecast.memory);
    memory.peak = largest(memory.peak, { ...NOTHING, host: probing.peak });
    job.onReplan?.(fit);
  };
  const replan = () => planFor(room ? { ...steering.config, 'memory.gpuBudget': room } : steering.config);
  const resumed = resume && [...resume.resumed, { epoch: resume.epochs.length, device: resume.device }];
  if (resume) {
    const planned = plannedAs(resume, job.config);
    if (Object.keys(differences(planned, job.config)).length > 0) await planFor(planned);
    checkState(fit.forecast.training, state.checkpoint!);
    rollBack(progress, state.checkpoint);
    steering.begin(progress.steps);
  }
  const disk = newLedger();
  disk.add('checkpoint', job.keptBytes ?? 0);
  const keeper = newKeeper(job, progress.epochs.length, () => ({
    events: steering.script,
    planned: fit.asked,
    refusals: memory.refusals ?? 0,
    device: target.device,
    resumed: resumed ?? [],
  }));

  /** What was changed by hand makes the files of checkpoints larger. */
  const foresee = () => {
    const { forecast } = fit;
    const bytes = (config: Config, events: number) =>
      keptBytes(forecast.training, config, job.instruments ?? {}, events);
    const { 'training.epochs': epochs } = steering.config;
    const planned = bytes(forecast.config, 0);
    const now = bytes({ ...forecast.config, 'training.epochs': epochs }, steering.script.length);
    const { gpu, host } = forecast.memory;
    const grown = { gpu, host: host + now.host - planned.host, disk: forecast.memory.disk + now.disk - planned.disk };
    memory.forecast = largest(memory.forecast, grown);
  };

  for (;;) {
    let run: Run | null = null;
    const end = async () => {
      await keeper.done();
      // What was still being written is counted, too.
      if (run) {
        memory.peak = largest(memory.peak, peakOf(run));
        foresee();
      }
      await run?.close();
      run = null;
    };
    try {
      const steered = beforeWaiting(job, async (at) => {
        // Within an epoch the last checkpoint is all there is: the epoch's batches come again.
        if (at === 'epoch' && progress.steps > (state.checkpoint?.steps ?? 0)) await save();
        await keeper.insist(state.checkpoint, place);
      });
      let before = beforeStep(steered, steering, () => stretch);
      const stretch = await openRun(job, target, fit, { before: (what) => before(what), ...state, disk });
      run = stretch;
      // The samplers and their caches are there now, too.
      stretch.tellMemory();
      const bytes = checkpointBytes(fit.forecast.training);
      const ledgers = { host: stretch.context.host, disk };
      const place = { ledgers, bytes, tellMemory: stretch.tellMemory };
      let saved = performance.now();
      const save = async () => {
        state.checkpoint = await takeCheckpoint(stretch, progress, state.checkpoint);
        saved = performance.now();
      };
      const afterEpoch = async () => {
        if (job.instruments?.checkpoints && performance.now() - saved >= checkpointMs) {
          await save();
          keeper.offer(state.checkpoint, place);
        }
        stretch.tellMemory();
      };
      const outcome = await runEpochs(steered, run, steering, progress, afterEpoch).catch((error) => {
        if (!(error instanceof Stopped) || progress.epochs.length === 0) throw error;
        steering.stop(progress.epochs.length, progress.steps);
        return 'done' as const;
      });
      if (outcome === 'done') {
        // What is left to read is read from a run that was stopped or paused, too.
        before = () => job.signal?.throwIfAborted();
        const finished = await finish(run, progress);
        await end();
        const { events } = steering;
        const fitted = memory.refusals ? differences(fit.forecast.config, job.config) : first.fitted;
        const { epochs } = progress;
        return { ...finished, fitted, device: target.device, events, epochs, memory, ...(resumed && { resumed }) };
      }
      state.checkpoint = await takeCheckpoint(run, progress, state.checkpoint);
      await end();
      // A probe may tell that the plan has room after all.
      const config = leavingBeside(currentConfig(fit, steering), job.instruments?.beside);
      if (await withProbes({ ...job, probing }, () => outgrows(job.graph, fit, config))) await replan();
    } catch (error) {
      // Plans are made where no run holds memory: they may have to probe.
      await end();
      const { refusals = 0 } = memory;
      if (error instanceof AllocationError && job.fit && refusals < MOST_REFUSALS) {
        memory.refusals = refusals + 1;
        room = Math.floor(fit.forecast.plan.bytes / 2);
        try {
          await replan();
        } catch {
          // There is no smaller setting.
          throw error;
        }
        continue;
      }
      if (!(error instanceof DeviceLostError)) throw error;
      const { limits } = target;
      target = await recover(error, progress, state.checkpoint);
      rollBack(progress, state.checkpoint);
      steering.rewind(progress.steps);
      // Another adapter may bind less: then the plan is made again.
      if (JSON.stringify(limits) !== JSON.stringify(target.limits)) await replan();
      job.onRecover?.(progress.epochs.length, error.message, target.device);
    }
  }
}

/** A device that refuses so many plans, each of half the bytes, is full of something else. */
const MOST_REFUSALS = 3;

const NOTHING: MemoryBytes = { gpu: 0, host: 0, disk: 0 };

function largest(a: MemoryBytes, b: MemoryBytes): MemoryBytes {
  return { gpu: Math.max(a.gpu, b.gpu), host: Math.max(a.host, b.host), disk: Math.max(a.disk, b.disk) };
}

export interface Predicted {
  /** Class probabilities of every node, nodes × classes; each by itself where nodes may have several. */
  readonly probabilities: Float32Array;
  /** The keys that were changed to stay inside memory.gpuBudget. */
  readonly fitted: Partial<Config>;
}

/** Probabilities from given weights, evaluated as the configuration says. */
export async function predict(job: Evaluating): Promise<Predicted> {
  const { values, fitted } = await evaluateNodes(job);
  const { classNames, labelSets } = job.graph;
  return { probabilities: labelSets ? sigmoids(values) : softmaxRows(values, classNames.length), fitted };
}
