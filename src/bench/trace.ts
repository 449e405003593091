/**
 * What kept a page's main thread busy, from a browser trace.
 * Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */

/** One event of a trace; times in microseconds, all processes on one clock. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Of the duration, what the thread had a processor for; not on every system. */
  readonly tdur?: number;
  readonly args?: { readonly [name: string]: unknown };
}

/** A task of the main thread; milliseconds, `start` from the navigation. */
export interface Task {
  readonly start: number;
  readonly ms: number;
  /** Processor time: without waiting for a core that others had; `ms` again where the system does not tell it. */
  readonly cpuMs: number;
  /** What took the time, the most first, each with its own time: "12 ms FunctionCall draw (index-a1.js:1:200)". */
  readonly parts: readonly string[];
}

/** The same task is told by two categories under two names, one inside the other. */
const TASKS = new Set(['RunTask', 'ThreadControllerImpl::RunTask']);

/** Parts that take less are not listed, milliseconds. */
const SMALLEST_PART = 2;
const MOST_PARTS = 4;

/** The main thread of the process that showed the page at `url`; throws where the trace does not tell it. */
export function mainThread(events: readonly TraceEvent[], url: string): { pid: number; tid: number } {
  let pid: number | null = null;
  for (const { name, args } of events) {
    const data = args?.data as Partial<Frame> & { frames?: readonly Frame[] };
    // The frames that there are when the trace begins, and those that come later.
    const frames =
      name === 'TracingStartedInBrowser' ? data?.frames : name === 'FrameCommittedInBrowser' ? [data as Frame] : [];
    for (const frame of frames ?? []) if (frame.url?.startsWith(url) && frame.processId) pid = frame.processId;
  }
  const thread = events.find((event) => {
    return event.name === 'thread_name' && event.pid === pid && event.args?.name === 'CrRendererMain';
  });
  if (!thread) throw new Error(`The trace does not tell the main thread of ${url}.`);
  return { pid: thread.pid, tid: thread.tid };
}

interface Frame {
  readonly url: string;
  readonly processId: number;
}

/** When `performance.mark(name)` was called, in microseconds; the last call counts. */
export function markTime(events: readonly TraceEvent[], name: string, pid: number): number {
  return lastInstant(events, name, (event) => event.pid === pid);
}

/** When the navigation to `url` began, in microseconds; other frames of the process have navigations of their own. */
export function navigationTime(events: readonly TraceEvent[], url: string): number {
  return lastInstant(events, 'navigationStart', ({ args }) => {
    return (args?.data as { documentLoaderURL?: string })?.documentLoaderURL?.startsWith(url) ?? false;
  });
}

function lastInstant(events: readonly TraceEvent[], name: string, wanted: (event: TraceEvent) => boolean): number {
  // Events are written per thread and not in the order of time; an instant is I or R, by the browser's version.
  const times = events.filter((event) => event.name === name && /^[IR]$/i.test(event.ph) && wanted(event));
  if (times.length === 0) throw new Error(`The trace has no ${name}.`);
  return Math.max(...times.map(({ ts }) => ts));
}

/** How many frames of a process were drawn between two microseconds: its compositor leaves out some that the main thread made. */
export function drawnFrames(
  events: readonly TraceEvent[],
  pid: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return events.filter((event) => event.name === 'DrawFrame' && event.pid === pid && event.ts >= from && event.ts <= to)
    .length;
}

/**
 * The tasks of a thread that lasted at least `least` milliseconds and overlap the window (`from` and `to` in microseconds of the
 * trace), the longest first; `origin` is the microsecond from which their starts count.
 */
export function longTasks(
  events: readonly TraceEvent[],
  thread: { readonly pid: number; readonly tid: number },
  window: { readonly from: number; readonly to: number; readonly origin: number; readonly least: number },
): Task[] {
  const spans = events
    .filter(({ ph, pid, tid, dur }) => ph === 'X' && pid === thread.pid && tid === thread.tid && dur !== undefined)
    .map((event) => ({ event, begin: event.ts, end: event.ts + event.dur! }))
    // Outer before inner: of those that begin together, the longer one.
    .sort((a, b) => a.begin - b.begin || b.end - a.end);
  const tasks: { begin: number; end: number; cpu: number; poster: string; inside: Span[] }[] = [];
  for (const span of spans) {
    const task = tasks.at(-1);
    if (task && span.begin < task.end) {
      if (TASKS.has(span.event.name)) task.poster ||= posterOf(span.event);
      else task.inside.push(span);
    } else if (TASKS.has(span.event.name)) {
      const { event, begin, end } = span;
      tasks.push({ begin, end, cpu: event.tdur ?? end - begin, poster: posterOf(event), inside: [] });
    }
  }
  return tasks
    .filter(({ begin, end }) => end > window.from && begin < window.to && end - begin >= 1000 * window.least)
    .sort((a, b) => b.end - b.begin - (a.end - a.begin))
    .map(({ begin, end, cpu, poster, inside }) => {
      const parts = partsOf(inside);
      return {
        start: (begin - window.origin) / 1000,
        ms: (end - begin) / 1000,
        cpuMs: cpu / 1000,
        parts: parts.length > 0 || !poster ? parts : [poster],
      };
    });
}

interface Span {
  readonly event: TraceEvent;
  readonly begin: number;
  readonly end: number;
}

/** Who asked the browser for the task: all there is to say of one without events in it. */
function posterOf({ args }: TraceEvent): string {
  const file = (args?.src_file as string | undefined)?.split('/').at(-1);
  return file ? `posted by ${args?.src_func} (${file})` : '';
}

/** The own time of each kind of event: its duration less that of the events within it. */
function partsOf(spans: readonly Span[]): string[] {
  const own = new Map<string, number>();
  const stack: { label: string; end: number }[] = [];
  for (const { event, begin, end } of spans) {
    while (stack.length > 0 && begin >= stack.at(-1)!.end) stack.pop();
    const label = labelOf(event);
    const outer = stack.at(-1);
    if (outer) own.set(outer.label, own.get(outer.label)! - (end - begin));
    own.set(label, (own.get(label) ?? 0) + end - begin);
    stack.push({ label, end });
  }
  return [...own]
    .filter(([, time]) => time >= 1000 * SMALLEST_PART)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_PARTS)
    .map(([label, time]) => `${(time / 1000).toFixed(0)} ms ${label}`);
}

function labelOf({ name, args }: TraceEvent): string {
  const data = (args?.data ?? args?.beginData ?? {}) as Record<string, unknown>;
  const words = [name, data.type, data.functionName].filter((word) => typeof word === 'string' && word !== '');
  const file = (data.url ?? args?.fileName) as string | undefined;
  if (!file) return words.join(' ');
  const place = [file.split(/[?#]/)[0].split('/').at(-1), data.lineNumber, data.columnNumber];
  return `${words.join(' ')} (${place.filter((part) => part !== undefined).join(':')})`;
}
