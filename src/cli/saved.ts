import { accessSync, constants, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../config/errors.ts';
import type { Weights } from '../model/stored.ts';
import { readWeights, writeWeights } from '../model/weightsFile.ts';
import { decodeRecord, encodeRecord } from '../run/codec.ts';
import type { RunRecord } from '../run/record.ts';
import { readOne } from './data.ts';

/** A saved run: a folder with run.json and weights.safetensors. */

const RECORD = 'run.json';
const WEIGHTS = 'weights.safetensors';

/** Makes the folder before the run, so that a wrong path does not cost a training. */
export function makeRunFolder(folder: string): void {
  try {
    // One level at a time: Node's own recursion never ends below /proc.
    const missing: string[] = [];
    for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path);
    for (const path of missing) mkdirSync(path);
    accessSync(folder, constants.W_OK);
    for (const name of [RECORD, WEIGHTS]) {
      if (statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory()) {
        throw new InputError(`--out ${folder}: ${name} is a folder there; name another place.`);
      }
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `--out ${folder}: cannot be made (${(error as NodeJS.ErrnoException).code}); name a folder that can.`,
    );
  }
}

export function saveRun(folder: string, record: RunRecord, weights: ReadonlyMap<string, Weights>): void {
  // The weights first: a folder with a run.json is a whole run.
  const { engine, result } = record;
  writeWhole(join(folder, WEIGHTS), writeWeights(weights, { engine, curveHash: result.curveHash }));
  writeWhole(join(folder, RECORD), `${encodeRecord(record)}\n`);
}

/** Whether a file can be written there: before the run, so that a wrong path does not cost a training. */
export function checkFilePlace(option: string, path: string): void {
  const advice = 'name a file in a folder that can be written to.';
  try {
    accessSync(dirname(path), constants.W_OK);
    // Renamed into place: a device or a pipe would be replaced by the file.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      throw new InputError(`${option} ${path}: is no regular file; ${advice}`);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${option} ${path}: cannot be written (${(error as NodeJS.ErrnoException).code}); ${advice}`);
  }
}

/** Renamed into place: what is there is never half a file. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** The record alone, of a folder or of a run.json. */
export function readRecord(path: string): RunRecord {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, RECORD) : path;
  return decodeRecord(new TextDecoder().decode(readOne(file)), file);
}

export interface SavedRun {
  readonly record: RunRecord;
  readonly weights: ReadonlyMap<string, Weights>;
}

/** Reads a folder that `saveRun` wrote; InputError names the file that is missing or wrong. */
export function readRun(folder: string): SavedRun {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`${folder}: not a folder; name the one that edgewise train --out wrote.`);
  }
  const weightsPath = join(folder, WEIGHTS);
  const record = readRecord(folder);
  const { weights, curveHash } = readWeights(readOne(weightsPath), weightsPath);
  if (curveHash !== record.result.curveHash) {
    throw new InputError(`${weightsPath}: belongs to another run than ${RECORD} beside it; train again.`);
  }
  return { record, weights };
}
