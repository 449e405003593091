import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { progress, setField, trainToEnd, visit } from './page.ts';

/** Embeddings: what a hidden layer of the trained model makes of each node, as a picture. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=15';

const panel = (page: Page) => page.getByRole('tabpanel').getByRole('region', { name: 'Embeddings' });
const picture = (page: Page) => panel(page).getByRole('application');
const nearest = (page: Page) => panel(page).getByRole('region', { name: 'Nearest nodes' });
const card = (page: Page) => page.getByRole('region', { name: 'Pinned node' });

async function download(page: Page, name: string): Promise<Buffer> {
  const promised = page.waitForEvent('download');
  await panel(page).getByRole('button', { name }).click();
  return readFileSync(await (await promised).path());
}

async function rows(page: Page): Promise<string[]> {
  return (await download(page, 'Download the picture as CSV')).toString('utf8').trimEnd().split('\r\n');
}

async function nodeCount(page: Page): Promise<number> {
  const graph = page.getByRole('region', { name: 'Graph', exact: true });
  return Number(/([\d,]+) nodes/.exec((await graph.textContent())!)![1].replaceAll(',', ''));
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

test('principal components of the embedding, its nearest nodes, and the picture and the rows as files', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await page.getByRole('tab', { name: 'Embeddings' }).click();
  await expect(panel(page)).toContainText('press Train');
  await trainToEnd(page);
  // It comes by itself, with what it holds of the variance.
  await expect(picture(page)).toBeVisible({ timeout: 20_000 });
  const caption = panel(page).getByText(/principal components of 64 columns hold/);
  const [both, across, upwards] = [...(await caption.textContent())!.matchAll(/([\d.]+) %/g)].map(([, n]) => Number(n));
  expect(across).toBeGreaterThan(upwards);
  expect(both).toBeCloseTo(across + upwards, 0);
  expect(both).toBeLessThanOrEqual(100);
  await expect(panel(page).getByLabel('Layer')).toHaveValue('0');

  // A click pins a node, and its nearest are listed.
  await expect(nearest(page)).toContainText('Click a point');
  const { width, height } = (await picture(page).boundingBox())!;
  for (let i = 0; i < 60 && (await card(page).count()) === 0; i++) {
    await picture(page).click({ position: { x: width * (0.2 + 0.01 * i), y: height / 2 } });
    await page.waitForTimeout(50);
  }
  await expect(card(page)).toBeVisible();
  const list = nearest(page).getByRole('listitem');
  await expect(list).toHaveCount(10);
  const distances = (await list.locator('span:last-child').allTextContents())
    .map(Number)
    .filter((d) => !Number.isNaN(d));
  expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  await nearest(page).getByText('Euclidean', { exact: true }).click();
  await expect(list).toHaveCount(10);
  const name = await list.first().getByRole('button').locator('span').first().textContent();
  await list.first().getByRole('button').click();
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(name!);
  await expect(nearest(page)).toContainText(`to ${name}`);

  // One row for each node, and one number for each column of the layer.
  const nodes = await nodeCount(page);
  const table = await rows(page);
  expect(table[0]).toBe('node,label,prediction,x,y');
  expect(table).toHaveLength(nodes + 1);
  const npy = await download(page, 'Download the embedding as npy');
  expect(npy.subarray(1, 6).toString('latin1')).toBe('NUMPY');
  expect(npy.toString('latin1', 10, 128)).toContain(`(${nodes}, 64)`);
  await expectAccessible(page);

  // The logits have other places; a new run makes this an earlier one's.
  await panel(page).getByLabel('Layer').selectOption('logits');
  await expect(caption).toHaveCount(0, { timeout: 20_000 });
  await expect(panel(page).getByText(/principal components of \d+ columns hold/)).toBeVisible();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(panel(page)).toContainText('the run that goes on');
  await expect(panel(page)).toContainText('the model at hand is that of run', { timeout: 90_000 });
  await panel(page).getByRole('button', { name: 'Compute that' }).click();
  await expect(panel(page).getByText('the model at hand is that of run')).toHaveCount(0, { timeout: 20_000 });
  await close();
});

test('UMAP runs in a worker of its own, tells how far it is, and can be given up', async () => {
  const { page, close } = await visit({ hash: SHORT, viewport: { width: 390, height: 844 }, scheme: 'dark' });
  await trainToEnd(page);
  await page.getByRole('tab', { name: 'Embeddings' }).click();
  await expect(picture(page)).toBeVisible({ timeout: 20_000 });
  const components = await rows(page);
  const status = panel(page).getByRole('status');
  const before = page.workers().length;
  expect(before).toBeGreaterThanOrEqual(2);
  await panel(page).getByText('UMAP', { exact: true }).click();
  await expect(status).toContainText(/Laying out by UMAP [\d.]+ %/, { timeout: 20_000 });
  // The page and the worker answer while it goes on.
  await page.getByLabel('Look at node').fill('libapache2-mod-php');
  await page.keyboard.press('Enter');
  await expect(nearest(page).getByRole('listitem')).toHaveCount(10);
  await panel(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(status).toBeEmpty();
  await expect(panel(page).getByRole('radio', { name: 'PCA' })).toBeChecked();
  expect(await rows(page)).toEqual(components);
  await expectAccessible(page);
  // With the graph goes its embedding, and the worker.
  await page.getByRole('button', { name: /karate/ }).click();
  await expect(panel(page)).toContainText('press Train');
  await expect.poll(() => page.workers().length).toBe(before - 1);
  await close();
});

test('a layout by UMAP is the same when it is repeated, and another one of fewer neighbours', async () => {
  const { page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=15' });
  await trainToEnd(page);
  await page.getByRole('tab', { name: 'Embeddings' }).click();
  await expect(picture(page)).toBeVisible({ timeout: 20_000 });
  const components = await rows(page);
  const layout = async (neighbours: number) => {
    await panel(page).getByText('PCA', { exact: true }).click();
    await expect(panel(page).getByText(/principal components/)).toBeVisible();
    await panel(page).getByText('UMAP', { exact: true }).click();
    await panel(page).getByRole('button', { name: 'Options' }).click();
    await page.getByRole('dialog').getByLabel('Neighbours').selectOption(String(neighbours));
    await page.keyboard.press('Escape');
    await expect(panel(page).getByText(`${neighbours} neighbours by the cosine distance`)).toBeVisible();
    await expect(panel(page).getByRole('status')).toBeEmpty();
    return rows(page);
  };
  const first = await layout(15);
  expect(first).toHaveLength(35);
  expect(first).not.toEqual(components);
  expect(await layout(5)).not.toEqual(first);
  expect(await layout(15)).toEqual(first);
  await close();
});

test('what is kept after a run is told to the byte; the embedding is in the forecast of the next run until it is let go of', async () => {
  const { page, close } = await visit({ hash: SHORT });
  const plan = page.getByRole('region', { name: 'Memory plan' });
  const worker = plan.locator('dl > div').filter({ has: page.locator('dt', { hasText: 'worker' }) });
  const bytesOf = async (title: Promise<string | null>) => Number((await title)!.replace(/[^\d]/g, ''));
  const forecast = () => bytesOf(worker.locator('dd').first().getAttribute('title'));
  const kept = plan.getByText(/^Kept in main memory/);
  await expect(kept).toHaveCount(0);
  const before = await forecast();
  // Each epoch is a row of the curve in the checkpoint's file, and up to the 400th another one whose predictions the page keeps.
  const over: number[] = [];
  for (const epochs of [399, 400, 401]) {
    await setField(page, 'epochs', `${epochs}`);
    await expect.poll(forecast).toBeGreaterThan(over.at(-1) ?? before);
    over.push(await forecast());
  }
  expect(over[1] - over[0] - (over[2] - over[1])).toBe(3 * (await nodeCount(page)));
  await setField(page, 'epochs', '15');
  await expect.poll(forecast).toBe(before);
  await trainToEnd(page);
  await expect(kept).toContainText(
    /the trained weights \([\d.]+ kB\), the last predictions \(.*\), those of all epochs .* \(.*\) until the next run begins\.$/,
  );
  // Class and confidence of every node, for each epoch that can be looked at again.
  const nodes = await nodeCount(page);
  const history = await bytesOf(kept.getByText(/all epochs that can be looked at again/).getAttribute('title'));
  expect(history % (3 * nodes)).toBe(0);
  expect(history).toBeGreaterThan(3 * nodes);
  expect(history).toBeLessThanOrEqual(15 * 3 * nodes);
  expect(await forecast()).toBe(before);

  await page.getByRole('tab', { name: 'Embeddings' }).click();
  await expect(picture(page)).toBeVisible({ timeout: 20_000 });
  const shown = kept.getByText(/the embedding on show/);
  const bytes = await bytesOf(shown.getAttribute('title'));
  // 64 columns, as they are and of length 1, with two rows of squared lengths; the components; and what the page was told of each node, and
  // where it is.
  const components = 8 * nodes + 2 * 8 * 64 * 64 + 7 * 8 * 64;
  expect(bytes).toBe(nodes * (2 * 4 * 64 + 2 * 8 + 4 + 1 + 4 + 2 + 1 + 8) + components);
  await expect.poll(forecast).toBe(before + bytes);

  // A layout is counted for as long as it is computed.
  await panel(page).getByText('UMAP', { exact: true }).click();
  const layout = kept.getByText(/its layout while it is computed/);
  const more = await bytesOf(layout.getAttribute('title'));
  const edges = nodes * 14 * (2 * 4 + 4 + 8 + 2 * (2 * 4 + 4 * 8));
  expect(more).toBe(nodes * (4 * 64 + 2 * 8) + components + edges + nodes * 2 * (8 + 8 + 4));
  await expect.poll(forecast).toBe(before + bytes + more);
  await panel(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(layout).toHaveCount(0);
  await expect.poll(forecast).toBe(before + bytes);

  // The next run lets go of the model at once, and counts the embedding.
  await page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect(progress(page)).toContainText('Paused: epoch 1');
  await expect(worker.getByText(/^now /)).toBeVisible();
  await expect(kept).toHaveCount(0);
  expect(await forecast()).toBe(before + bytes);
  // It has not promised room for a layout: one that is asked for now begins when it is over.
  const status = panel(page).getByRole('status');
  await panel(page).getByText('UMAP', { exact: true }).click();
  await expect(status).toContainText('UMAP begins when the run is done');
  expect(await forecast()).toBe(before + bytes);
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await expect(shown).toBeVisible();
  await expect(status).toContainText(/Laying out by UMAP [\d.]+ %/, { timeout: 20_000 });
  await expect(layout).toBeVisible();
  await panel(page).getByRole('button', { name: 'Cancel' }).click();
  await panel(page).getByRole('button', { name: 'Let go of the embedding' }).click();
  await expect(picture(page)).toHaveCount(0);
  await expect(shown).toHaveCount(0);
  await expect.poll(forecast).toBe(before);
  await expect(panel(page).getByRole('button', { name: 'Compute the embedding' })).toBeVisible();
  await expectAccessible(page);
  await close();
});
