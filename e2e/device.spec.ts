import { expect, test } from '@playwright/test';
import { epochs, finished, newestRun, trainToEnd, visit } from './page.ts';

/** Devices that are lost, missing, and looked into. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=60';

test('a lost device is replaced, and the curve is the same, bit for bit', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await trainToEnd(page);
  const undisturbed = await newestRun(page);
  await page.getByRole('tab', { name: 'Developer' }).click();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Lose the device' }).click();
  await expect(page.getByText(/went on from epoch/)).toBeVisible();
  await finished(page);
  expect(await epochs(page)).toBe(60);
  expect((await newestRun(page))[7]).toBe(undisturbed[7]);
  await close();
});

test('without WebGPU the processor serves, and the page says so', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=8', gpu: false });
  const badge = page.getByRole('button', { name: /^Device: no GPU/ });
  await badge.click();
  await expect(page.getByRole('dialog')).toContainText(/Training runs on the processor instead/);
  await page.keyboard.press('Escape');
  await trainToEnd(page);
  expect((await newestRun(page))[6]).toBe('CPU executor');
  await close();
});

test('the processor can be chosen where there is an adapter, and what is shared does not say so', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=8' });
  await page.getByRole('button', { name: /^Device: (GPU|software)/ }).click();
  await page.getByRole('link', { name: 'Train on the processor instead' }).click();
  await page.getByRole('button', { name: /^Device: CPU/ }).click();
  await expect(page.getByRole('dialog')).toContainText(/the address of this page asks for it/);
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('epochs', { exact: true })).toHaveValue('8');
  await trainToEnd(page);
  expect((await newestRun(page))[6]).toBe('CPU executor');
  expect(new URL(page.url()).search).toBe('?device=cpu');
  await page.getByRole('button', { name: 'Share' }).click();
  expect(await page.getByRole('dialog', { name: 'Share' }).getByLabel('Link').inputValue()).not.toContain('device=cpu');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Device: CPU/ }).click();
  await page.getByRole('link', { name: 'Use the GPU' }).click();
  await expect(page.getByRole('button', { name: /^Device: (GPU|software)/ })).toBeVisible();
  await close();
});

test('the developer panel shows every dispatch with its WGSL, and its time', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=3000' });
  await expect(page.getByRole('button', { name: /^Device: / })).toBeVisible();
  await page.getByRole('tab', { name: 'Developer' }).click();
  const rows = page.getByRole('tabpanel').locator('tbody tr');
  await expect.poll(() => rows.count()).toBeGreaterThan(20);
  // A kernel with what was fused into it.
  await page
    .getByRole('button', { name: /\+optimizer\.adam@gradient$/ })
    .first()
    .click();
  const wgsl = page.getByRole('region', { name: /^WGSL of .*\+optimizer\.adam@gradient$/ });
  await expect(wgsl).toContainText('@compute');
  await expect(wgsl).toContainText('moment1');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(1);
  await page.getByRole('button', { name: /Time every kernel/ }).click();
  await expect(page.getByText(/Times of epoch \d+/)).toBeVisible({ timeout: 20_000 });
  const times = await rows.locator('td:last-child').allTextContents();
  expect(times.filter((time) => Number.parseFloat(time) > 0).length).toBeGreaterThan(10);
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await close();
});
