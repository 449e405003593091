import { rename, writeFile } from 'node:fs/promises';
import { diffConfigs, formatValue } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { type Config, entryOf } from '../config/schema.ts';
import type { DatasetInfo } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ResumePoint } from '../train/checkpoint.ts';
import { type CheckpointFile, decodeCheckpoint, encodeCheckpoint } from '../train/checkpointFile.ts';
import type { Instruments } from '../train/forecast.ts';
import type { Job } from '../train/job.ts';
import type { Invocation } from './args.ts';
import { readOne } from './data.ts';
import { warn } from './output.ts';
import type { Prepared } from './prepare.ts';
import { checkFilePlace } from './saved.ts';

/** The file of `edgewise train --checkpoint` and `--resume`. */

/** What a run that keeps checkpoints carries. */
export const keepingInstruments = (config: Config): Instruments => ({
  checkpoints: true,
  keptCheckpoints: config['training.checkpointEvery'] > 0,
});

/** Milliseconds from one checkpoint to the next, at the least: a run whose epochs take one spends its time on training. */
const BETWEEN_MS = 500;

/** What is known of a checkpoint once its state was handed over. */
export interface ReadCheckpoint extends Pick<CheckpointFile, 'config' | 'dataset' | 'source'> {
  /** Of the file. */
  readonly bytes: number;
  /** That are behind it. */
  readonly epochs: number;
  /** Once: afterwards the state is the run's alone, which frees it. */
  handOver(): ResumePoint;
}

/** @throws InputError where it is no whole checkpoint of this version */
export function readCheckpoint(path: string): ReadCheckpoint {
  const bytes = readOne(path);
  const file = decodeCheckpoint(bytes, path);
  if (file.engine !== ENGINE_VERSION) {
    throw new InputError(
      `--resume ${path}: Edgewise ${file.engine} wrote it, and ${ENGINE_VERSION} may compute other bits: go on with that one, or train anew.`,
    );
  }
  let point: ResumePoint | null = file.point;
  const epochs = point.epochs.length;
  const { config, dataset, source } = file;
  const handOver = () => {
    const given = point!;
    point = null;
    return given;
  };
  return { config, dataset, source, bytes: bytes.length, epochs, handOver };
}

/** @throws InputError where another run is asked for than the one that was interrupted; where things lie may change */
export function checkSameSettings(path: string, { config }: Pick<ReadCheckpoint, 'config'>, asked: Config): void {
  const changed = diffConfigs(config, asked).find(({ key }) => !entryOf(key).local);
  if (!changed) return;
  const { key, before, after } = changed;
  throw new InputError(
    `--resume ${path}: ${key} is ${formatValue(key, before)} there, not ${formatValue(key, after)}: leave it out, or train anew without --resume.`,
  );
}

/**
 * What `--checkpoint` and `--resume` add to a job; nothing where neither is given.
 *
 * @throws InputError where the graph is not that of the checkpoint, or no checkpoint could be kept
 */
export function keepingOf(
  { checkpoint, resume: from }: Invocation,
  { config, data, resume }: Prepared,
  dataset: DatasetInfo,
): Pick<Job, 'instruments' | 'checkpointMs' | 'resume' | 'keptBytes' | 'onCheckpoint'> {
  if (resume && resume.dataset.fingerprint !== dataset.fingerprint) {
    const { name, nodes } = resume.dataset;
    throw new InputError(
      `--resume ${from}: ${dataset.name} is not the graph that this run was trained on (${name}, ${nodes} nodes): name that one with --data, and read it with the same options.`,
    );
  }
  const path = checkpoint ?? from;
  if (path === undefined) return {};
  checkFilePlace(checkpoint === undefined ? '--resume' : '--checkpoint', path);
  if (checkpoint !== undefined && config['training.checkpointEvery'] === 0) {
    throw new InputError('--checkpoint: training.checkpointEvery is 0, which keeps nothing: set it to 1 or more.');
  }
  return {
    instruments: keepingInstruments(config),
    checkpointMs: BETWEEN_MS,
    resume: resume?.handOver,
    // Another file than that of the run so far is not this run's to count.
    keptBytes: resume && path === from ? resume.bytes : 0,
    onCheckpoint: keepIn(path, path === from ? (resume?.bytes ?? 0) : 0, {
      engine: ENGINE_VERSION,
      config,
      dataset,
      source: data,
    }),
  };
}

/**
 * Keeps every checkpoint in this file, the newest in place of the one before; warns once where it cannot.
 *
 * @param before bytes of what this run kept there already
 */
function keepIn(path: string, before: number, identity: Omit<CheckpointFile, 'point'>): Job['onCheckpoint'] {
  const half = `${path}.part`;
  let failed = false;
  /** Bytes of the file as it is. */
  let kept = before;
  return async (point, { host, disk }) => {
    if (failed) return;
    let held = 0;
    try {
      const bytes = encodeCheckpoint({ ...identity, point });
      held = bytes.length;
      host.add('checkpoint', held);
      disk.add('checkpoint', held);
      await writeFile(half, bytes);
      await rename(half, path);
      disk.remove('checkpoint', kept);
      kept = held;
    } catch (error) {
      failed = true;
      warn(
        `--checkpoint ${path}: cannot be written (${(error as NodeJS.ErrnoException).code}); the run goes on without.`,
      );
    } finally {
      host.remove('checkpoint', held);
    }
  };
}
