import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { drop, finished, ready, setField, trainToEnd, visit } from './page.ts';

/** Models of earlier runs: kept, opened again, deleted. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=20';

const runs = (page: Page) => page.getByRole('region', { name: 'Runs' });
const openButton = (page: Page, run: number) =>
  runs(page).getByRole('button', { name: `Open the model of run ${run}` });
const showTab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name }).click();

async function saved(page: Page, name: string): Promise<Buffer> {
  const promised = page.waitForEvent('download');
  await page.getByRole('button', { name }).click();
  return readFileSync(await (await promised).path());
}

/** The two files of the model at hand. */
async function taken(page: Page) {
  await showTab(page, 'Predictions');
  return { csv: await saved(page, 'Predictions as CSV'), weights: await saved(page, 'Weights as safetensors') };
}

/** The principal components of its embedding, which comes by itself with the tab. */
async function embedding(page: Page): Promise<Buffer> {
  await showTab(page, 'Embeddings');
  return saved(page, 'Download the picture as CSV');
}

type Taken = Awaited<ReturnType<typeof taken>>;

function expectSame(mine: Taken, theirs: Taken): void {
  expect(mine.weights.equals(theirs.weights)).toBe(true);
  expect(mine.csv.equals(theirs.csv)).toBe(true);
}

async function open(page: Page, run: number): Promise<void> {
  await showTab(page, /^Runs/);
  await openButton(page, run).click();
  await expect(openButton(page, run)).toHaveCount(0, { timeout: 30_000 });
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test('the model of a run is what it was after training: after a reload, on another graph, and after another run', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await trainToEnd(page);
  const first = await taken(page);
  const picture = await embedding(page);
  await showTab(page, /^Runs/);
  await expect(runs(page)).toContainText(/1 model is kept, .* on disk of at most 128\.0 MB/);

  // Another graph is on show: its own comes with the model, and so do its settings.
  await page.goto(`${process.env.EDGEWISE_E2E_PAGE!}#data=karate&preset=gcn`);
  await page.reload();
  await ready(page);
  await expect(openButton(page, 1)).toBeEnabled();
  await open(page, 1);
  await expect(page.getByRole('region', { name: 'Training' })).toContainText('Done: epoch 20 of 20');
  expect(page.url()).toContain('data=debian-small');
  expectSame(await taken(page), first);
  await expect(page.getByRole('region', { name: 'Predictions' })).toContainText(/Epoch \d+: /);
  await expectAccessible(page);
  expect((await embedding(page)).equals(picture)).toBe(true);

  await setField(page, 'hidden width', '24');
  await trainToEnd(page);
  const second = await taken(page);
  expect(second.weights.equals(first.weights)).toBe(false);
  await open(page, 1);
  await expect(page.getByLabel('hidden width', { exact: true })).not.toHaveValue('24');
  expectSame(await taken(page), first);
  await open(page, 2);
  await expect(page.getByLabel('hidden width', { exact: true })).toHaveValue('24');
  expectSame(await taken(page), second);

  await showTab(page, /^Runs/);
  await runs(page).getByRole('button', { name: 'Delete run 1' }).click();
  await expect(runs(page)).toContainText('1 model is kept, ');
  await runs(page).getByRole('button', { name: 'Delete the models' }).click();
  await expect(runs(page)).not.toContainText('Delete the models');
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await page.reload();
  await ready(page);
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await expect(runs(page).getByRole('button', { name: /^Open the model/ })).toHaveCount(0);
  await close();
});

test('a run and its weights, as files in another browser: its model opens there, and what is not its own is not kept', async () => {
  const there = await visit({ hash: SHORT });
  await trainToEnd(there.page);
  const first = await taken(there.page);
  await showTab(there.page, /^Runs/);
  const bytes = await saved(there.page, 'Save run 1 as a file');
  await there.close();

  const { page, close } = await visit({ hash: '#data=karate&preset=gcn' });
  const weights = { name: 'weights.safetensors', bytes: first.weights as Uint8Array };
  const half = { ...weights, bytes: first.weights.subarray(0, 1000) };
  await drop(page, [{ name: 'run.json', bytes }, half]);
  await expect(page.getByRole('alert')).toContainText(
    /^The run is open, but its model is not kept \(weights\.safetensors: has 1000 bytes, and the weights of this run are \d+: .+\)\.$/,
  );
  await showTab(page, /^Runs/);
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await expect(openButton(page, 1)).toHaveCount(0);

  // The run is there already: now its model comes, too.
  await drop(page, [{ name: 'run.json', bytes }, weights]);
  await expect(page.getByRole('alert')).toContainText('The model of this run is kept with it');
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await page.reload();
  await ready(page);
  await open(page, 1);
  await expect(page.getByRole('region', { name: 'Training' })).toContainText('Done: epoch 20 of 20');
  expectSame(await taken(page), first);
  await expectAccessible(page);

  // The same run, said to be on a graph that is not here.
  const text = bytes.toString('utf8');
  const elsewhere = text.replace(/"fingerprint":"[^"]+"/, `"fingerprint":"${'0'.repeat(64)}"`);
  expect(elsewhere).not.toBe(text);
  const unknown = elsewhere.replace('"name":"debian-small"', '"name":"somebody’s own"');
  await drop(page, [{ name: 'other.json', bytes: Buffer.from(unknown) }, weights]);
  await expect(page.getByRole('alert')).toContainText('The model of this run is kept with it');
  await showTab(page, /^Runs/);
  await expect(runs(page).getByRole('row', { name: /opened from other\.json/ })).toContainText('graph not here');
  await close();
});

async function refuseModels(page: Page): Promise<void> {
  const trainer = page.workers().find((worker) => worker.url().startsWith('blob:'))!;
  await trainer.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...args) {
      if (String(args[1]).startsWith('models/')) throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, args);
    };
  });
}

test('where the browser has no room for a model, its run is kept all the same, and a sentence says so', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await refuseModels(page);
  await trainToEnd(page);
  await expect(page.getByRole('alert')).toContainText(
    /^Run 1 is kept, but its model is not \(The browser's storage is full, .*\): its weights can be saved until another run begins\.$/,
  );
  await showTab(page, /^Runs/);
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await expect(runs(page)).not.toContainText('Delete the models');
  await page.reload();
  await ready(page);
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await expect(runs(page).getByRole('button', { name: /^Open the model/ })).toHaveCount(0);
  await close();
});

test('in a series of seeds the sentence says of which run it is, and what is true while the next one trains', async () => {
  const { page, close } = await visit({ hash: SHORT.replace('epochs=20', 'epochs=40') });
  await refuseModels(page);
  await showTab(page, /^Runs/);
  await page.getByLabel('Number of seeds').selectOption('3');
  await page.getByRole('button', { name: 'Train with 3 seeds' }).click();
  await expect(page.getByRole('alert')).toContainText(
    /^Run 1 is kept, but its model is not \(.+\): its weights can be saved until another run begins\.$/,
    { timeout: 60_000 },
  );
  await expect(runs(page)).toContainText('Seed 2 of 3');
  await page.getByRole('button', { name: 'End with this seed' }).click();
  await finished(page);
  await expect(page.getByRole('alert')).toContainText(/^Run 2 is kept, but its model is not/);
  await showTab(page, 'Predictions');
  expect((await saved(page, 'Weights as safetensors')).length).toBeGreaterThan(1000);
  await close();
});
