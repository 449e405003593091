import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { openBrowser, origin, temporaryProfile } from './browser.ts';
import { drop, preview, text, visit } from './page.ts';
import type { PaintPage } from './paintPage.ts';

/** The painters of the graph: both give the same picture, and neither stops the page. */

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

  test('a context that was lost comes back, and the pictures agree again', async () => {
    const { usable, changes } = await page.evaluate(() => window.paintPage.lose());
    expect(usable).toEqual([true, false, true]);
    expect(changes).toBe(2);
    const { most } = await page.evaluate((p) => window.paintPage.compare(p), PICTURES[0][1]);
    expect(most).toBeLessThanOrEqual(12);
  });
});

/** A ring of 20,000 nodes with chords. */
function largeGraph(nodes: number): string {
  const lines = ['source,target'];
  for (let v = 0; v < nodes; v++) {
    lines.push(`${v},${(v + 1) % nodes}`, `${v},${(v * 7 + 13) % nodes}`, `${v},${(v + 50 + (v % 17)) % nodes}`);
  }
  return lines.join('\n');
}

test('a graph of 20,000 nodes is moved about without a task of 100 ms', async () => {
  const { page, close } = await visit();
  await drop(page, [{ name: 'large.csv', bytes: text(largeGraph(20_000)) }]);
  await preview(page).getByRole('button', { name: 'Use this graph' }).click({ timeout: 20_000 });
  // It is laid out first.
  await expect(page.getByRole('region', { name: 'Graph', exact: true }).getByText('20,000 nodes')).toBeVisible({
    timeout: 100_000,
  });
  const canvas = page.getByRole('region', { name: 'Graph', exact: true }).getByRole('application');
  const box = (await canvas.boundingBox())!;
  await page.evaluate(() => {
    const tasks: number[] = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    });
    Object.assign(window, { tasks });
  });
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  // Again where something else had the processor, or the graph was still coming.
  await expect(async () => {
    await page.waitForTimeout(1000);
    await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks.splice(0));
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -600);
    await page.mouse.down();
    for (let i = 1; i <= 12; i++) await page.mouse.move(x + 10 * i, y + 6 * i);
    await page.mouse.up();
    await page.mouse.wheel(0, 300);
    await page.waitForTimeout(500);
    const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
    expect(Math.max(0, ...tasks)).toBeLessThan(100);
  }).toPass({ timeout: 75_000 });
  await close();
});
