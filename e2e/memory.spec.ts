import { expect, test } from '@playwright/test';
import { finished, plannedBytes, progress, setField, visit } from './page.ts';

/** The hero: the slider plans again, and what runs obeys it, to the byte. */

test('the slider plans again, the plan stays below it, and the run holds exactly what was planned', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=3' });
  const whole = await plannedBytes(page);
  const field = page.getByRole('textbox', { name: /GPU has/ });
  for (const budget of [2_500_000, 2_000_000]) {
    await field.fill(`${budget}`);
    await field.press('Enter');
    await expect.poll(() => plannedBytes(page)).toBeLessThanOrEqual(budget);
    expect(await plannedBytes(page)).toBeLessThan(whole);
    await expect(page.getByRole('region', { name: 'Memory plan' })).toContainText(/sampl/i);
    await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
    const planned = await plannedBytes(page);
    const exactly = `${planned.toLocaleString('en-GB')} bytes`;
    const plan = page.getByRole('region', { name: 'Memory plan' });
    // Held up before its second epoch, the run holds what was planned, and says so.
    await page.getByRole('button', { name: 'Train one epoch' }).click();
    await expect(progress(page)).toContainText('Paused: epoch 1');
    await expect(plan.getByText(`ledger = plan: ${exactly}`)).toBeVisible();
    await page.getByRole('button', { name: 'Go on' }).click();
    await finished(page);
    await expect(plan.getByText(/^last run/).first()).toHaveAttribute('title', exactly);
  }
  await close();
});

test('moving the slider by keyboard plans again', async () => {
  const { page, close } = await visit();
  const before = page.url();
  const slider = page.getByRole('slider').first();
  await slider.focus();
  for (let i = 0; i < 60; i++) await page.keyboard.press('ArrowLeft');
  await expect.poll(() => page.url()).not.toBe(before);
  expect(page.url()).toContain('memory.gpuBudget=');
  await close();
});

test('what cannot fit is refused with the numbers', async () => {
  const { page, close } = await visit();
  const field = page.getByRole('textbox', { name: /GPU has/ });
  await field.fill('10KB');
  await field.press('Enter');
  await expect(page.getByText(/memory\.gpuBudget is 10,000 bytes, but this run needs/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
  await expect(progress(page)).toContainText('Cannot train: the memory plan says why');
  await expect(page.getByRole('region', { name: 'Accuracy chart' })).toContainText('No run can begin');
  await close();
});

test('a budget that nothing fits in, from a link, can be changed where it stands', async () => {
  const { page, close } = await visit();
  await page.goto(`${process.env.EDGEWISE_E2E_PAGE}#memory.workerBudget=1000`);
  await page.reload();
  const plan = page.getByRole('region', { name: 'Memory plan' });
  await expect(plan.getByRole('alert')).toContainText('memory.workerBudget is 1000 bytes');
  await setField(page, 'of worker memory budget', '1 GB');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
  await close();
});

test('where recomputation takes more than it saves, the plan says so', async () => {
  const passes = '&compute.recompute=tree&compute.slots=off';
  const { page, close } = await visit({ hash: `#data=debian-small&preset=debian-gcn${passes}` });
  const plan = page.getByRole('region', { name: 'Memory plan' });
  await expect(plan).toContainText(
    /compute\.recompute=tree makes this plan larger: [\d,]+ bytes, and [\d,]+ without it/,
  );
  await expect(plan).toContainText('set compute.recompute=off');
  await close();
});
