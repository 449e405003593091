import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession } from '@playwright/test';
import type { DeviceInfo } from '../run/record.ts';

/** Asks the built page by the shortest way: what is measured should not be what measures. */

/** Milliseconds. */
const PATIENCE = 120_000;

/** The value of an expression in the page; a promise is waited for. */
export async function evaluate(session: CDPSession, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    returnByValue: true,
    awaitPromise: true,
  });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
  return result.value;
}

/** The first value of an expression that is not null; asks every `pause` milliseconds. */
export async function eventually(
  session: CDPSession,
  expression: string,
  pause: number,
  missing: string,
): Promise<unknown> {
  const begun = performance.now();
  while (performance.now() - begun < PATIENCE) {
    const value = await evaluate(session, expression);
    if (value !== null && value !== undefined) return value;
    await sleep(pause);
  }
  throw new Error(`${missing} within ${PATIENCE / 1000} s.`);
}

/** Milliseconds from the navigation to a `performance.mark`; waits for it. */
export async function mark(session: CDPSession, name: string): Promise<number> {
  const expression = `performance.getEntriesByName('${name}')[0]?.startTime`;
  return Number(await eventually(session, expression, 50, `The page has not set the mark ${name}`));
}

/** Waits until so many runs are kept and the last has ended; how many epochs it had. */
export async function trainedEpochs(session: CDPSession, runs: number): Promise<number> {
  const tab = `[...document.querySelectorAll('[role="tab"]')].some(({ textContent }) => textContent === 'Runs (${runs})')`;
  await eventually(session, `${tab} || null`, 500, `Training ${runs} has not ended`);
  const status = `document.querySelector('[aria-label="Training"] [role="status"]')`;
  const expression = `/^(?:Done|Failed): epoch ([\\d,]+) of/.exec(${status}?.textContent)?.[0]`;
  const text = String(await eventually(session, expression, 500, 'The training has not ended'));
  if (!text.startsWith('Done')) throw new Error(`The training ended with "${text}".`);
  return Number(/[\d,]+/.exec(text)![0].replaceAll(',', ''));
}

/** The adapter as the page names it. */
export async function badge(session: CDPSession): Promise<DeviceInfo> {
  const expression = `document.querySelector('[aria-label^="Device: "]')?.ariaLabel`;
  const label = String(await eventually(session, expression, 100, 'The page has not named its device'));
  const [, kind, description] = /^Device: (GPU|software|no GPU|CPU) (.*)$/.exec(label) ?? [];
  if (!kind) throw new Error(`The device badge says ${JSON.stringify(label)}.`);
  const backend = kind === 'no GPU' || kind === 'CPU' ? 'cpu' : 'webgpu';
  return { backend, vendor: '', architecture: '', description, software: kind !== 'GPU' };
}
