import { InputError } from '../config/errors.ts';
import { CONFIG_KEYS, type Config, entryOf } from '../config/schema.ts';
import type { HostArray } from '../device/executor.ts';
import type { DeviceInfo, Interruption, RunEvent } from '../run/record.ts';
import { ADAM_CLOCK, clockAfter } from '../tensor/ops/optimizer.ts';
import { evaluate, type Value } from '../tensor/value.ts';
import type { Progress } from './epochs.ts';
import type { Job } from './job.ts';
import type { TrainingProgram } from './program.ts';
import type { Run } from './run.ts';

/**
 * Everything that a run needs to go on elsewhere, at the end of an epoch: on a new device after one was lost, or in another
 * plan after a change by hand. What follows is the same, bit for bit, because the random numbers depend on the step alone.
 */
export interface Checkpoint extends Readonly<Progress> {
  /** Every value that a routine updates in place, by name: parameters, moments, the best parameters. */
  readonly values: ReadonlyMap<string, HostArray>;
}

/** A checkpoint with what another process needs beside the job itself: bit for bit the same run goes on from it. */
export interface ResumePoint extends Checkpoint {
  /** What was changed by hand so far, and what of a replay is still to come. */
  readonly events: readonly RunEvent[];
  /** What the plan was made for: the configuration as it was then. */
  readonly planned: Config;
  /** How often the device had refused a plan; see RunRecord. */
  readonly refusals: number;
  readonly device: DeviceInfo;
  /** Earlier interruptions of the same run. */
  readonly resumed: readonly Interruption[];
}

/**
 * Puts the state of an earlier process where the run has its own, so that nothing else holds it when a newer one takes its place.
 * What remains says how the run went so far; null where it begins.
 */
export function takeOver(
  { resume }: Pick<Job, 'resume'>,
  into: { checkpoint: Checkpoint | null },
): Omit<ResumePoint, 'values'> | null {
  if (!resume) return null;
  const { values, ...told } = resume();
  into.checkpoint = { values, steps: told.steps, epochs: told.epochs, best: told.best };
  return told;
}

/**
 * @throws InputError where a checkpoint that came from outside does not hold what the plan needs: the settings, which were compared,
 *   say what a run has, so only a file that somebody made has anything else
 */
export function checkState({ parameters, program }: TrainingProgram, { values }: Checkpoint): void {
  const missing = parameters.find(({ value }) => !values.has(value.name));
  const wrong = stateOf({ program }).find(({ name, rows, cols, dtype }) => {
    const saved = values.get(name);
    const array = dtype === 'u32' ? Uint32Array : Float32Array;
    return saved && !(saved instanceof array && saved.length === evaluate(rows, {}) * cols);
  });
  const name = missing?.value.name ?? wrong?.name;
  if (name !== undefined) {
    throw new InputError(`the checkpoint has no ${name} of the shape that these settings give it: train anew.`);
  }
}

/** What the run had planned for, with what only says where things lie here and now. */
export function plannedAs({ planned }: Pick<ResumePoint, 'planned'>, config: Config): Config {
  const local = CONFIG_KEYS.filter((key) => entryOf(key).local);
  return { ...planned, ...Object.fromEntries(local.map((key) => [key, config[key]])) };
}

/** What lives from epoch to epoch on the device and was not put there by the host. */
export function stateOf({ program }: Pick<TrainingProgram, 'program'>): Value[] {
  return [...new Set(program.graph.nodes.flatMap(({ updates }) => updates))];
}

/** Host bytes of a checkpoint's values. */
export function checkpointBytes(training: TrainingProgram): number {
  return stateOf(training).reduce((sum, { rows, cols }) => sum + 4 * evaluate(rows, {}) * cols, 0);
}

/** Reads a checkpoint of the epochs so far; the earlier one, if any, is given up when it is complete. */
export async function takeCheckpoint(run: Run, progress: Progress, earlier: Checkpoint | null): Promise<Checkpoint> {
  const { executor, fit, context } = run;
  const bytes = checkpointBytes(fit.forecast.training);
  context.host.add('checkpoint', bytes);
  const values = new Map<string, HostArray>();
  for (const value of stateOf(fit.forecast.training)) values.set(value.name, await executor.read(value));
  if (earlier) context.host.remove('checkpoint', bytes);
  return { steps: progress.steps, epochs: [...progress.epochs], best: progress.best, values };
}

/**
 * Puts a state onto a device; another plan may have values that this one lacks, which start from zero there. But Adam's clock, which a
 * plan has only where steps may be skipped.
 */
export function writeCheckpoint(
  { executor, context, fit }: Pick<Run, 'executor' | 'context' | 'fit'>,
  from: Checkpoint,
) {
  for (const value of stateOf(fit.forecast.training)) {
    const saved = from.values.get(value.name);
    if (saved) executor.write(value, saved);
    else if (value.name === ADAM_CLOCK) executor.write(value, clockAfter(from.steps));
  }
  context.host.add('checkpoint', checkpointBytes(fit.forecast.training));
  context.steps = from.steps;
}

/** What has happened, as of the checkpoint; from the beginning where there is none. */
export function rollBack(progress: Progress, checkpoint: Checkpoint | null): void {
  progress.epochs = [...(checkpoint?.epochs ?? [])];
  progress.best = checkpoint?.best ?? null;
  progress.steps = checkpoint?.steps ?? 0;
}
