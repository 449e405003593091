import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page } from '@playwright/test';
import type { DrivenPage, ViewsSource } from '../bench/views.ts';
import { SPAN, TRAINED, type Watched } from '../bench/viewTimes.ts';
import { writeNpz } from '../formats/npzWriter.ts';
import { startTrace } from './browserTrace.ts';
import type { BuiltPage } from './builtPage.ts';
import { badge, evaluate, eventually, trainedEpochs } from './pageDriver.ts';
import { installInPage } from './viewsPage.ts';

/** Drives the views of the built page for `bench -- views`. */

/** Of a picture of an embedding. */
const CAPTION = /principal components of|^UMAP of/;

/** Milliseconds. */
const PATIENCE = 120_000;
/** So long after a picture was moved its edges are painted where they are now. */
const SETTLED = 1500;

/** Milliseconds between what a hand does, whether or not the page keeps up. */
const PACE = 1000 / 60;
/** Of a hand that drags. */
const STEPS = 120;
/** Of the picture's size. */
const SWING = 0.25;
/** Of a wheel, each way: about seven times as large, and back. */
const NOTCHES = 60;
const NOTCH = 14;

export function viewsSource({ server, inBrowser }: BuiltPage): ViewsSource {
  return {
    visit: (hash, graph, use) =>
      inBrowser(async (page, session) => {
        page.setDefaultTimeout(PATIENCE);
        await page.addInitScript(installInPage);
        await page.goto(server.url + hash);
        await ready(page);
        if (graph) {
          const buffer = Buffer.from(writeNpz(graph));
          const file = { name: `${graph.name}.npz`, mimeType: 'application/octet-stream', buffer };
          await page.locator('input[type="file"]').first().setInputFiles(file);
          await page.getByRole('application', { name: `Picture of ${graph.name}` }).waitFor();
          await ready(page);
        }
        return use({ device: await badge(session), ...(await driven(page, session, server.url)) });
      }),
    close: () => server.close(),
  };
}

/** Does something `times` times, from 1 on; resolves when the page has handled the last. */
async function paced(times: number, act: (time: number) => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  const handled: Promise<unknown>[] = [];
  for (let time = 1; time <= times; time++) {
    handled.push(act(time));
    await sleep(begun + PACE * time - performance.now());
  }
  await Promise.all(handled);
}

const ready = (page: Page) => page.locator('button:enabled', { hasText: /^Train$/ }).waitFor();

async function driven(page: Page, session: CDPSession, url: string): Promise<Omit<DrivenPage, 'device'>> {
  const picture = page.getByRole('application', { name: /^Picture of/ });
  const panel = page.getByRole('tabpanel').getByRole('region', { name: 'Embeddings' });

  const watched = async <T>(work: () => Promise<T>): Promise<Watched & { done: T }> => {
    const stop = await startTrace(session);
    const done = await work();
    return { trace: await stop(), url, done };
  };
  const marked = async (work: () => Promise<void>) => {
    await evaluate(session, `performance.mark('${SPAN.begun}') && null`);
    await work();
    await evaluate(session, `performance.mark('${SPAN.ended}') && null`);
  };
  const moved = async (
    move: (at: { x: number; y: number }, size: { width: number; height: number }) => Promise<void>,
  ) => {
    await picture.scrollIntoViewIfNeeded();
    const { x, y, ...size } = (await picture.boundingBox())!;
    await sleep(SETTLED);
    return watched(() => marked(() => move({ x: x + size.width / 2, y: y + size.height / 2 }, size)));
  };
  const mouse = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', x: number, y: number) =>
    session.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons: 1, clickCount: 1 });

  const pin = async (node: string) => {
    const field = page.getByLabel('Look at node');
    if ((await field.inputValue()) === node) return;
    await field.fill(node);
    await field.press('Enter');
    await page.locator('[aria-label^="Try without the edge to"]').first().waitFor();
  };
  let trainings = 0;

  return {
    async picture() {
      // Pixels empty their canvases where WebGL paints.
      const widths = await picture
        .locator('canvas')
        .evaluateAll((all) => all.map((one) => (one as HTMLCanvasElement).width));
      const { width, height } = (await picture.boundingBox())!;
      const painter = widths.includes(0) ? 'by WebGL' : 'pixel by pixel, without WebGL';
      return `${await picture.getAttribute('aria-label')} ${Math.round(width)} × ${Math.round(height)} pixels, painted ${painter}.`;
    },
    pan: () =>
      moved(async ({ x, y }, { width, height }) => {
        await mouse('mousePressed', x, y);
        await paced(STEPS, (step) => {
          const turn = (2 * Math.PI * step) / STEPS;
          return mouse('mouseMoved', x + SWING * width * Math.sin(2 * turn), y + SWING * height * Math.sin(3 * turn));
        });
        await mouse('mouseReleased', x, y);
      }),
    zoom: () =>
      moved((at) =>
        paced(2 * NOTCHES, (notch) => {
          const deltaY = notch <= NOTCHES ? -NOTCH : NOTCH;
          return session.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...at, deltaX: 0, deltaY });
        }),
      ),
    async train() {
      await page.locator('button', { hasText: /^Train$/ }).click();
      await trainedEpochs(session, ++trainings);
    },
    async watchTraining(meanwhile) {
      if (meanwhile === 'everything') {
        await pin('1');
        await page.getByRole('tab', { name: 'Predictions' }).click();
      }
      await picture.scrollIntoViewIfNeeded();
      await sleep(SETTLED);
      const mark = (name: string) => evaluate(session, `performance.mark('${name}') && null`);
      const { done, ...seen } = await watched(async () => {
        await evaluate(session, `benchViews.train('${SPAN.begun}', ${meanwhile === 'everything'})`);
        const epochs = await trainedEpochs(session, ++trainings);
        await mark(TRAINED);
        await evaluate(session, `benchViews.open('Predictions')`);
        await sleep(SETTLED);
        await evaluate(session, `benchViews.open('Embeddings')`);
        await eventually(session, `benchViews.pictured() || null`, 500, 'The embedding has no picture');
        await sleep(SETTLED);
        await mark(SPAN.ended);
        return epochs;
      });
      return { ...seen, epochs: done };
    },
    async project(method) {
      await page.getByRole('tab', { name: 'Embeddings' }).click();
      await panel.getByText(CAPTION).waitFor();
      const { done, ...seen } = await watched(() =>
        page.evaluate(([method, marks]) => window.benchViews.project(method, marks), [method, SPAN] as const),
      );
      const caption = await panel.getByText(CAPTION).textContent();
      return { ...seen, readings: done, caption: caption! };
    },
    async withoutEdge(node, edge) {
      await pin(node);
      return page.evaluate((edge) => window.benchViews.withoutEdge(edge), edge);
    },
  };
}
