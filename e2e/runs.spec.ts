import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Download, expect, type Page, test } from '@playwright/test';
import { readRecord } from '../src/cli/saved.ts';
import { encodeRecord } from '../src/run/codec.ts';
import { exampleRun, randomFrom } from '../src/run/linkExamples.ts';
import { curveHash } from '../src/run/record.ts';
import { drop, epochs, finished, newestRun, ready, setField, trainToEnd, visit } from './page.ts';

/** Runs are kept, compared and taken away. */

const SHORT = '#data=debian-small&preset=debian-gcn&training.epochs=6';

const runs = (page: Page) => page.getByRole('region', { name: 'Runs' });
const chart = (page: Page, title: string) => page.getByRole('region', { name: `${title} chart` });
const banner = (page: Page) => page.getByRole('region', { name: 'Run from a file' });

async function downloaded(page: Page, press: () => Promise<void>): Promise<Download> {
  const promised = page.waitForEvent('download');
  await press();
  return promised;
}

const bytesOf = async (download: Download) => readFileSync(await download.path());

/** The fields of a line; none of ours holds a quotation mark. */
const fieldsOf = (line: string) => Array.from(line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g), ([, a, b]) => a ?? b);

/** The rows of a download, by the names of its columns. */
async function csvOf(download: Download): Promise<Record<string, string>[]> {
  const [names, ...rows] = (await bytesOf(download)).toString('utf8').trimEnd().split('\r\n').map(fieldsOf);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

async function saveChart(page: Page, title: string, format: string): Promise<Download> {
  const name = `Save the ${title.toLowerCase()} chart`;
  await page.getByRole('button', { name }).click();
  const dialog = page.getByRole('dialog', { name });
  return downloaded(page, () => dialog.getByRole('button', { name: format }).click());
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

test('runs over seeds are one row with mean and interval, which opens, and one curve with its band', async () => {
  const { page, close } = await visit({ hash: `${SHORT}&training.seed=4` });
  await page.getByLabel('Number of seeds').selectOption('3');
  await page.getByRole('button', { name: 'Train with 3 seeds' }).click();
  await expect(page.getByText(/^Seed \d of 3\. /)).toBeVisible({ timeout: 30_000 });
  const group = runs(page).getByRole('row', { name: /GCN on debian-small, 3 seeds/ });
  await expect(group).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('Seed 3 of 3')).toHaveCount(0, { timeout: 60_000 });
  const table = await csvOf(
    await downloaded(page, () => page.getByRole('button', { name: 'Download as CSV' }).click()),
  );
  expect(table.map((row) => row['training.seed'])).toEqual(['4', '5', '6']);
  const scores = table.map((row) => 100 * Number(row['test accuracy']));
  const mean = scores.reduce((a, b) => a + b) / 3;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / 2);
  // Student's t of two degrees of freedom.
  const half = (4.3027 * deviation) / Math.sqrt(3);
  const digits = half < 0.1 ? 2 : 1;
  const cell = group.locator('td').nth(3);
  await expect(cell).toHaveText(`${mean.toFixed(digits)} ± ${half.toFixed(digits)} %`);
  await expect(cell).toHaveAttribute('title', /over 3 seeds, with Student's t interval of 95 %/);
  await expect(group).toContainText('4–6');
  await expect(runs(page).getByRole('rowheader')).toHaveCount(1);
  await group.getByRole('button', { name: /3 seeds/ }).click();
  await expect(runs(page).getByRole('rowheader')).toHaveCount(4);
  // The mean is drawn over the last run, with its interval around it.
  await expect(chart(page, 'Accuracy')).toContainText('mean of runs 1–3, test');
  const rows = await csvOf(await saveChart(page, 'Accuracy', 'CSV'));
  const last = rows.at(-1)!;
  const [low, middle, high] = [', low', '', ', high'].map((of) => Number(last[`mean of runs 1–3, test${of}`]));
  expect(low).toBeLessThanOrEqual(middle);
  expect(middle).toBeLessThanOrEqual(high);
  await expectAccessible(page);
  // The first seed once more is no further sample: the newer run stands for it.
  await trainToEnd(page);
  const again = runs(page).getByRole('row', { name: /1–4 · GCN on debian-small, 3 seeds, 1 re-run/ });
  await expect(again.locator('td').nth(3)).toHaveText(`${mean.toFixed(digits)} ± ${half.toFixed(digits)} %`);
  await expect(runs(page).getByRole('rowheader', { name: '4 · GCN on debian-small · re-run of 1' })).toBeVisible();
  await expect(runs(page).getByRole('rowheader', { name: '1 · GCN on debian-small · not in the mean' })).toBeVisible();
  // One more by hand with another setting is a row of its own.
  await setField(page, 'learning rate', '0.5');
  await trainToEnd(page);
  expect((await newestRun(page))[1]).toBe('5 · GCN on debian-small');
  await close();
});

test('a series ends with the run that is stopped, and when it is asked to', async () => {
  const { page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=1000000' });
  await page.getByRole('button', { name: 'Train with 5 seeds' }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(page);
  await expect(page.getByRole('button', { name: 'Train with 5 seeds' })).toBeEnabled();
  await setField(page, 'epochs', '400');
  await page.getByRole('button', { name: 'Train with 5 seeds' }).click();
  await page.getByRole('button', { name: 'End with this seed' }).click();
  await finished(page);
  await expect(page.getByRole('button', { name: 'Train with 5 seeds' })).toBeEnabled();
  await expect(runs(page).getByRole('rowheader')).toHaveCount(2);
  await close();
});

test('the table has a column for every setting in which two runs differ, or for all', async () => {
  const { page, close } = await visit({ hash: SHORT });
  await trainToEnd(page);
  const columns = () => runs(page).getByRole('columnheader').allTextContents();
  await expect.poll(columns).toContain('test score');
  expect(await columns()).not.toContain('hidden width');
  await setField(page, 'hidden width', '24');
  await trainToEnd(page);
  await expect.poll(columns).toContain('hidden width');
  expect(await columns()).not.toContain('dropout');
  expect((await newestRun(page))[8]).toBe('24');
  await runs(page).getByRole('checkbox', { name: 'differences only' }).press('Space');
  await expect.poll(columns).toContain('dropout');
  const [first] = await csvOf(
    await downloaded(page, () => page.getByRole('button', { name: 'Download as CSV' }).click()),
  );
  expect(first['training.epochs']).toBe('6');
  await expectAccessible(page);
  await close();
});

test('one crosshair goes through all charts, and their legends tell the values there', async () => {
  const { page, close } = await visit({ hash: '#data=debian-small&preset=debian-gcn&training.epochs=20' });
  await trainToEnd(page);
  const rows = await csvOf(await saveChart(page, 'Loss', 'CSV'));
  expect(rows).toHaveLength(20);
  const shownEpoch = async (title: string) => {
    const text = await chart(page, title)
      .getByText(/^epoch \d+$/)
      .textContent();
    return Number(text!.slice('epoch '.length));
  };
  const hover = async (title: string, share: number) => {
    await chart(page, title).scrollIntoViewIfNeeded();
    const box = (await chart(page, title).getByRole('img').boundingBox())!;
    await page.mouse.move(box.x + share * box.width, box.y + box.height / 2);
  };
  // On the canvas or on Plotly's drawing, whichever is there: afterwards once more on Plotly's.
  for (const share of [0.4, 0.7]) {
    await hover('Accuracy', share);
    const epoch = await shownEpoch('Loss');
    expect(epoch).toBe(await shownEpoch('Accuracy'));
    expect(Math.abs(epoch - share * 20)).toBeLessThan(4);
    const loss = Number(rows[epoch - 1].validation).toFixed(3);
    await expect(chart(page, 'Loss').getByRole('listitem').filter({ hasText: 'validation' })).toContainText(loss);
    await expect(chart(page, 'Loss').locator('.js-plotly-plot svg').first()).toBeVisible({ timeout: 30_000 });
  }
  await page.mouse.move(5, 5);
  await expect(page.getByText(/^epoch \d+$/)).toHaveCount(0);
  await page.getByRole('tab', { name: 'Time and memory' }).click();
  await hover('Memory', 0.5);
  expect(await shownEpoch('Memory')).toBe(await shownEpoch('Time per epoch'));
  expect(await shownEpoch('Memory')).toBe(await shownEpoch('Accuracy'));
  await close();
});

test('a chart that is taken hold of can be zoomed, however early its run began', async () => {
  const { page, close } = await visit({ hash: '#training.epochs=100000' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(chart(page, 'Loss').getByRole('img')).toBeVisible();
  // Begun this early, the run keeps the charts' library waiting. Longer than it waits where no run goes on:
  await page.waitForTimeout(3000);
  await chart(page, 'Loss').getByRole('img').click();
  await expect(chart(page, 'Loss').locator('.js-plotly-plot svg').first()).toBeVisible({ timeout: 10_000 });
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await close();
});

test('a run travels as a file, through the command line’s reader too, and runs again with the same curve', async () => {
  const { page, close } = await visit({ hash: `${SHORT}&model.hidden=24` });
  await trainToEnd(page);
  const [, , , , , , , curve] = await newestRun(page);
  const download = await downloaded(page, () => page.getByRole('button', { name: 'Save run 1 as a file' }).click());
  expect(download.suggestedFilename()).toBe('run-1-gcn-debian-small.json');
  const record = readRecord(await download.path());
  expect(record.result.curveHash.slice(0, 8)).toBe(curve);
  const bytes = await bytesOf(download);
  await page.getByRole('button', { name: 'Delete run 1' }).click();
  await page.goto('about:blank');
  await page.goto(process.env.EDGEWISE_E2E_PAGE!);
  await ready(page);

  await drop(page, [{ name: 'run.json', bytes }]);
  await expect(banner(page)).toContainText('This run came in a file: unverified until it is run again here.');
  await expect(page.getByLabel('hidden width', { exact: true })).toHaveValue('24');
  const opened = await newestRun(page);
  expect(opened[2]).toBe('opened from run.json');
  expect(opened[7]).toBe(curve);
  await banner(page).getByRole('button', { name: 'Run it here' }).click();
  await expect(banner(page)).toContainText('Identical, bit for bit', { timeout: 60_000 });
  const again = await newestRun(page);
  expect([again[2], again[7]]).toEqual(['identical, bit for bit', curve]);
  await expectAccessible(page);
  // By the button, a second time: it is there already.
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open run file' }).click();
  await (await choosing).setFiles({ name: 'copy.json', mimeType: 'application/json', buffer: bytes });
  await expect(banner(page)).toContainText('unverified');
  await expect(runs(page).getByRole('rowheader')).toHaveCount(2);
  await banner(page).getByRole('button', { name: 'Close' }).click();
  await page.reload();
  await ready(page);
  await expect(runs(page).getByRole('row', { name: /opened from run\.json/ })).toBeVisible();

  // What no run leaves behind is one sentence and changes nothing.
  const text = bytes.toString('utf8');
  const bad: [string, RegExp][] = [
    [text.replace('"valAcc":0.', '"valAcc":0.9'), /bad\.json: the hash of its curve is not that of its epochs/],
    [text.slice(0, 4000), /bad\.json: this is not JSON/],
    [text.replace('"schema":2', '"schema":99'), /bad\.json: schema "99" is not 2; use a newer Edgewise/],
    [text.replace('"model.hidden":24', '"model.hidden":-1'), /bad\.json: model\.hidden cannot be/],
  ];
  for (const [content, sentence] of bad) {
    await drop(page, [{ name: 'bad.json', bytes: new TextEncoder().encode(content) }]);
    await expect(page.getByRole('alert')).toContainText(sentence);
    await page.getByRole('button', { name: 'Close this message' }).click();
    await expect(banner(page)).toHaveCount(0);
  }
  await expect(runs(page).getByRole('rowheader')).toHaveCount(2);
  await close();
});

test('a long run is kept as a blob, which the next visit reads when the page is there, and is kept once', async () => {
  const { page, close } = await visit();
  const example = exampleRun(randomFrom(1), 6000);
  const result = { ...example.result, curveHash: await curveHash(example.epochs) };
  const bytes = new TextEncoder().encode(encodeRecord({ ...example, result }));
  expect(bytes.length).toBeGreaterThan(2 ** 20);
  const row = runs(page).getByRole('row', { name: /opened from long\.json/ });
  await drop(page, [{ name: 'long.json', bytes }]);
  await expect(row).toBeVisible();
  const kept = () =>
    page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const opening = indexedDB.open('edgewise-runs');
          opening.onsuccess = () => {
            const all = opening.result.transaction('runs').objectStore('runs').getAll();
            all.onsuccess = () => {
              opening.result.close();
              resolve(all.result.map(({ text }) => (text instanceof Blob ? `blob of ${text.size}` : typeof text)));
            };
          };
        }),
    );
  expect(await kept()).toEqual([expect.stringMatching(/^blob of \d{7}$/)]);
  await page.goto('about:blank');
  await page.goto(process.env.EDGEWISE_E2E_PAGE!);
  await ready(page);
  await expect(row).toBeVisible();
  await expect(row).toContainText(result.curveHash.slice(0, 8));
  await drop(page, [{ name: 'again.json', bytes }]);
  await expect(banner(page)).toContainText('unverified');
  await page.waitForTimeout(500);
  expect(await kept()).toHaveLength(1);
  await close();
});

test('a chart is there as PNG, SVG and CSV', async () => {
  const { page, close } = await visit({ hash: SHORT, scheme: 'dark' });
  await trainToEnd(page);
  const png = await saveChart(page, 'Accuracy', 'PNG');
  expect(png.suggestedFilename()).toBe('edgewise-accuracy.png');
  const image = await bytesOf(png);
  expect([...image.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([1600, 960]);
  const svg = (await bytesOf(await saveChart(page, 'Accuracy', 'SVG'))).toString('utf8');
  const drawing = await page.evaluate((source) => {
    const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
    const texts = [...parsed.querySelectorAll('text')].map(({ textContent }) => textContent);
    const ground = parsed.querySelector('rect')?.getAttribute('style') ?? '';
    return {
      root: parsed.documentElement.tagName,
      texts,
      ground,
      lines: parsed.querySelectorAll('.trace path').length,
    };
  }, svg);
  expect(drawing.root).toBe('svg');
  expect(drawing.texts).toEqual(expect.arrayContaining(['Accuracy', 'accuracy', 'epoch', 'validation', 'test']));
  expect(drawing.ground.replaceAll(' ', '')).toContain('fill:rgb(255,255,255)');
  expect(drawing.lines).toBeGreaterThanOrEqual(3);
  const rows = await csvOf(await saveChart(page, 'Accuracy', 'CSV'));
  expect(rows.map(({ epoch }) => epoch)).toEqual(['1', '2', '3', '4', '5', '6']);
  const shown = await chart(page, 'Accuracy').getByRole('listitem').filter({ hasText: 'test' }).textContent();
  expect(shown).toContain((100 * Number(rows[5].test)).toFixed(1));
  await close();
});
