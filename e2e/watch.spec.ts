import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { finished, progress, trainToEnd, visit } from './page.ts';

/** Watching a run: how the predictions changed, where its bytes are, which chunks it reads. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=40';

const graphOf = (page: Page) => page.getByRole('region', { name: 'Graph', exact: true });
const slider = (page: Page) => graphOf(page).getByRole('slider', { name: 'Epoch on show' });
const picture = (page: Page) => graphOf(page).getByRole('application').screenshot();
const plan = (page: Page) => page.getByRole('region', { name: 'Memory plan' });
const chunks = (page: Page) => page.getByRole('region', { name: 'Chunk accesses' });

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

/** Test nodes that the panel says are right. */
async function right(page: Page, epoch: number): Promise<number> {
  const text = page.getByText(new RegExp(`^Epoch ${epoch}: .* test nodes right`));
  await expect(text).toBeVisible();
  return Number(/: ([\d,]+) of/.exec((await text.textContent())!)![1].replaceAll(',', ''));
}

/** Of each class, what the legend says of its scores. */
const legend = (page: Page) =>
  graphOf(page).getByRole('list', { name: 'Classes' }).getByRole('button').allTextContents();

test('an earlier epoch is shown by the graph, its classes and the tables, and the latest comes back', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await page.getByRole('tab', { name: 'Predictions' }).click();
  await expect(slider(page)).toHaveCount(0);
  await trainToEnd(page);
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'epoch 40 of 40');
  const last = { right: await right(page, 40), legend: await legend(page), picture: await picture(page) };

  await slider(page).focus();
  await page.keyboard.press('Home');
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'epoch 1 of 40');
  expect(await right(page, 1)).toBeLessThan(last.right);
  expect(await legend(page)).not.toEqual(last.legend);
  await expect.poll(async () => (await picture(page)).equals(last.picture)).toBe(false);
  const first = await picture(page);
  await page.keyboard.press('ArrowRight');
  await expect(graphOf(page).getByText(/^[\d,]+ nodes? changed since epoch 1$/)).toBeVisible();
  await expectAccessible(page);

  await graphOf(page).getByRole('button', { name: 'Latest' }).click();
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'epoch 40 of 40');
  await expect(slider(page)).toBeFocused();
  expect(await right(page, 40)).toBe(last.right);
  expect(await legend(page)).toEqual(last.legend);
  await expect.poll(async () => (await picture(page)).equals(first)).toBe(false);

  // The replay begins with the first epoch, can be held, and ends with the latest.
  await graphOf(page).getByRole('button', { name: 'Replay how the predictions changed' }).click();
  await expect(slider(page)).not.toHaveAttribute('aria-valuetext', 'epoch 40 of 40');
  await graphOf(page).getByRole('button', { name: 'Pause the replay' }).click();
  await graphOf(page).getByRole('button', { name: 'Replay how the predictions changed' }).click();
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'epoch 40 of 40', { timeout: 30_000 });
  await expect(graphOf(page).getByRole('button', { name: 'Replay how the predictions changed' })).toBeVisible();

  // A new run begins anew, and is followed.
  await slider(page).focus();
  await page.keyboard.press('Home');
  await trainToEnd(page);
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'epoch 40 of 40');
  expect(await right(page, 40)).toBe(last.right);
  await close();
});

const bytesOf = (text: string) => Number(text.replace(/[^\d]/g, ''));

test('the memory ladder tells forecast, now, the most and the budget of each place, to the byte', async () => {
  const { page, close } = await visit({ hash: SHORT });
  const rung = (place: string) =>
    plan(page)
      .locator('dl > div')
      .filter({ has: page.locator('dt', { hasText: place }) });
  const forecast = async (place: string) => await rung(place).locator('dd').first().getAttribute('title');
  await expect(rung('GPU')).not.toContainText('now');
  await expect(rung('GPU')).toContainText('of no limit');
  await page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect(progress(page)).toContainText('Paused: epoch 1');
  // Held up, the GPU holds what was planned for it, and never held more.
  const planned = await forecast('GPU');
  await expect(rung('GPU').getByText(/^now /)).toHaveAttribute('title', `now ${planned}, at most ${planned}`);
  await expect(rung('worker').getByText(/^now .*, at most /)).toBeVisible();
  // A run that is paused is kept: one checkpoint, of the two that the forecast has room for.
  const onDisk = rung('disk').getByText(/^now .*, at most /);
  await expect(onDisk).not.toContainText('now 0 bytes');
  const [now, most] = [...(await onDisk.getAttribute('title'))!.matchAll(/[\d,]+(?= bytes)/g)].map(([digits]) =>
    bytesOf(digits),
  );
  expect(now).toBe(most);
  expect(2 * most).toBeLessThanOrEqual(bytesOf((await forecast('disk'))!));
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(page);
  await expect(rung('GPU').getByText(/^last run at most /)).toHaveAttribute('title', planned!);
  const budget = rung('worker').getByRole('textbox', { name: 'worker memory budget' });
  await budget.fill('1 TB');
  await budget.press('Enter');
  await expect(rung('worker').getByTitle('budget 1,000,000,000,000 bytes, beyond the end of the bar')).toHaveCount(1);
  await expectAccessible(page);
  await close();
});

const STORED =
  '&sampling.strategy=neighbor&evaluation.strategy=neighbor&sampling.batchSize=128&sampling.workers=2' +
  '&memory.store=indexeddb&memory.chunkBytes=4096&memory.cacheBytes=1048576';

test('the chunks that a run reads are a heat strip, while somebody looks', async () => {
  const { page, close } = await visit({ hash: `#data=debian-small&preset=debian-gcn&training.epochs=3${STORED}` });
  await page.getByRole('tab', { name: 'Time and memory' }).click();
  await expect(chunks(page)).toContainText('Press Train');
  await trainToEnd(page);
  const strips = chunks(page).getByRole('img');
  await expect(strips.filter({ visible: true }).first()).toHaveAccessibleName(
    /^neighbours: of late [\d,]+ of [\d,]+ chunks asked for, \d+ % of the look-ups found in the cache$/,
  );
  await expect(
    chunks(page)
      .getByRole('img', { name: /^feature/ })
      .first(),
  ).toBeVisible();
  await expect(chunks(page)).toContainText(/\d+\.\d % found in the cache, [\d.]+ (bytes|kB|MB) read per batch/);
  await strips.first().hover();
  await expect(strips.first()).toHaveAttribute(
    'title',
    /^chunks? [\d,]+.*: (not asked for of late|\d+ % found in the cache, )/,
  );
  await expectAccessible(page);

  // Nobody looks at the next run, which is the same; then the panel knows nothing of it.
  await page.getByRole('tab', { name: /^Runs/ }).click();
  await trainToEnd(page);
  await expect(page.getByRole('tabpanel').locator('tbody tr').first()).toContainText('identical, bit for bit');
  await page.getByRole('tab', { name: 'Time and memory' }).click();
  await expect(chunks(page)).toContainText('Press Train');
  await close();
});

test('a graph in memory has no chunks, and the panel says so', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await page.getByRole('tab', { name: 'Time and memory' }).click();
  await expect(chunks(page)).toContainText('This graph is in memory: no chunk is read.');
  await close();
});
