import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { temporaryProfile } from './browser.ts';
import { drop, epochs, finished, preview, progress, text, trainToEnd, visit } from './page.ts';

/** For everybody: no axe violation in both themes, and everything by keyboard. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=5';

/** The tabs below, and what each holds once its code and its answer have come. */
const TABS: readonly { readonly tab: RegExp | string; readonly holds: (panel: Locator) => Locator }[] = [
  { tab: /^Runs/, holds: (panel) => panel.getByRole('table') },
  { tab: 'Predictions', holds: (panel) => panel.getByText('Confusion matrix') },
  { tab: 'Embeddings', holds: (panel) => panel.getByRole('application') },
  { tab: 'Batch', holds: (panel) => panel.getByRole('region', { name: 'Batch', exact: true }) },
  { tab: 'Time and memory', holds: (panel) => panel.getByText('Chunk accesses') },
  { tab: 'Benchmark', holds: (panel) => panel.getByRole('region', { name: 'All results' }) },
  { tab: 'Developer', holds: (panel) => panel.getByRole('table').first() },
];

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  // The page itself never scrolls sideways.
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(sideways).toBeLessThanOrEqual(0);
}

for (const scheme of ['light', 'dark'] as const) {
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ]) {
    test(`axe finds nothing: ${scheme}, ${viewport.width} × ${viewport.height}`, async () => {
      const { page, close } = await visit({ hash: `${SHORT}&sampling.strategy=neighbor`, scheme, viewport });
      await expect(page.getByRole('button', { name: 'Take the tour' })).toBeVisible();
      await trainToEnd(page);
      await page.getByRole('button', { name: 'All settings' }).click();
      for (const { tab, holds } of TABS) {
        await page.getByRole('tab', { name: tab }).click();
        await expect(holds(page.getByRole('tabpanel'))).toBeVisible({ timeout: 20_000 });
        await expectAccessible(page);
      }
      await drop(page, [
        {
          name: 'edges.csv',
          bytes: text(`from,to,when,why,where\n${'a,b,1,"because of its length",here\n'.repeat(3)}`),
        },
        { name: 'nodes.csv', bytes: text('id,label,x\na,0,1\nb,1,2\n') },
      ]);
      await expect(preview(page)).toBeVisible();
      await expectAccessible(page);
      await close();
    });

    test(`nor in what explains and offers: ${scheme}, ${viewport.width} × ${viewport.height}`, async () => {
      const profile = await temporaryProfile();
      const first = await visit({ hash: SHORT, profile: profile.path });
      await first.page.getByRole('button', { name: 'Train one epoch' }).click();
      await expect(progress(first.page)).toContainText('Paused: epoch 1 of 5');
      await first.close();

      const { page, close } = await visit({ profile: profile.path, scheme, viewport });
      await expect(page.getByRole('region', { name: 'Interrupted runs' })).toBeVisible();
      const learn = page.getByRole('button', { name: 'Learn', exact: true });
      await learn.click();
      await expect(page.getByRole('dialog', { name: 'Learn' })).toContainText('Lessons');
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Over-smoothing' }).click();
      await expect(page.getByRole('region', { name: 'Lesson: Over-smoothing' })).toBeVisible();
      await learn.click();
      await page.getByRole('button', { name: 'Tour of one minute' }).click();
      await expect(page.getByRole('dialog', { name: /^Tour/ })).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await learn.click();
      await page.getByRole('button', { name: 'Keys', exact: true }).click();
      await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
      await expectAccessible(page);
      await close();
      await profile.remove();
    });
  }
}

test('train, change, pause and share by keyboard alone', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=2000' });
  const reach = async (name: RegExp | string, role: 'button' | 'textbox' | 'tab' = 'button') => {
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press('Tab');
      if (
        await page
          .getByRole(role, { name })
          .first()
          .evaluate((element) => element === document.activeElement)
      )
        return;
    }
    throw new Error(`Tab never reached ${name}`);
  };
  await reach('Train');
  await page.keyboard.press('Enter');
  await expect.poll(() => epochs(page)).toBeGreaterThan(1);
  await page.keyboard.press('Space');
  await expect(progress(page)).toContainText('Paused');
  await reach('Stop, and keep the run');
  await page.keyboard.press('Enter');
  await finished(page);
  await reach(/^Runs/, 'tab');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Predictions' })).toHaveAttribute('aria-selected', 'true');
  await reach('Share');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Link')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Link')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Share' })).toBeFocused();
  await close();
});
