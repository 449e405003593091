import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../config/errors.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { encodeTrace } from './chromeTrace.ts';
import { formatCount, warn } from './output.ts';
import type { Recorder } from './profile.ts';
import { writeWhole } from './saved.ts';

/** The file of `edgewise train --profile`. */

/** Before the run, so that a wrong path does not cost a training. */
export function checkTraceFile(path: string): void {
  const advice = 'name a file in a folder that can be written to.';
  try {
    accessSync(dirname(path), constants.W_OK);
    // Renamed into place: a device or a pipe would be replaced by the file.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      throw new InputError(`--profile ${path}: is no regular file; ${advice}`);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--profile ${path}: cannot be written (${(error as NodeJS.ErrnoException).code}); ${advice}`);
  }
}

/** Writes what was recorded, warns of what is missing, and says in a line what is there. */
export function saveTrace(path: string, recorder: Recorder, data: string, device: string): string {
  const missing = [
    ...(recorder.withoutKernels ? ['the trace has no kernels: this adapter has no timestamps'] : []),
    ...(recorder.cut ? [`the trace ends early: it holds ${formatCount(recorder.mostEvents)} events at the most`] : []),
  ];
  for (const line of missing) warn(`${line}.`);
  const about = { engine: `edgewise ${ENGINE_VERSION}`, data, device, missing: missing.join('; ') };
  const trace = recorder.trace(device, about);
  writeWhole(path, encodeTrace(trace));
  return `trace of ${recorder.epochs} epochs in ${path}: open it in ui.perfetto.dev or chrome://tracing`;
}
