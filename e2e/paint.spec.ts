import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { openBrowser, origin, temporaryProfile } from './browser.ts';
import type { PaintPage } from './paintPage.ts';

/** The painters of the graph: both give the same picture. */

test.describe('by WebGL', () => {
  let profile: Awaited<ReturnType<typeof temporaryProfile>>;
  let context: BrowserContext;
  let page: Page;

  test.beforeAll(async () => {
    profile = await temporaryProfile();
    context = await openBrowser(profile.path, { webgl: true });
    page = await context.newPage();
    await page.goto(`${origin()}/e2e/paint.html`);
    await page.waitForFunction(() => 'paintPage' in window);
  });
  test.afterAll(async () => {
    await context?.close();
    await profile?.remove();
  });

  // So many that no pixel lies exactly where a ring begins, which two ways of rounding may see otherwise.
  const SMALL = { nodes: 75, edges: 90, highlight: null, ratio: 1, dark: false } as const;
  const PICTURES: readonly (readonly [string, Parameters<PaintPage['compare']>[0]])[] = [
    ['classes', { ...SMALL, mode: 'class' }],
    ['classes, one of them in front', { ...SMALL, mode: 'class', highlight: 2 }],
    ['predictions, in the dark, fine pixels', { ...SMALL, mode: 'prediction', ratio: 2, dark: true }],
    ['errors', { ...SMALL, mode: 'error' }],
    ['confidence, in the dark', { ...SMALL, mode: 'confidence', dark: true }],
    ['edges that add up', { ...SMALL, nodes: 12, edges: 600, mode: 'class' }],
    ['many small nodes', { ...SMALL, nodes: 8000, edges: 0, mode: 'error' }],
  ];

  for (const [name, picture] of PICTURES) {
    test(`the pixels are those of the other painter: ${name}`, async () => {
      const { most, mean, painted } = await page.evaluate((p) => window.paintPage.compare(p), picture);
      expect(painted).toBeGreaterThan(0.05);
      expect(most).toBeLessThanOrEqual(12);
      expect(mean).toBeLessThan(0.5);
    });
  }

  test('20,000 nodes are moved about in a few milliseconds of the main thread', async () => {
    const times = await page.evaluate(() => window.paintPage.pan('webgl', 20_000, 20_000, 10));
    expect(Math.max(...times)).toBeLessThan(100);
  });

  // Chromium offers SwiftShader as if it were fast; a frame of 58,000 edges then kept the main thread for over a second.
  test('software is not asked to paint, whatever the browser says of it', async () => {
    const gpu = process.env.EDGEWISE_E2E_GPU !== undefined;
    // A canvas that was taken and given up is shown as a broken picture, over the pixels that are painted in its place.
    expect(await page.evaluate(() => window.paintPage.taken())).toEqual({ taken: gpu, untouched: !gpu });
  });

  test('a context that was lost comes back, and the pictures agree again', async () => {
    const { usable, seen, changes } = await page.evaluate(() => window.paintPage.lose());
    expect(usable).toEqual([true, false, true]);
    expect(seen).toEqual([true, false, true]);
    expect(changes).toBe(2);
    const { most } = await page.evaluate((p) => window.paintPage.compare(p), PICTURES[0][1]);
    expect(most).toBeLessThanOrEqual(12);
  });

  test('colours that come while others are painted are there in the end', async () => {
    expect(await page.evaluate(() => window.paintPage.recolour(60_000))).toBe(0);
  });
});
