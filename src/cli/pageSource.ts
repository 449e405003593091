import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CDPSession } from '@playwright/test';
import { AGAIN, type Answered, MARKS, type PageLoad, type PageSource, PRESSED, TRAINED } from '../bench/page.ts';
import type { BenchContext } from '../bench/suite.ts';
import type { TraceEvent } from '../bench/trace.ts';
import type { DeviceInfo } from '../run/record.ts';
import { inFreshProfile } from './browser.ts';
import { type Answer, servePage } from './pageServer.ts';

/** Drives the built page in the system's Chromium for `bench -- page`. Vite is a tool of the repository, not of the package. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = join(ROOT, '.cache', 'bench-page');

const WEBGPU = '--enable-unsafe-webgpu';
/** Where there is no GPU. */
const SOFTWARE = '--use-webgpu-adapter=swiftshader';

const CATEGORIES = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'toplevel',
  'blink.user_timing',
  'v8.compile',
];

/** Milliseconds. */
const PATIENCE = 120_000;
/** So long without a request, and the page has all that it wants. */
const IDLE = 3000;

export async function pageSource({ progress }: BenchContext): Promise<PageSource> {
  await buildPage();
  const server = await servePage(BUILT);
  // The first visit also lets the operating system read the browser's files and the server compress its own.
  const hasGpu = await inFreshProfile([WEBGPU], async (context) => {
    const page = context.pages()[0];
    await page.goto(server.url);
    return page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      return Boolean(
        adapter && !adapter.info.isFallbackAdapter && !/swiftshader|llvmpipe/i.test(adapter.info.description),
      );
    });
  });
  if (!hasGpu) progress('no GPU found: SwiftShader serves');
  return {
    load: ({ trace }) =>
      inFreshProfile(hasGpu ? [WEBGPU] : [WEBGPU, SOFTWARE], async (context) => {
        const answers: Answer[] = [];
        server.onAnswer = (answer) => answers.push(answer);
        const page = context.pages()[0];
        await page.addInitScript(pressTrain, PRESSED);
        const session = await context.newCDPSession(page);
        const stop = trace ? await startTrace(session) : null;
        await page.goto(server.url, { waitUntil: 'commit' });
        const curve = await mark(session, MARKS.curve);
        let epochs = 0;
        if (trace) {
          epochs = await trainedEpochs(session, 1);
          await evaluate(session, `performance.mark('${TRAINED}') && null`);
          await quiet(answers);
          await evaluate(session, AGAIN_PRESSED);
          await trainedEpochs(session, 2);
          await evaluate(session, `performance.mark('${AGAIN.trained}') && null`);
        }
        const events = stop ? await stop() : [];
        const origin = (await evaluate(session, 'performance.timeOrigin')) as number;
        return {
          device: await badge(session),
          graph: await mark(session, MARKS.graph),
          pressed: await mark(session, PRESSED),
          curve,
          answered: answers.map(({ at, ...answer }): Answered => ({ ...answer, at: at - origin })),
          trace: events,
          url: server.url,
          epochs,
        } satisfies PageLoad;
      }),
    close: () => server.close(),
  };
}

/** Runs in the page: presses Train as soon as it can be pressed. Playwright's own click loads 300 kB of script first. */
function pressTrain(name: string): void {
  const observer = new MutationObserver(() => {
    for (const button of document.querySelectorAll('button')) {
      if (button.textContent?.trim() !== 'Train' || button.disabled) continue;
      observer.disconnect();
      performance.mark(name);
      button.click();
      return;
    }
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled'] });
}

async function buildPage(): Promise<void> {
  const { build } = await import('vite');
  const configFile = join(ROOT, 'vite.config.ts');
  await build({ root: ROOT, configFile, logLevel: 'warn', build: { outDir: BUILT, emptyOutDir: true } });
}

/** An expression in the page, by the shortest way: what is measured should not be what measures. */
async function evaluate(session: CDPSession, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, returnByValue: true });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
  return result.value;
}

/** The first value of an expression that is not null; asks every `pause` milliseconds. */
async function eventually(session: CDPSession, expression: string, pause: number, missing: string): Promise<unknown> {
  const begun = performance.now();
  while (performance.now() - begun < PATIENCE) {
    const value = await evaluate(session, expression);
    if (value !== null && value !== undefined) return value;
    await sleep(pause);
  }
  throw new Error(`${missing} within ${PATIENCE / 1000} s.`);
}

/** Milliseconds from the navigation to a `performance.mark`; waits for it. */
async function mark(session: CDPSession, name: string): Promise<number> {
  const expression = `performance.getEntriesByName('${name}')[0]?.startTime`;
  return Number(await eventually(session, expression, 50, `The page has not set the mark ${name}`));
}

/** Presses the button once more, by script: nothing of the driver should be in the trace. */
const AGAIN_PRESSED = `performance.mark('${AGAIN.pressed}'),
  [...document.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === 'Train').click()`;

/** Waits until so many runs are kept and the last has ended; how many epochs it had. */
async function trainedEpochs(session: CDPSession, runs: number): Promise<number> {
  const tab = `[...document.querySelectorAll('[role="tab"]')].some(({ textContent }) => textContent === 'Runs (${runs})')`;
  await eventually(session, `${tab} || null`, 500, `Training ${runs} has not ended`);
  const status = `document.querySelector('[aria-label="Training"] [role="status"]')`;
  const expression = `/^(?:Done|Failed): epoch ([\\d,]+) of/.exec(${status}?.textContent)?.[0]`;
  const text = String(await eventually(session, expression, 500, 'The training has not ended'));
  if (!text.startsWith('Done')) throw new Error(`The training ended with "${text}".`);
  return Number(/[\d,]+/.exec(text)![0].replaceAll(',', ''));
}

async function quiet(answers: readonly Answer[]): Promise<void> {
  const now = () => performance.timeOrigin + performance.now();
  const begun = now();
  while (now() - Math.max(begun, answers.at(-1)?.at ?? 0) < IDLE && now() - begun < PATIENCE) {
    await sleep(100);
  }
}

/** The adapter as the page names it. */
async function badge(session: CDPSession): Promise<DeviceInfo> {
  const expression = `document.querySelector('[aria-label^="Device: "]')?.ariaLabel`;
  const label = String(await eventually(session, expression, 100, 'The page has not named its device'));
  const [, kind, description] = /^Device: (GPU|software|no GPU) (.*)$/.exec(label) ?? [];
  if (!kind) throw new Error(`The device badge says ${JSON.stringify(label)}.`);
  const backend = kind === 'no GPU' ? 'cpu' : 'webgpu';
  return { backend, vendor: '', architecture: '', description, software: kind !== 'GPU' };
}

/** Begins a trace of the whole browser; the function that comes back ends it. */
async function startTrace(session: CDPSession): Promise<() => Promise<TraceEvent[]>> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as unknown as TraceEvent[]) events.push(event);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { recordMode: 'recordUntilFull', traceBufferSizeInKb: 400_000, includedCategories: CATEGORIES },
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
