import type { CDPSession } from '@playwright/test';
import type { TraceEvent } from '../bench/trace.ts';

const CATEGORIES = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'toplevel',
  'blink.user_timing',
  'v8.compile',
];

/** Begins a trace of the whole browser; the function that comes back ends it. */
export async function startTrace(
  session: CDPSession,
  categories: readonly string[] = [],
): Promise<() => Promise<TraceEvent[]>> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as unknown as TraceEvent[]) events.push(event);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      recordMode: 'recordUntilFull',
      traceBufferSizeInKb: 400_000,
      includedCategories: [...CATEGORIES, ...categories],
    },
  });
  return async () => {
    const complete = new Promise<{ dataLossOccurred: boolean }>((resolve) =>
      session.once('Tracing.tracingComplete', resolve),
    );
    await session.send('Tracing.end');
    if ((await complete).dataLossOccurred) throw new Error('The browser has lost a part of the trace.');
    return events;
  };
}
