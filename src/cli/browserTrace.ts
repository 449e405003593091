import type { CDPSession } from '@playwright/test';
import type { TraceEvent } from '../bench/trace.ts';

const CATEGORIES = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
  'toplevel',
  'blink.user_timing',
  'v8.compile',
];

/** Begins a trace of the whole browser; the function that comes back ends it. */
export async function startTrace(session: CDPSession): Promise<() => Promise<TraceEvent[]>> {
  const events: TraceEvent[] = [];
  const take = ({ value }: { value: object[] }) => {
    for (const event of value as TraceEvent[]) events.push(event);
  };
  session.on('Tracing.dataCollected', take);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { recordMode: 'recordUntilFull', traceBufferSizeInKb: 400_000, includedCategories: CATEGORIES },
  });
  return async () => {
    const complete = new Promise<{ dataLossOccurred: boolean }>((resolve) =>
      session.once('Tracing.tracingComplete', resolve),
    );
    await session.send('Tracing.end');
    const { dataLossOccurred } = await complete;
    session.off('Tracing.dataCollected', take);
    if (dataLossOccurred) throw new Error('The browser has lost a part of the trace.');
    return events;
  };
}
