import { expect, test } from '@playwright/test';
import { BAD, SKIPPED, TAKEN } from '../src/device/testing/badGradient.ts';
import { openBrowser, origin, temporaryProfile } from './browser.ts';
import type {} from './lossScalePage.ts';

/** A browser's compiler may take it that no number is NaN: src/device/lossScale.test.ts, on its WebGPU. */

test('what is not finite in a gradient skips the step and halves the scale', async () => {
  const profile = await temporaryProfile();
  const context = await openBrowser(profile.path, { gpu: true });
  try {
    const page = await context.newPage();
    await page.goto(`${origin()}/e2e/lossScale.html`);
    await page.waitForFunction(() => 'lossScalePage' in window);
    const answers = await page.evaluate(() => window.lossScalePage.steps());
    const good = answers.pop()!;
    expect(answers).toHaveLength(BAD.length);
    for (const { number, changed, scale } of answers) {
      expect({ number, changed: changed.includes(true), scale }).toEqual({ number, changed: false, scale: SKIPPED });
    }
    expect(good.changed).not.toContain(false);
    expect(good.scale).toEqual(TAKEN);
  } finally {
    await context.close();
    await profile.remove();
  }
});
