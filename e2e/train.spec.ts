import { expect, test } from '@playwright/test';
import {
  drop,
  epochs,
  finished,
  newestRun,
  plannedBytes,
  preview,
  progress,
  ready,
  setField,
  showsNodes,
  text,
  trainToEnd,
  visit,
} from './page.ts';

/** The first minute, and steering: in the real Chromium, on WebGPU. */

test('the first load draws the graph, one press trains it, and the picture and the curves follow', async () => {
  const { page, close } = await visit();
  const graph = page.getByRole('region', { name: 'Graph' }).locator('canvas').first();
  const untrained = await graph.screenshot();
  await showsNodes(page, '3,370');
  await setField(page, 'epochs', '40');
  await trainToEnd(page);
  expect(await epochs(page)).toBe(40);
  // The nodes have changed their colours.
  expect((await graph.screenshot()).equals(untrained)).toBe(false);
  const accuracy = page.getByRole('img', { name: /^Accuracy/ });
  await expect(accuracy).toHaveAccessibleName(/validation/i);
  const [, name, , testAccuracy] = await newestRun(page);
  expect(name).toContain('GCN on debian-small');
  expect(Number.parseFloat(testAccuracy)).toBeGreaterThan(80);
  await close();
});

test('what the graph is worth is one click away', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=30' });
  await trainToEnd(page);
  await page.getByRole('button', { name: 'Run without the graph', exact: true }).click();
  await finished(page);
  await expect(page.getByText(/the graph is worth \d+\.\d points/)).toBeVisible();
  expect((await newestRun(page))[1]).toContain('MLP');
  await close();
});

test('pause, one epoch, go on, stop: the run says where it is, and keeps what it has', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=5000' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(progress(page)).toContainText('Paused');
  await page.waitForTimeout(300);
  const at = await epochs(page);
  await page.waitForTimeout(500);
  expect(await epochs(page)).toBe(at);
  await page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect.poll(() => epochs(page)).toBe(at + 1);
  await expect(progress(page)).toContainText('Paused');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(at + 2);
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(page);
  const stopped = await epochs(page);
  expect(stopped).toBeLessThan(5000);
  await page.getByRole('button', { name: 'Reset to an untrained model' }).click();
  await expect(progress(page)).toContainText('Not trained yet');
  expect((await newestRun(page))[1]).toContain('GCN');
  await close();
});

test('the learning rate changes while it runs, and that is part of the run', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=60' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(5);
  await setField(page, 'learning rate', '0.2');
  await finished(page);
  const changed = await newestRun(page);
  // The same from the beginning without the change is another curve.
  await setField(page, 'learning rate', '0.02');
  await trainToEnd(page);
  const plain = await newestRun(page);
  expect(plain[2]).toContain('changes by hand');
  expect(plain[7]).not.toBe(changed[7]);
  await close();
});

test('the same seed gives the same bits, across a reload', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=20' });
  await trainToEnd(page);
  const [first] = [await newestRun(page)];
  await page.reload();
  await trainToEnd(page);
  const second = await newestRun(page);
  expect(second[7]).toBe(first[7]);
  expect(second[2]).toContain('identical, bit for bit');
  await close();
});

for (const kind of ['gcn', 'sage', 'gin', 'gat', 'gatv2', 'appnp', 'sgc', 'gcn2', 'mlp']) {
  test(`${kind} gives the same bits, across a reload`, async () => {
    const { page, close } = await visit({ hash: `#data=karate&preset=${kind}&training.epochs=3` });
    await trainToEnd(page);
    const first = await newestRun(page);
    await page.reload();
    await ready(page);
    await trainToEnd(page);
    const second = await newestRun(page);
    expect(second[1]).toContain(kind.toUpperCase());
    expect(second[7]).toBe(first[7]);
    await close();
  });
}

test('a preset that is chosen while it runs changes what of it is live, and the replay of that is the same', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=40' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(3);
  // Its learning rate is 0.01 instead of 0.02.
  await page.getByLabel('preset', { exact: true }).selectOption('planetoid-gcn');
  // The preset brought its number of epochs too.
  await setField(page, 'epochs', '40');
  await finished(page);
  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.getByLabel('Link').inputValue();
  await page.keyboard.press('Escape');
  await page.evaluate((hash) => {
    location.hash = hash;
  }, new URL(link).hash);
  await expect(page.getByText(/unverified until it is run again here/)).toBeVisible();
  const changed = await newestRun(page);
  await page.getByRole('button', { name: 'Run it here' }).click();
  await expect(page.getByText(/Identical, bit for bit/)).toBeVisible({ timeout: 60_000 });
  // Without the change by hand it is another curve.
  await page.getByRole('region', { name: 'Run from a link' }).getByRole('button', { name: 'Close' }).click();
  await trainToEnd(page);
  const plain = await newestRun(page);
  expect(plain[2]).toContain('changes by hand');
  expect(plain[7]).not.toBe(changed[7]);
  await close();
});

test('a graph is never exchanged under a run, and no run begins while one is loaded', async () => {
  const { page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=100000' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(1);
  await drop(page, [{ name: 'edges.csv', bytes: text('source,target\na,b\n') }]);
  await expect(page.getByRole('alert')).toContainText('A run is going on: stop it before you change the graph.');
  await page.evaluate(() => {
    location.hash = '#data=debian-small&preset=debian-gcn';
  });
  await expect(page.getByRole('alert')).toContainText(/before you open a link/);
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(page);
  await showsNodes(page, '34');
  // Pressed in the same moment as the choice of another graph, Train waits for it.
  await page.evaluate(() => {
    const named = (name: string) =>
      [...document.querySelectorAll('button')].find((button) => button.textContent?.startsWith(name))!;
    named('Debian 12, small').click();
    named('Train').click();
  });
  await showsNodes(page, '3,370');
  await expect(progress(page)).toContainText('Not trained yet');
  await setField(page, 'epochs', '3');
  await trainToEnd(page);
  expect((await newestRun(page))[1]).toContain('debian-small');
  await close();
});

test('a batch larger than the plan plans again between two epochs', async () => {
  const { page, close } = await visit({
    hash: '#data=debian-small&preset=debian-gcn&training.epochs=4000&sampling.strategy=neighbor&sampling.batchSize=256&sampling.fanOut=3,2&model.hidden=8',
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page), { timeout: 30_000 }).toBeGreaterThan(0);
  const before = await plannedBytes(page);
  await setField(page, 'batch size', '1024');
  await expect(page.getByText(/beyond this plan, so the next epoch makes a new one/)).toBeVisible();
  await expect.poll(() => plannedBytes(page), { timeout: 30_000 }).toBeGreaterThan(before);
  const at = await epochs(page);
  await expect.poll(() => epochs(page), { timeout: 30_000 }).toBeGreaterThan(at);
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(page);
  await close();
});

test('bad input is a sentence, and the run that was there stays', async () => {
  const { page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=5' });
  await trainToEnd(page);
  const status = await progress(page).textContent();
  const alert = page.getByRole('alert');
  const bad: [string, { name: string; bytes: Uint8Array }[], RegExp][] = [
    ['an empty file', [{ name: 'edges.csv', bytes: text('') }], /edges\.csv/],
    ['a program', [{ name: 'program.exe', bytes: text('MZ\u0000\u0001') }], /program\.exe/],
    ['half of Planetoid', [{ name: 'ind.cora.x', bytes: text('not a pickle') }], /cora/],
    [
      'a pickle that wants to run something',
      [{ name: 'ind.evil.graph', bytes: text("cos\nsystem\n(S'true'\ntR.") }],
      /evil/,
    ],
    [
      'a gzip bomb cut short',
      [{ name: 'x.csv.gz', bytes: Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 3) }],
      /x\.csv\.gz/,
    ],
  ];
  for (const [what, files, sentence] of bad) {
    await drop(page, files);
    await expect(alert, what).toContainText(sentence);
    await page.getByRole('button', { name: 'Close this message' }).click();
    expect(await progress(page).textContent(), what).toBe(status);
    await showsNodes(page, '34');
  }
  // What can be corrected is shown with the reason.
  await drop(page, [{ name: 'edges.csv', bytes: text('source,target\na,b\nc\n') }]);
  await expect(preview(page).getByRole('alert')).toContainText(
    'edges.csv: line 3 has 1 column where the first row has 2',
  );
  await preview(page).getByRole('button', { name: 'Cancel' }).click();
  await showsNodes(page, '34');
  await setField(page, 'learning rate', 'fast');
  await expect(page.getByText(/training\.lr cannot be "fast"/)).toBeVisible();
  await setField(page, 'layers', '1000');
  await expect(page.getByText(/model\.layers cannot be "1000"/)).toBeVisible();
  await close();
});
