import type { TraceEvent } from '../bench/trace.ts';

/**
 * A run as a trace that ui.perfetto.dev and chrome://tracing open: "Trace Event Format", the JSON object format, complete events
 * (ph X) in microseconds and metadata events (ph M) that name processes and lanes.
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export interface ChromeTrace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string>>;
}

/** What the host does, a lane each, from the top. */
export const HOST_LANES = ['epochs', 'sampling', 'I/O', 'upload', 'read-back'] as const;
export type HostLane = (typeof HOST_LANES)[number];

/** From `begin` to `end` in milliseconds of one clock. On the host in a lane, on the device in the lane of its name: a kernel. */
export interface Span {
  readonly on: HostLane | 'device';
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

const HOST = 1;
const DEVICE = 2;

/**
 * @param spans of a lane in the order of their ends; those of one lane do not overlap, but may lie within one another
 * @param device names the process of the kernels' lanes
 * @param about strings that go with the trace
 */
export function chromeTrace(
  spans: readonly Span[],
  device: string,
  about: Readonly<Record<string, string>>,
): ChromeTrace {
  const zero = spans.reduce((least, { begin }) => Math.min(least, begin), Number.POSITIVE_INFINITY);
  const kernels = [...new Set(spans.filter(({ on }) => on === 'device').map(({ name }) => name))];
  const used = HOST_LANES.filter((lane) => spans.some(({ on }) => on === lane));
  const laneOf = new Map(kernels.map((kernel, i) => [kernel, i + 1]));
  return {
    traceEvents: [
      ...process(
        HOST,
        'host',
        used.map((lane) => [HOST_LANES.indexOf(lane) + 1, lane]),
      ),
      ...(kernels.length > 0
        ? process(
            DEVICE,
            `kernels on ${device}`,
            [...laneOf].map(([name, tid]) => [tid, name]),
          )
        : []),
      ...spans.map(
        ({ on, name, begin, end, args }): TraceEvent => ({
          name,
          ph: 'X',
          pid: on === 'device' ? DEVICE : HOST,
          tid: on === 'device' ? laneOf.get(name)! : HOST_LANES.indexOf(on) + 1,
          ts: microseconds(begin - zero),
          // From rounded ends, so that neighbours neither overlap nor part.
          dur: round(microseconds(end - zero) - microseconds(begin - zero)),
          ...(args ? { args } : {}),
        }),
      ),
    ],
    displayTimeUnit: 'ms',
    otherData: about,
  };
}

/** The metadata of a process and its lanes, which are shown in the order of their numbers. */
function process(pid: number, name: string, lanes: readonly (readonly [number, string])[]): TraceEvent[] {
  const metadata = (what: string, tid: number, args: TraceEvent['args']) => ({
    name: what,
    ph: 'M',
    pid,
    tid,
    ts: 0,
    args,
  });
  return [
    metadata('process_name', 0, { name }),
    metadata('process_sort_index', 0, { sort_index: pid }),
    ...lanes.flatMap(([tid, lane]) => [
      metadata('thread_name', tid, { name: lane }),
      metadata('thread_sort_index', tid, { sort_index: tid }),
    ]),
  ];
}

function microseconds(ms: number): number {
  return round(1000 * ms);
}

/** To nanoseconds: what clocks tell, and shorter than a double. */
function round(us: number): number {
  return Math.round(1000 * us) / 1000;
}

/** One event in a line. */
export function encodeTrace({ traceEvents, ...rest }: ChromeTrace): string {
  const events = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  return `{"traceEvents":[\n${events}\n],${JSON.stringify(rest).slice(1)}\n`;
}
