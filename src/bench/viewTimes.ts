import { NEAR_SHARE } from '../task/umap.ts';
import { drawnFrames, longTasks, mainThread, markTime, type Task, type TraceEvent } from './trace.ts';

/** What a trace and the page's own words say of something that was done in a view. */

/** Set around what is measured by whoever drives the browser. */
export const SPAN = { begun: 'bench:begun', ended: 'bench:ended' } as const;
/** Where a training is over, between the two. */
export const TRAINED = 'bench:trained';

/** Something that was done in the page once, between the marks of SPAN. */
export interface Watched {
  readonly trace: readonly TraceEvent[];
  readonly url: string;
}

/** What the page said of its progress; `at` in milliseconds since it was asked. */
export interface Reading {
  readonly at: number;
  /** 0 to 1. */
  readonly share: number;
}

export interface Seen {
  readonly ms: number;
  readonly frames: number;
  /** The longest of the main thread, and the most processor time that one of them had. */
  readonly task: Task;
  readonly cpuMs: number;
}

/** What the trace says of what was done. */
export function seen({ trace, url }: Watched): Seen {
  const thread = mainThread(trace, url);
  const [from, to] = [SPAN.begun, SPAN.ended].map((name) => markTime(trace, name, thread.pid));
  const tasks = longTasks(trace, thread, { from, to, origin: from, least: 0 });
  const cpuMs = tasks.reduce((most, task) => Math.max(most, task.cpuMs), 0);
  const frames = drawnFrames(trace, thread.pid, { from, to });
  return { ms: (to - from) / 1000, frames, task: tasks[0] ?? NO_TASK, cpuMs };
}

export const NO_TASK: Task = { start: 0, ms: 0, cpuMs: 0, parts: [] };

/** Milliseconds. */
export interface LayoutTimes {
  readonly neighbours: number;
  readonly layout: number;
  /** The longest that the page told nothing new. */
  readonly silence: number;
}

/** The parts of a layout that took `ms`, by what was told of its progress. */
export function layoutTimes(readings: readonly Reading[], ms: number): LayoutTimes {
  const begun = readings.find(({ share }) => share >= NEAR_SHARE);
  if (!begun) throw new Error('The page has told no progress of its layout.');
  const told = [0, ...readings.filter(({ share }, i) => share !== readings[i - 1]?.share).map(({ at }) => at), ms];
  const silence = Math.max(...told.slice(1).map((at, i) => at - told[i]));
  return { neighbours: begun.at, layout: ms - begun.at, silence };
}
