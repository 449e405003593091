import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { readSafetensors } from '../src/formats/safetensors.ts';
import { drop, ready, ringFiles, showsNodes, takeGraph, trainToEnd, visit } from './page.ts';

/** The trained model in the page: asked about a graph that is edited, and taken away. */

const GAT = '#data=debian-small&preset=debian-gcn&model.kind=gat&model.heads=2&model.hidden=8&training.epochs=10';

const card = (page: Page) => page.getByRole('region', { name: 'Pinned node' });
const whatIf = (page: Page) => page.getByRole('region', { name: 'What if' });
const edits = (page: Page) => whatIf(page).getByRole('list', { name: 'Edits' });
const answers = (page: Page) =>
  whatIf(page)
    .getByRole('list', { name: /before and after/ })
    .getByRole('listitem');

async function pin(page: Page, name: string): Promise<void> {
  const field = page.getByLabel('Look at node');
  await field.fill(name);
  await field.press('Enter');
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(name);
}

async function budget(page: Page, bytes: string): Promise<void> {
  const plan = page.getByRole('region', { name: 'Memory plan' });
  const field = plan.getByRole('textbox', { name: 'worker memory budget' });
  await field.fill(bytes);
  await field.press('Enter');
}

/** The per cents in a text. */
const shares = (text: string | null) => Array.from(text!.matchAll(/([\d.]+) %/g), ([, share]) => Number(share));

async function download(page: Page, button: string): Promise<Buffer> {
  const promised = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFileSync(await (await promised).path());
}

test('attention adds up, edits change what the model says, undone it says what it did; model and predictions are files', async () => {
  const { page, close } = await visit({ hash: GAT });
  await pin(page, 'libapache2-mod-php');
  await expect(whatIf(page)).toContainText('When a run is done');
  await trainToEnd(page);

  // Attention: of one layer and the mean of its heads, or one head; to the neighbours and itself.
  const choice = card(page).getByLabel('Attention');
  await expect(choice.locator('option')).toHaveText([
    'layer 1, mean of 2 heads',
    'layer 1, head 1',
    'layer 1, head 2',
    'layer 2',
  ]);
  const attention = async () => {
    const listed = await card(page).locator('ul[data-attention] li').allTextContents();
    const rest = await card(page)
      .getByText(/^To itself/)
      .textContent();
    return [...listed.flatMap(shares), ...shares(rest)];
  };
  for (const layer of ['0', '0 1', '1']) {
    await choice.selectOption(layer);
    const all = await attention();
    expect(Math.abs(all.reduce((a, b) => a + b, 0) - 100)).toBeLessThan(0.051 * all.length);
  }

  // Without an edge: a chip, other probabilities, and the attention goes elsewhere.
  const plain = await attention();
  await card(page)
    .getByRole('button', { name: /^Try without the edge to/ })
    .first()
    .click();
  await expect(edits(page).getByRole('button', { name: /^without / })).toHaveCount(1);
  const first = await answers(page).first().textContent();
  expect(first).toContain('→');
  const [before, after] = shares(first);
  expect(after).not.toBe(before);
  expect(await attention()).not.toEqual(plain);
  await expect(card(page).getByRole('button', { name: /^Put the edge to .* back/ })).toHaveCount(1);

  // With another one, and with a feature that it does not have.
  const field = whatIf(page).getByLabel('Add an edge to');
  await field.fill('no such package');
  await field.press('Enter');
  await expect(whatIf(page).getByText(/has no node "no such package"/)).toBeVisible();
  await field.fill('accerciser');
  await field.press('Enter');
  await expect(edits(page).getByRole('button', { name: /^with accerciser/ })).toBeVisible();
  await expect(card(page).getByRole('button', { name: 'Try without the edge to accerciser' })).toBeVisible();
  await whatIf(page).getByLabel('Set feature').fill('3');
  await whatIf(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(edits(page).getByRole('button')).toHaveCount(4);
  await expect.poll(async () => Math.round((await attention()).reduce((a, b) => a + b, 0))).toBe(100);
  await expect(whatIf(page).getByRole('status')).toContainText('Predicted on the CPU');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);

  // Undone, all is as before.
  await edits(page).getByRole('button', { name: 'Undo all' }).click();
  await expect(edits(page)).toHaveCount(0);
  await expect.poll(attention).toEqual(plain);

  // The model and what it says, as files.
  await page.getByRole('tab', { name: 'Predictions' }).click();
  const { tensors, metadata } = readSafetensors(await download(page, 'Weights as safetensors'), 'weights.safetensors');
  expect(tensors.get('convs.0.att_src')!.shape).toEqual([1, 2, 4]);
  expect(metadata.get('curveHash')).toMatch(/^[0-9a-f]{64}$/);
  const lines = (await download(page, 'Predictions as CSV')).toString().trimEnd().split('\n');
  const nodes = await page
    .getByRole('region', { name: 'Graph', exact: true })
    .getByText(/ nodes/)
    .first()
    .textContent();
  expect(lines.length - 1).toBe(Number(/([\d,]+) nodes/.exec(nodes!)![1].replaceAll(',', '')));
  expect(lines[0]).toMatch(/^node,class,true,split,/);
  const php = lines.find((line) => line.startsWith('libapache2-mod-php,'))!.split(',');
  const sum = php.slice(4).reduce((total, share) => total + Number(share), 0);
  expect(sum).toBeCloseTo(1, 4);
  await close();
});

test('a run that is begun while the model is asked waits for the answer', async () => {
  const { page, close } = await visit({ hash: GAT });
  await pin(page, 'libapache2-mod-php');
  await trainToEnd(page);
  const without = card(page)
    .getByRole('button', { name: /^Try without the edge to/ })
    .first();
  const train = page.getByRole('button', { name: 'Train', exact: true });
  // The question is with the worker, and not answered yet.
  await without.evaluate(
    (first: HTMLElement, second) => {
      first.click();
      setTimeout(() => (second as HTMLElement).click());
    },
    await train.elementHandle(),
  );
  await expect(edits(page).getByRole('button', { name: /^without / })).toHaveCount(1);
  await expect(page.getByRole('tab', { name: /^Runs/ })).toContainText('2', { timeout: 30_000 });
  await expect(answers(page).first()).toContainText('→');
  await close();
});

test('features are found by the beginning of their names', async () => {
  const { page, close } = await visit({ hash: GAT });
  await pin(page, 'libapache2-mod-php');
  await trainToEnd(page);
  const field = whatIf(page).getByLabel('Set feature');
  const options = field.locator('xpath=ancestor::form//datalist/option');
  await expect(options).toHaveCount(0);
  await field.pressSequentially('se');
  expect(await options.count()).toBeGreaterThan(1);
  expect(await options.count()).toBeLessThanOrEqual(8);
  const name = (await options.first().getAttribute('value'))!;
  expect(name).toMatch(/^se/);
  await field.fill(name);
  await field.press('Enter');
  await expect(edits(page).getByRole('button', { name: new RegExp(`: ${name} = 1`) })).toBeVisible();
  await close();
});

test('in the dark and on a narrow screen nothing overflows', async () => {
  const { page, close } = await visit({ hash: GAT, scheme: 'dark', viewport: { width: 390, height: 844 } });
  await trainToEnd(page);
  await pin(page, 'libapache2-mod-php');
  await card(page)
    .getByRole('button', { name: /^Try without the edge to/ })
    .first()
    .click();
  await expect(answers(page).first()).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await close();
});

test('a graph that stays on disk is asked about node by node, and says what it says in memory', async () => {
  const config =
    'preset=gcn&model.kind=gat&model.heads=2&training.epochs=3&training.lr=0.05&sampling.strategy=neighbor&sampling.batchSize=256' +
    '&sampling.fanOut=5,3&evaluation.strategy=neighbor';
  const { page, close } = await visit({ hash: `#data=karate&${config}` });
  const told: string[][] = [];
  for (const onDisk of [false, true]) {
    if (onDisk) {
      const datasets = page.getByRole('region', { name: 'Dataset' });
      await datasets.getByRole('button', { name: /Zachary/ }).click();
      await showsNodes(page, '34');
      await datasets.getByRole('button', { name: 'Delete edges' }).click();
      // As far as its workers' memory goes, this graph is large.
      await budget(page, '100 kB');
    }
    await drop(page, ringFiles(3000));
    if (onDisk) await page.getByLabel('Order of rows on disk').selectOption('degree');
    await takeGraph(page);
    if (onDisk) {
      await expect(page.getByText('The graph stays on this browser’s disk')).toBeVisible();
      await page.evaluate(() => {
        location.hash = location.hash.replace(/&memory\.workerBudget=\d+/, '');
      });
      await ready(page);
    } else await showsNodes(page, '3,000');
    await trainToEnd(page);
    await pin(page, 'n5');
    // What it takes its neighbours for is told where all of them are in memory.
    const attention = async () => {
      const lines = await card(page).locator('ul[data-attention] li').allTextContents();
      return lines.map((line) => line.replace(/predicted (odd|even)/, ''));
    };
    await expect(card(page)).toContainText('To itself');
    const plain = await attention();
    await card(page)
      .getByRole('button', { name: /^Try without the edge to/ })
      .first()
      .click();
    await whatIf(page).getByLabel('Add an edge to').fill('n1234');
    await whatIf(page).getByLabel('Add an edge to').press('Enter');
    await whatIf(page).getByLabel('Set feature').fill('height');
    await whatIf(page).getByLabel('to', { exact: true }).fill('3');
    await whatIf(page).getByRole('button', { name: 'Set', exact: true }).click();
    await expect(edits(page).getByRole('button')).toHaveCount(4);
    await expect(answers(page)).toHaveCount(2);
    told.push([...plain, ...(await attention()), ...(await answers(page).allTextContents())]);
    const verdict = whatIf(page).getByRole('status');
    await expect(verdict).toContainText(/Its class (stays|changes)/);
    await expect(verdict).toContainText('Predicted on the CPU');
    if (onDisk) await expect(verdict).not.toContainText('other node');
    else await expect(verdict).toContainText('other node');
  }
  expect(told[0].some((line) => line.includes(' %'))).toBe(true);
  expect(told[1]).toEqual(told[0]);
  await close();
});
