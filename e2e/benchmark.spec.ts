import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { decodeResults } from '../src/run/benchFile.ts';
import { ready, visit } from './page.ts';

/** Suites in the page, and their results beside those of others. */

const KARATE = '#data=karate&preset=gcn';

const form = (page: Page) => page.getByRole('region', { name: 'Run a benchmark' });
const ladder = (page: Page) => page.getByRole('region', { name: /^Ladder: / });
const numbers = (page: Page) => ladder(page).locator('tbody tr');
const results = (page: Page) => page.getByRole('region', { name: 'All results' });
const runButton = (page: Page) => form(page).getByRole('button', { name: 'Run the benchmark' });

async function open(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Benchmark' }).click();
  await expect(form(page)).toBeVisible();
}

/** The ladder with one timed epoch in each run, once. */
async function runLadder(page: Page): Promise<void> {
  await open(page);
  await form(page).getByLabel('epochs of each run').fill('4');
  await form(page).getByLabel('repetitions').fill('1');
  await runButton(page).click();
  await expect(ladder(page)).toBeVisible({ timeout: 120_000 });
  // What was asked for is still there, to be asked for again.
  await expect(form(page).getByLabel('epochs of each run')).toHaveValue('4');
  await expect(form(page).getByLabel('repetitions')).toHaveValue('1');
}

test('the ladder runs, is kept, and travels by link and by file to stand beside another’s', async () => {
  const mine = await visit({ hash: KARATE });
  await mine.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await runLadder(mine.page);
  await expect(numbers(mine.page)).toHaveCount(5);
  await expect(ladder(mine.page).getByRole('img', { name: /^Training, per epoch/ })).toBeVisible();
  await expect(ladder(mine.page).getByRole('img', { name: /^Peak memory/ })).toBeVisible();
  await expect(ladder(mine.page)).toContainText('software adapter');
  await expect(results(mine.page)).toContainText('GCN on');
  const { violations } = await new AxeBuilder({ page: mine.page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);

  const shown = await numbers(mine.page).allTextContents();
  await mine.page.reload();
  await ready(mine.page);
  await open(mine.page);
  await expect(numbers(mine.page)).toHaveText(shown);

  await results(mine.page).getByRole('button', { name: 'Copy a link to result 1' }).click();
  const link = await results(mine.page).getByRole('textbox', { name: 'Link to result 1' }).inputValue();
  expect(link.length).toBeLessThan(2000);
  const downloading = mine.page.waitForEvent('download');
  await results(mine.page).getByRole('button', { name: 'Download result 1 as JSON' }).click();
  const file = readFileSync(await (await downloading).path(), 'utf8');
  const [result] = decodeResults(file, 'the download');
  expect(result.rows.map(({ name }) => name)).toContain('compiled');
  await mine.close();

  const theirs = await visit({ hash: new URL(link).hash });
  const { page } = theirs;
  await expect(page.getByRole('tab', { name: 'Benchmark' })).toHaveAttribute('aria-selected', 'true');
  const row = results(page).getByRole('row', { name: /theirs/ });
  await expect(row).toContainText('unverified');
  await expect(numbers(page)).toHaveCount(5);
  await row.getByRole('button', { name: 'Run it here' }).click();
  await expect(results(page).getByRole('row', { name: /mine/ })).toBeVisible({ timeout: 120_000 });
  // Row by row, theirs beside mine.
  await expect(numbers(page)).toHaveCount(10);
  // The same result again adds nothing.
  await results(page)
    .locator('input[type=file]')
    .setInputFiles({ name: 'result.json', mimeType: 'application/json', buffer: Buffer.from(file) });
  await expect(page.getByRole('alert')).toContainText('was opened');
  await expect(numbers(page)).toHaveCount(10);
  await theirs.close();
});

test('a benchmark is cancelled, keeps runs out while it goes on, and a damaged result changes nothing', async () => {
  const { page, close } = await visit({ hash: KARATE });
  await open(page);
  await form(page).getByLabel('epochs of each run').fill('x');
  await expect(runButton(page)).toBeDisabled();
  await form(page).getByLabel('epochs of each run').fill('4000');
  await runButton(page).click();
  await expect(form(page).getByRole('status')).toContainText('baseline, 1 of 3');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
  await form(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(runButton(page)).toBeVisible();
  await ready(page);
  await expect(results(page)).toContainText('No results yet');
  await page.evaluate(() => {
    location.hash = '#bench=AAAA';
  });
  await expect(page.getByRole('alert')).toContainText('damaged');
  await expect(results(page)).toContainText('No results yet');
  await close();
});

test('accuracy against memory, and the kernels against the device’s own ceilings, run in the page too', async () => {
  test.setTimeout(300_000);
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn' });
  await open(page);
  await form(page).getByText('Accuracy against memory', { exact: true }).click();
  await form(page).getByLabel('epochs of each run').fill('4');
  await form(page).getByLabel('repetitions').fill('1');
  await runButton(page).click();
  await expect(results(page).getByRole('row', { name: /mine/ })).toContainText(/[\d.]+ % in [\d.]+ [kM]B/, {
    timeout: 150_000,
  });
  await form(page).getByText('Kernels', { exact: true }).click();
  await runButton(page).click();
  await expect(results(page).getByRole('row', { name: /mine/ }).filter({ hasText: 'Kernels' })).toContainText(
    /of the copy/,
    { timeout: 150_000 },
  );
  await close();
});
