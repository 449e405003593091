import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { drop, showsNodes, takeGraph, text, visit } from './page.ts';

/** Looking at samples: around a node of a graph too large to draw, and of a training step. */

const graphOf = (page: Page) => page.getByRole('region', { name: 'Graph', exact: true });
const canvas = (page: Page) => graphOf(page).getByRole('application');
const card = (page: Page) => page.getByRole('region', { name: 'Pinned node' });
const pinnedName = (page: Page) => card(page).getByRole('heading', { level: 2 });
const batch = (page: Page) => page.getByRole('tabpanel').getByRole('region', { name: 'Batch', exact: true });

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

const NODES = 20_001;

/** A ring with chords, one node more than is drawn. */
function ring(): Uint8Array {
  const lines = ['source,target'];
  for (let v = 0; v < NODES; v++) lines.push(`n${v},n${(v + 1) % NODES}`, `n${v},n${(v * 7 + 13) % NODES}`);
  return text(lines.join('\n'));
}

test('of a graph too large to draw a sample around a node is drawn; a click pins, and what is pinned becomes the middle', async () => {
  const { page, close } = await visit();
  await drop(page, [{ name: 'ring.csv', bytes: ring() }]);
  await takeGraph(page);
  await showsNodes(page, '20,001');
  await expect(graphOf(page)).toContainText('Too many nodes to draw one by one');
  await expect(canvas(page)).toHaveCount(0);
  await graphOf(page).getByRole('button', { name: 'A random node' }).click();
  await expect(canvas(page)).toBeVisible();
  await expect(graphOf(page)).toContainText(/A sample around n\d+: \d+ of 20,001 nodes/);
  await expect(pinnedName(page)).toHaveText(/^n\d+$/);

  const field = page.getByLabel('Look at node');
  await field.fill('n5');
  await field.press('Enter');
  await expect(graphOf(page)).toContainText('A sample around n5:');
  await expect(pinnedName(page)).toHaveText('n5');
  const centre = graphOf(page).getByRole('button', { name: 'Centre on the pinned node' });
  await expect(centre).toBeDisabled();
  // By click: a node answers to what is at most so far from it.
  const box = (await canvas(page).boundingBox())!;
  for (let y = 15; y < box.height && (await pinnedName(page).textContent()) === 'n5'; y += 28) {
    for (let x = 15; x < box.width && (await pinnedName(page).textContent()) === 'n5'; x += 28) {
      await page.mouse.click(box.x + x, box.y + y);
      await page.waitForTimeout(30);
    }
  }
  await expect(pinnedName(page)).not.toHaveText('n5');
  const name = (await pinnedName(page).textContent())!;
  await expect(graphOf(page)).toContainText('A sample around n5:');
  await centre.click();
  await expect(graphOf(page)).toContainText(`A sample around ${name}:`);
  await expect(pinnedName(page)).toHaveText(name);
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await close();
});

const SAMPLED =
  '#data=debian-small&preset=debian-gcn&sampling.strategy=neighbor&sampling.fanOut=5,3&sampling.batchSize=64&training.epochs=5';

test('the batch view shows what a step draws for the pinned node, hop by hop, and follows the fan-out', async () => {
  const { page, close } = await visit({ hash: SAMPLED });
  await page.getByRole('tab', { name: 'Batch' }).click();
  await expect(batch(page)).toContainText(/What step 1 of \d+ draws for the seed .*, one of the 64 in its batch/);
  await page.getByLabel('Look at node').fill('libapache2-mod-php');
  await page.keyboard.press('Enter');
  await expect(batch(page)).toContainText('draws for the seed libapache2-mod-php');
  const rows = batch(page).locator('tbody tr');
  await expect(rows).toHaveCount(2);
  const cells = async (row: number) => (await rows.nth(row).locator('td').allTextContents()).map(Number);
  const [first, second] = [await cells(0), await cells(1)];
  const [[fanOut, draws, edges, added, known], [nextFanOut, nextDraws, nextEdges, nextAdded, nextKnown]] = [
    first,
    second,
  ];
  expect([fanOut, draws, nextFanOut]).toEqual([5, 1, 3]);
  expect(edges).toBeLessThanOrEqual(5);
  expect([edges, nextEdges]).toEqual([added + known, nextAdded + nextKnown]);
  expect(nextDraws).toBe(1 + added);
  await expect(batch(page).locator('dl')).toContainText(`${1 + added + nextAdded} rows`);
  await expect(batch(page).locator('dl')).toContainText('main memory');
  const shown = Math.min(20, added) + Math.min(20, nextAdded) + 1;
  await expect(batch(page).locator('circle')).toHaveCount(shown);
  await expectAccessible(page);

  // Another epoch is another sample; all neighbours are as many as the card says.
  await page.getByLabel('Epoch', { exact: true }).fill('2');
  await page.keyboard.press('Enter');
  await expect(batch(page)).toContainText('draws for the seed libapache2-mod-php');
  await page.getByLabel('fan-out', { exact: true }).first().fill('-1');
  await page.keyboard.press('Enter');
  await expect(rows.first().locator('td').first()).toHaveText('all');
  const degree = /degree ([\d,]+)/.exec((await card(page).textContent())!)![1];
  await expect(rows.first().locator('td').nth(2)).toHaveText(degree);
  await close();
});

test('where the whole graph is one batch the view says so, and samples at a press', async () => {
  const { page, close } = await visit({
    hash: '#data=debian-small&preset=debian-gcn',
    scheme: 'dark',
    viewport: { width: 390, height: 844 },
  });
  await page.getByRole('tab', { name: 'Batch' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('takes the whole graph in every step');
  await page.getByRole('button', { name: 'Sample neighbours' }).click();
  await expect(batch(page)).toContainText('draws for the seed');
  await expectAccessible(page);
  await close();
});
