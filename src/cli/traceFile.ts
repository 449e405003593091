import { ENGINE_VERSION } from '../run/version.ts';
import { encodeTrace } from './chromeTrace.ts';
import { formatCount, warn } from './output.ts';
import type { Recorder } from './profile.ts';
import { writeWhole } from './saved.ts';

/** The file of `edgewise train --profile`. */

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
