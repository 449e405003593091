import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { readNpz } from '../src/formats/npz.ts';
import { epochs, finished, newestRun, progress, ready, setField, showsNodes, trainToEnd, visit } from './page.ts';

/** A link is an experiment. */

test('a run travels by link into a fresh profile, runs again there, and is identical, bit for bit', async () => {
  const mine = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=40&model.hidden=24' });
  await mine.page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(mine.page)).toBeGreaterThan(3);
  await setField(mine.page, 'learning rate', '0.05');
  await finished(mine.page);
  const row = await newestRun(mine.page);
  await mine.page.getByRole('button', { name: 'Share' }).click();
  const link = await mine.page.getByLabel('Link').inputValue();
  expect(link.length).toBeLessThan(2000);
  await mine.close();

  const theirs = await visit({ hash: new URL(link).hash });
  await expect(theirs.page.getByText(/unverified until it is run again here/)).toBeVisible();
  await expect(theirs.page.getByLabel('hidden width', { exact: true })).toHaveValue('24');
  await theirs.page.getByRole('button', { name: 'Run it here' }).click();
  await finished(theirs.page);
  await expect(theirs.page.getByText(/Identical, bit for bit/)).toBeVisible();
  expect((await newestRun(theirs.page))[7]).toBe(row[7]);
  await theirs.close();
});

test('the address carries the configuration', async () => {
  const { page, close } = await visit();
  await setField(page, 'hidden width', '48');
  const address = page.url();
  expect(address).toContain('model.hidden=48');
  await close();
  const again = await visit({ hash: new URL(address).hash });
  await expect(again.page.getByLabel('hidden width', { exact: true })).toHaveValue('48');
  await again.close();
});

test('a damaged, oversized or hostile link is one sentence and changes nothing', async () => {
  const { page, close } = await visit();
  const configured = page.url();
  const links = [
    '#run=AAAA',
    `#run=${'A'.repeat(5000)}`,
    '#data=debian-small&training.lr=-1',
    '#data=debian-small&__proto__=1',
    '#data=nowhere',
    '#<img src=x onerror=alert(1)>',
    `#data=debian-small&training.lr=0.1${'0'.repeat(3000)}`,
  ];
  for (const link of links) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, link);
    await expect(page.getByRole('alert'), link).toContainText(/\./);
    await expect(page.getByLabel('learning rate', { exact: true }), link).toHaveValue('0.02');
    await page.getByRole('button', { name: 'Close this message' }).click();
    expect(page.url(), link).toBe(configured);
  }
  await setField(page, 'epochs', '2');
  await trainToEnd(page);
  await close();
});

test('a run of a link is compared after a reload too, and only on its own graph', async () => {
  const { page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=3' });
  await trainToEnd(page);
  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.getByLabel('Link').inputValue();
  await page.goto('about:blank');
  await page.goto(link);
  await expect(page.getByText(/unverified until it is run again here/)).toBeVisible();
  await page.reload();
  const again = page.getByRole('button', { name: 'Run it here' });
  await expect(again).toBeEnabled();
  await page.getByRole('button', { name: /^Debian 12, small/ }).click();
  await showsNodes(page, '3,370');
  await expect(again).toBeDisabled();
  await expect(page.getByText(/needs the dataset Zachary/)).toBeVisible();
  await page.getByRole('button', { name: /^Open Zachary/ }).click();
  await again.click();
  await expect(page.getByText(/Identical, bit for bit/)).toBeVisible();
  await close();
});

test('a link on somebody’s own graph asks for its files', async () => {
  const { page, close } = await visit({ hash: '#graph=0123456789abcdef&preset=gcn' });
  await expect(page.getByText(/needs its owner's graph/)).toBeVisible();
  await expect(progress(page)).toContainText('Not trained yet');
  await ready(page);
  await close();
});

test('a run is copied as a script for PyTorch Geometric, and its graph downloaded', async () => {
  const { context, page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=3&model.hidden=24' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await trainToEnd(page);
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('button', { name: 'Copy as PyG' }).click();
  await expect(page.getByText('Script copied. Save karate-pyg.npz beside it.')).toBeVisible();
  const script = await page.evaluate(() => navigator.clipboard.readText());
  expect(script).toContain('HIDDEN = 24');
  expect(script).toContain('EPOCHS = 3');
  expect(script).toContain("with_name('karate-pyg.npz')");
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download graph as .npz' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('karate-pyg.npz');
  const graph = readNpz(await readFile(await download.path()), 'karate-pyg.npz');
  expect(graph).toMatchObject({ nodes: 34, notes: [] });
  expect(graph.source).toHaveLength(2 * 78);
  await close();
});
