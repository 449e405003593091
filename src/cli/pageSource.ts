import { setTimeout as sleep } from 'node:timers/promises';
import { AGAIN, type Answered, MARKS, type PageLoad, type PageSource, PRESSED } from '../bench/page.ts';
import { TRAINED } from '../bench/viewTimes.ts';
import { startTrace } from './browserTrace.ts';
import type { BuiltPage } from './builtPage.ts';
import { badge, evaluate, mark, trainedEpochs } from './pageDriver.ts';
import type { Answer } from './pageServer.ts';
import { viewsSource } from './viewsSource.ts';

/** Loads the built page for `bench -- page`. */

/** So long without a request, and the page has all that it wants; milliseconds. */
const IDLE = 3000;
/** But no longer than this. */
const PATIENCE = 120_000;

export function pageSource(built: BuiltPage): PageSource {
  const { server, inBrowser } = built;
  return {
    ...viewsSource(built),
    load: ({ trace }) =>
      inBrowser(async (page, session) => {
        const answers: Answer[] = [];
        server.onAnswer = (answer) => answers.push(answer);
        await page.addInitScript(pressTrain, PRESSED);
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

/** Presses the button once more, by script: nothing of the driver should be in the trace. */
const AGAIN_PRESSED = `performance.mark('${AGAIN.pressed}'),
  [...document.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === 'Train').click()`;

async function quiet(answers: readonly Answer[]): Promise<void> {
  const now = () => performance.timeOrigin + performance.now();
  const begun = now();
  while (now() - Math.max(begun, answers.at(-1)?.at ?? 0) < IDLE && now() - begun < PATIENCE) {
    await sleep(100);
  }
}
