import { expect } from 'vitest';
import type { TraceEvent } from '../bench/trace.ts';
import type { ChromeTrace } from './chromeTrace.ts';

/** For the tests: the events of a trace by the names of their lanes, checked for what a viewer takes for granted. */
export interface ReadTrace {
  readonly host: ReadonlyMap<string, readonly TraceEvent[]>;
  /** By kernel. */
  readonly kernels: ReadonlyMap<string, readonly TraceEvent[]>;
  readonly about: ChromeTrace['otherData'];
}

/** Float errors of sums of microseconds; the trace's own resolution is 1e-3. */
const EPSILON = 1e-4;

export function readTrace(text: string): ReadTrace {
  const { traceEvents, otherData } = JSON.parse(text) as ChromeTrace;
  const named = new Map<string, string>();
  for (const { name, ph, pid, tid, args } of traceEvents) {
    if (ph === 'M' && name === 'thread_name') named.set(`${pid} ${tid}`, String(args!.name));
  }
  const lanes = [new Map<string, TraceEvent[]>(), new Map<string, TraceEvent[]>()];
  for (const event of traceEvents.filter(({ ph }) => ph !== 'M')) {
    expect(event.ph).toBe('X');
    expect(event.ts).toBeGreaterThanOrEqual(0);
    expect(event.dur).toBeGreaterThanOrEqual(0);
    const lane = named.get(`${event.pid} ${event.tid}`)!;
    const list = lanes[event.pid - 1].get(lane) ?? [];
    lanes[event.pid - 1].set(lane, [...list, event]);
  }
  const [host, kernels] = lanes;
  // An event of a lane lies in another or beside it.
  for (const [lane, list] of [...host, ...kernels]) expect(crossings(list), lane).toEqual([]);
  // A device does one thing at a time.
  expect(overlaps([...kernels.values()].flat())).toEqual([]);
  for (const [kernel, list] of kernels) for (const { name } of list) expect(name).toBe(kernel);
  return { host, kernels, about: otherData };
}

/** Microseconds of all of them together. */
export function durationOf(events: readonly TraceEvent[]): number {
  return events.reduce((sum, { dur }) => sum + dur!, 0);
}

const endOf = ({ ts, dur }: TraceEvent) => ts + dur!;

/** Outer before inner. */
const inOrder = (events: readonly TraceEvent[]) => [...events].sort((a, b) => a.ts - b.ts || b.dur! - a.dur!);

function overlaps(events: readonly TraceEvent[]): TraceEvent[] {
  const ordered = inOrder(events);
  return ordered.filter((event, i) => i > 0 && event.ts < endOf(ordered[i - 1]) - EPSILON);
}

function crossings(events: readonly TraceEvent[]): TraceEvent[] {
  const open: TraceEvent[] = [];
  return inOrder(events).filter((event) => {
    while (open.length > 0 && event.ts >= endOf(open.at(-1)!) - EPSILON) open.pop();
    const outer = open.at(-1);
    open.push(event);
    return outer && endOf(event) > endOf(outer) + EPSILON;
  });
}
