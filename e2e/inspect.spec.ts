import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { decode } from 'fast-png';
import { drop, progress, setField, showsNodes, takeGraph, text, trainToEnd, visit } from './page.ts';

/** Looking inside: what is taken for what, and single nodes. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=15';

const graphOf = (page: Page) => page.getByRole('region', { name: 'Graph', exact: true });
const canvas = (page: Page) => graphOf(page).getByRole('application');
const card = (page: Page) => page.getByRole('region', { name: 'Pinned node' });
const panel = (page: Page) => page.getByRole('tabpanel').getByRole('region', { name: 'Predictions' });
const matrix = (page: Page) => page.getByRole('region', { name: 'Confusion matrix' });

/** The rows of a download, fields not unquoted. */
async function downloaded(page: Page, name: string): Promise<string[][]> {
  const promised = page.waitForEvent('download');
  await page.getByRole('button', { name: `Download the ${name} as CSV` }).click();
  const lines = readFileSync(await (await promised).path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  return lines.map((line) => line.split(','));
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

test('the tables count the nodes of the split and are there as CSV; a cell shows its nodes in the graph', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await page.getByRole('tab', { name: 'Predictions' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('appears here with its first predictions');
  await trainToEnd(page);
  await expect(panel(page).getByText(/^Epoch 15: .* test nodes right/)).toBeVisible();
  const shown = await matrix(page).locator('tbody tr').allTextContents();
  const confusion = await downloaded(page, 'confusion matrix');
  const scores = await downloaded(page, 'scores per class');
  const byDegree = await downloaded(page, 'accuracy by degree');
  const classes = confusion.length - 1;
  expect(shown).toHaveLength(classes);
  // The matrix on the page, row by row: as in the file, and as many as the class has nodes there.
  for (let truth = 0; truth < classes; truth++) {
    const [name, ...counts] = confusion[truth + 1];
    const cells = await matrix(page).locator('tbody tr').nth(truth).locator('td').allTextContents();
    expect(cells.map(Number)).toEqual(counts.map(Number));
    expect(scores[truth + 1][0]).toBe(name);
    expect(sum(counts.map(Number))).toBe(Number(scores[truth + 1][4]));
  }
  const nodes = sum(confusion.slice(1).flatMap((row) => row.slice(1).map(Number)));
  const right = sum(confusion.slice(1).map((row, truth) => Number(row[truth + 1])));
  expect(sum(byDegree.slice(1).map((row) => Number(row[2])))).toBe(nodes);
  expect(sum(byDegree.slice(1).map((row) => Number(row[3])))).toBe(right);
  await expect(panel(page)).toContainText(`${right.toLocaleString('en-GB')} of ${nodes.toLocaleString('en-GB')} test`);
  // What the legend counts is what the matrix counts.
  const legend = await graphOf(page)
    .getByRole('list', { name: 'Classes' })
    .getByRole('button')
    .first()
    .getAttribute('title');
  expect(legend).toContain(`${Number(confusion[1][1]).toLocaleString('en-GB')} of`);
  await panel(page).getByText('Training', { exact: true }).click();
  await expect(panel(page).getByText(/^Epoch 15: .* training nodes right/)).toBeVisible();
  await panel(page).getByText('Test', { exact: true }).click();
  await expectAccessible(page);

  // A cell shows its nodes in the graph.
  const cells = matrix(page).locator('td button');
  // One of them is in the order of the Tab key, whatever the number of classes.
  await expect(matrix(page).locator('td button[tabindex="0"]')).toHaveCount(1);
  const plain = await canvas(page).screenshot();
  await cells.first().click();
  await expect(cells.first()).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await canvas(page).screenshot()).equals(plain)).toBe(false);
  await page.keyboard.press('ArrowRight');
  await expect(cells.nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(cells.nth(1)).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Escape');
  await expect(matrix(page).locator('[aria-pressed="true"]')).toHaveCount(0);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Show all nodes' }).click();
  await expect(matrix(page).locator('[aria-pressed="true"]')).toHaveCount(0);
  await expect(cells.nth(1)).toBeFocused();
  await page.getByRole('button', { name: 'Reset to an untrained model' }).click();
  await expect(progress(page)).toContainText('Not trained yet');
  await expect(page.getByRole('tabpanel')).toContainText('appears here with its first predictions');
  await close();
});

test('a node is pinned by click, by name and by keyboard, tells its neighbours, and is let go', async () => {
  const { page, close } = await visit({ hash: SHORT });
  // Before a run there is no prediction.
  const field = page.getByLabel('Look at node');
  await field.fill('libapache2-mod-php');
  await field.press('Enter');
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText('libapache2-mod-php');
  await expect(card(page)).toContainText('The prediction appears when a run starts.');
  await expect(graphOf(page).getByRole('status')).toHaveText('Pinned libapache2-mod-php.');
  await field.fill('no such package');
  await field.press('Enter');
  await expect(graphOf(page).getByText(/has no node "no such package"/)).toBeVisible();
  await trainToEnd(page);
  const likeliest = card(page).getByRole('list', { name: 'Likeliest classes' });
  await expect(likeliest.getByRole('listitem')).toHaveCount(3);
  const shares = (await likeliest.getByRole('listitem').allTextContents()).map((row) =>
    Number(/([\d.]+) %/.exec(row)![1]),
  );
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  expect(sum(shares)).toBeLessThanOrEqual(100.2);
  // A neighbour is one press away, and keeps the focus where it was asked for.
  const neighbour = card(page).getByRole('list', { name: 'Neighbours' }).getByRole('button').first();
  const name = await neighbour.locator('span').first().textContent();
  await neighbour.click();
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(name!);
  await expect(card(page).getByRole('heading', { level: 2 })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  await expect(field).toBeFocused();
  // By keyboard: from node to node, Enter pins, Escape lets go.
  await canvas(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(card(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  await expect(canvas(page)).toBeFocused();
  // By click: somewhere near the middle is a node.
  const box = (await canvas(page).boundingBox())!;
  for (let i = 0; i < 40 && (await card(page).count()) === 0; i++) {
    await page.mouse.click(box.x + box.width * (0.35 + 0.0075 * i), box.y + box.height / 2);
    await page.waitForTimeout(50);
  }
  await expect(card(page)).toBeVisible();
  await card(page).getByRole('button', { name: 'Let go of the pinned node' }).click();
  await expect(card(page)).toHaveCount(0);
  await expect(field).toBeFocused();
  await expect(graphOf(page).getByRole('status')).toBeEmpty();
  await close();
});

test('axe finds nothing in the dark and on a narrow screen, coloured by confidence, with a node pinned', async () => {
  const { page, close } = await visit({ hash: SHORT, scheme: 'dark', viewport: { width: 390, height: 844 } });
  await trainToEnd(page);
  await page.getByText('Confidence', { exact: true }).click();
  await expect(page.getByRole('img', { name: /^Confidence, from \d+ % to 100 %/ })).toBeVisible();
  await page.getByLabel('Look at node').fill('libapache2-mod-php');
  await page.keyboard.press('Enter');
  await expect(card(page)).toBeVisible();
  await page.getByRole('tab', { name: 'Predictions' }).click();
  await expect(panel(page)).toBeVisible();
  await expectAccessible(page);
  await close();
});

/** The share of pixels that have a colour, as nodes have and edges and ground have not. */
async function coloured(page: Page): Promise<number> {
  const { data, channels, width, height } = decode(await canvas(page).screenshot());
  let count = 0;
  for (let i = 0; i < data.length; i += channels) {
    const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > 40) count++;
  }
  return count / (width * height);
}

test('a graph of many edges, which WebGL would paint, stays in the picture while it trains', async () => {
  const { page, close } = await visit();
  const [nodes, edges] = [260, 10_400];
  const pairs = Array.from({ length: edges }, (_, i) => `${i % nodes},${(i + 1 + Math.floor(i / nodes)) % nodes}`);
  const labels = Array.from({ length: nodes }, (_, node) => `${node},${Math.floor((4 * node) / nodes)}`);
  await drop(page, [
    { name: 'edges.csv', bytes: text(`source,target\n${pairs.join('\n')}\n`) },
    { name: 'nodes.csv', bytes: text(`id,label\n${labels.join('\n')}\n`) },
  ]);
  await takeGraph(page);
  await showsNodes(page, '260');
  await expect.poll(() => coloured(page)).toBeGreaterThan(0.02);
  await setField(page, 'epochs', '3');
  await trainToEnd(page);
  expect(await coloured(page)).toBeGreaterThan(0.02);
  await close();
});
