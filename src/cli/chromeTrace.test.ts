import { expect, test } from 'vitest';
import { chromeTrace, encodeTrace, type Span } from './chromeTrace.ts';
import { readTrace } from './testTrace.ts';

const SPANS: readonly Span[] = [
  { on: 'upload', name: 'x', begin: 1000.5, end: 1001, args: { bytes: 8 } },
  { on: 'device', name: 'matmul.nn', begin: 1001, end: 1001.0004 },
  { on: 'device', name: 'activation.relu', begin: 1001.0004, end: 1002 },
  { on: 'device', name: 'matmul.nn', begin: 1002, end: 1003 },
  { on: 'epochs', name: 'epoch 1', begin: 1000, end: 1004 },
];

test('a trace begins at 0, in microseconds; lanes are named once and in order', () => {
  const { traceEvents } = chromeTrace(SPANS, 'a device', {});
  const metadata = traceEvents.filter(({ ph }) => ph === 'M');
  expect(
    metadata.filter(({ name }) => !name.endsWith('sort_index')).map(({ pid, tid, args }) => [pid, tid, args]),
  ).toEqual([
    [1, 0, { name: 'host' }],
    [1, 1, { name: 'epochs' }],
    [1, 4, { name: 'upload' }],
    [2, 0, { name: 'kernels on a device' }],
    [2, 1, { name: 'matmul.nn' }],
    [2, 2, { name: 'activation.relu' }],
  ]);
  expect(traceEvents.filter(({ ph }) => ph === 'X')).toEqual([
    { name: 'x', ph: 'X', pid: 1, tid: 4, ts: 500, dur: 500, args: { bytes: 8 } },
    { name: 'matmul.nn', ph: 'X', pid: 2, tid: 1, ts: 1000, dur: 0.4 },
    { name: 'activation.relu', ph: 'X', pid: 2, tid: 2, ts: 1000.4, dur: 999.6 },
    { name: 'matmul.nn', ph: 'X', pid: 2, tid: 1, ts: 2000, dur: 1000 },
    { name: 'epoch 1', ph: 'X', pid: 1, tid: 1, ts: 0, dur: 4000 },
  ]);
});

test('neighbours that a device timed without a gap neither overlap nor part', () => {
  const ends = Array.from({ length: 1000 }, (_, i) => 1e6 + i * 0.0123457);
  const spans = ends.slice(1).map((end, i) => ({ on: 'device', name: 'k', begin: ends[i], end }) as const);
  const events = readTrace(encodeTrace(chromeTrace(spans, '', {}))).kernels.get('k')!;
  events.slice(1).forEach((event, i) => {
    expect(event.ts).toBeCloseTo(events[i].ts + events[i].dur!, 6);
  });
});

test('without kernels there is no device, and nothing at all is a trace too', () => {
  expect(chromeTrace(SPANS.slice(0, 1), 'a device', {}).traceEvents.every(({ pid }) => pid === 1)).toBe(true);
  expect(readTrace(encodeTrace(chromeTrace([], 'a device', { data: 'ring' }))).about).toEqual({ data: 'ring' });
});
