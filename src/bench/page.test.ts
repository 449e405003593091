import { describe, expect, it } from 'vitest';
import { tasksOfRun } from './drawnRuns.ts';
import { AGAIN, bytesTable, MARKS, tasksOf } from './page.ts';
import { longTasks, mainThread, type TraceEvent } from './trace.ts';
import { SPAN, TRAINED } from './viewTimes.ts';

const URL = 'http://127.0.0.1:1234/page/';
const MAIN = { pid: 7, tid: 1 };
const instant = (name: string, ts: number, args = {}): TraceEvent => ({ ...MAIN, name, ph: 'I', ts, args });
/** Times in milliseconds; the trace's own are microseconds. */
const span = (name: string, at: number, ms: number, more: Partial<TraceEvent> = {}): TraceEvent => ({
  ...MAIN,
  name,
  ph: 'X',
  ts: 1000 * at,
  dur: 1000 * ms,
  ...more,
});

/** Two processes, as Chromium names them; the page is in the second. */
const PROCESSES: TraceEvent[] = [
  { name: 'thread_name', ph: 'M', pid: 5, tid: 1, ts: 0, args: { name: 'CrRendererMain' } },
  { name: 'thread_name', ph: 'M', pid: 7, tid: 3, ts: 0, args: { name: 'DedicatedWorker thread' } },
  { name: 'thread_name', ph: 'M', ...MAIN, ts: 0, args: { name: 'CrRendererMain' } },
  {
    ...{ name: 'TracingStartedInBrowser', ph: 'I', pid: 1, tid: 1, ts: 0 },
    args: { data: { frames: [{ url: 'about:blank', processId: 5 }] } },
  },
  {
    ...{ name: 'FrameCommittedInBrowser', ph: 'I', pid: 1, tid: 1, ts: 5 },
    args: { data: { url: URL, processId: 7 } },
  },
];
const WINDOW = { from: 0, to: 1e9, origin: 0, least: 50 };

describe('the main thread of a page', () => {
  it('is that of the process that the page was committed to', () => {
    expect(mainThread(PROCESSES, URL)).toEqual(MAIN);
  });

  it('is not guessed', () => {
    expect(() => mainThread(PROCESSES, 'http://elsewhere/')).toThrow('does not tell the main thread');
  });
});

describe('long tasks', () => {
  it('counts a task once that two categories tell, with its processor time', () => {
    const events = [
      span('ThreadControllerImpl::RunTask', 100.001, 79.9, { args: { src_file: 'a/b/proxy.cc', src_func: 'Send' } }),
      span('RunTask', 100, 80, { tdur: 12_000 }),
    ];
    expect(longTasks(events, MAIN, WINDOW)).toEqual([
      { start: 100, ms: 80, cpuMs: 12, parts: ['posted by Send (proxy.cc)'] },
    ]);
  });

  it('leaves out short tasks, other threads and what lies outside the window', () => {
    const events = [
      span('RunTask', 0, 60),
      span('RunTask', 100, 49.9),
      span('RunTask', 200, 60),
      span('RunTask', 200, 90, { tid: 3 }),
      span('RunTask', 200, 90, { pid: 5 }),
      span('RunTask', 400, 60),
    ];
    const tasks = longTasks(events, MAIN, { from: 150_000, to: 399_000, origin: 50_000, least: 50 });
    expect(tasks.map(({ start, ms }) => [start, ms])).toEqual([[150, 60]]);
  });

  it('puts the longest first and says what was in each, by own time', () => {
    const call = {
      data: { functionName: 'draw', url: `${URL}assets/index-a1.js?x`, lineNumber: 8, columnNumber: 120 },
    };
    const events = [
      span('RunTask', 0, 60),
      span('RunTask', 100, 150),
      span('FireAnimationFrame', 101, 140),
      span('FunctionCall', 102, 100, { args: call }),
      span('Layout', 110, 30),
      span('Layout', 150, 10),
      span('Paint', 243, 1),
    ];
    const [first, second] = longTasks(events, MAIN, WINDOW);
    expect([first.ms, second.ms]).toEqual([150, 60]);
    expect(first.parts).toEqual([
      '60 ms FunctionCall draw (index-a1.js:8:120)',
      '40 ms FireAnimationFrame',
      '40 ms Layout',
    ]);
    expect(second.parts).toEqual([]);
  });

  it('parts the load from the training at the first curve', () => {
    const trace = [
      ...PROCESSES,
      // Another frame of the same process begins later.
      instant('navigationStart', 10_000, { data: { documentLoaderURL: URL } }),
      instant('navigationStart', 20_000, { data: { documentLoaderURL: '' } }),
      instant(MARKS.curve, 200_000),
      instant(TRAINED, 900_000),
      instant(AGAIN.pressed, 920_000),
      instant(AGAIN.trained, 940_000),
      span('RunTask', 30, 55),
      span('RunTask', 190, 70),
      span('RunTask', 300, 120),
      span('RunTask', 950, 500),
    ];
    const { load, training } = tasksOf({ trace, url: URL });
    expect(load.map(({ start, ms }) => [start, ms])).toEqual([
      [180, 70],
      [20, 55],
    ]);
    expect(training.map(({ start, ms }) => [start, ms])).toEqual([[290, 120]]);
    expect(() => tasksOf({ trace: trace.filter(({ name }) => name !== TRAINED), url: URL })).toThrow(TRAINED);
  });
});

describe('the tasks of a training that was watched', () => {
  it('are parted from those of the moments after it, the longest first, times from its beginning', () => {
    const trace = [
      ...PROCESSES,
      instant(SPAN.begun, 100_000),
      instant(TRAINED, 500_000),
      instant(SPAN.ended, 600_000),
      span('RunTask', 50, 40),
      span('RunTask', 110, 20),
      span('RunTask', 200, 150, { tdur: 30_000 }),
      span('RunTask', 510, 70),
      span('RunTask', 610, 300),
    ];
    const { training, after } = tasksOfRun({ trace, url: URL });
    expect(training.map(({ start, ms, cpuMs }) => [start, ms, cpuMs])).toEqual([
      [100, 150, 30],
      [10, 20, 20],
    ]);
    expect(after.map(({ start, ms }) => [start, ms])).toEqual([[410, 70]]);
    expect(() => tasksOfRun({ trace: trace.filter(({ name }) => name !== TRAINED), url: URL })).toThrow(TRAINED);
  });
});

describe('bytes', () => {
  it('are those of what was asked for until the first curve, and later, by file', () => {
    const { first, total, table } = bytesTable(
      [
        { path: 'index.html', gzipBytes: 600, at: 3 },
        { path: 'a.js', gzipBytes: 100_000, at: 20 },
        { path: 'a.js', gzipBytes: 100_000, at: 1000 },
        { path: 'charts.js', gzipBytes: 400_000, at: 1001 },
      ],
      1000,
    );
    expect([first, total]).toEqual([200_600, 600_600]);
    expect(table.rows).toEqual([
      ['a.js', 200_000, 0, 2],
      ['index.html', 600, 0, 1],
      ['charts.js', 0, 400_000, 1],
      ['all', 200_600, 400_000, 4],
    ]);
  });
});
