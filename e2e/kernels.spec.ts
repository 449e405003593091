import { expect, type Page, test } from '@playwright/test';
import { BAD, SKIPPED, TAKEN } from '../src/device/testing/badGradient.ts';
import { MATMUL_TILES } from '../src/tensor/tiles.ts';
import { openBrowser, origin, temporaryProfile } from './browser.ts';
import type {} from './kernelsPage.ts';

/** Kernels that another compiler than Dawn's in Node could make something else of: src/device/lossScale.test.ts and tiles.test.ts. */

async function onPage<T>(evaluate: (page: Page) => Promise<T>): Promise<T> {
  const profile = await temporaryProfile();
  const context = await openBrowser(profile.path, { gpu: true });
  try {
    const page = await context.newPage();
    await page.goto(`${origin()}/e2e/kernels.html`);
    await page.waitForFunction(() => 'kernelsPage' in window);
    return await evaluate(page);
  } finally {
    await context.close();
    await profile.remove();
  }
}

test('what is not finite in a gradient skips the step and halves the scale', async () => {
  const answers = await onPage((page) => page.evaluate(() => window.kernelsPage.steps()));
  const good = answers.pop()!;
  expect(answers).toHaveLength(BAD.length);
  for (const { number, changed, scale } of answers) {
    expect({ number, changed: changed.includes(true), scale }).toEqual({ number, changed: false, scale: SKIPPED });
  }
  expect(good.changed).not.toContain(false);
  expect(good.scale).toEqual(TAKEN);
});

test('every tile of a product gives the same bits, those that pass numbers on within a subgroup too', async () => {
  const results = await onPage((page) => page.evaluate(() => window.kernelsPage.tiles()));
  expect(Object.keys(results)).toEqual(MATMUL_TILES.map(({ name }) => name));
  const { '4x4': usual, ...others } = results;
  expect(usual.flat().some((value) => value !== 0)).toBe(true);
  for (const [name, arrays] of Object.entries(others)) expect(arrays, name).toEqual(usual);
});
