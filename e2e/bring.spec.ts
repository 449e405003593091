import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { zipSync } from 'fflate';
import { formatBytes } from '../src/app/theme/format.ts';
import { temporaryProfile } from './browser.ts';
import { drop, newestRun, preview, ready, setField, showsNodes, takeGraph, text, trainToEnd, visit } from './page.ts';

/** Graphs from elsewhere: a public file that a link names, a folder, an archive; what they are like, and how fast they train. */

const EDGES = `source,target\n${Array.from({ length: 60 }, (_, i) => `n${i},n${(i * 7 + 1) % 60}`).join('\n')}\n`;
const NODES = `id,label,height\n${Array.from({ length: 60 }, (_, i) => `n${i},${i % 3 ? 'odd' : 'even'},${i / 60}`).join('\n')}\n`;
const OPEN = { 'access-control-allow-origin': '*' };

/** A host of its own that answers like this, and what it was asked for. */
async function hosted(answer: RequestListener, use: (origin: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const archive = () =>
  zipSync({ 'ring/edges.csv': text(EDGES), 'ring/nodes.csv': text(NODES), 'ring/readme.md': text('#') });
const offer = (page: Page) => page.getByRole('region', { name: 'Graph of a link' });
const fetchIt = (page: Page) => page.getByRole('button', { name: /^Fetch it from 127\.0\.0\.1/ });
const datasets = (page: Page) => page.getByRole('region', { name: 'Dataset' });

test('a public file of a link is asked for by a click, previewed, kept when it is used, and named by links to its runs', async () => {
  const zip = archive();
  const serve: RequestListener = (_, response) => response.writeHead(200, OPEN).end(zip);
  await hosted(serve, async (origin, asked) => {
    const profile = await temporaryProfile();
    const hash = `#data=${origin}/ring.zip&preset=gcn&training.epochs=4`;
    const { page, close } = await visit({ hash, profile: profile.path });
    await expect(offer(page)).toContainText(`ring.zip from ${origin.slice(7)}`);
    expect(asked).toEqual([]);
    await fetchIt(page).click();
    await expect(preview(page)).toContainText(`${formatBytes(zip.length)}, the file that the link names on 127.0.0.1`);
    await expect(preview(page)).toContainText('60 nodes, by the names in the file');
    await expect(preview(page).getByRole('region', { name: 'Nodes by class' })).toContainText('40');
    // Nothing of it is kept so far, and the graph that was there is there.
    await showsNodes(page, '3,370');
    await expect(datasets(page).getByRole('button', { name: /^Delete/ })).toHaveCount(0);
    await takeGraph(page);
    await showsNodes(page, '60');
    await expect(page.getByLabel('epochs', { exact: true })).toHaveValue('4');
    await expect(offer(page)).toHaveCount(0);
    expect(asked).toEqual(['GET /ring.zip']);
    await expect(page.locator('iframe')).toHaveCount(0);

    await trainToEnd(page);
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    const link = await page.getByRole('dialog', { name: 'Share' }).getByLabel('Link').inputValue();
    expect(link).toMatch(new RegExp(`#run=[\\w-]+&data=${origin}/ring\\.zip$`));
    const address = await page.evaluate(() => location.hash);
    expect(address).toMatch(new RegExp(`^#data=${origin}/ring\\.zip&graph=[0-9a-f]{16}&preset=gcn`));

    // It is here: neither a reload nor the link asks its host again.
    await page.keyboard.press('Escape');
    await page.reload();
    await ready(page);
    await showsNodes(page, '60');
    await page.goto(link);
    await page.reload();
    await ready(page);
    await showsNodes(page, '60');
    await page.getByRole('button', { name: 'Run it here' }).click();
    await expect(page.getByRole('region', { name: 'Run from a link' })).toContainText('Identical, bit for bit', {
      timeout: 60_000,
    });
    expect(asked).toEqual(['GET /ring.zip']);
    await close();
    await profile.remove();

    // Elsewhere the link offers the file.
    const other = await visit({ hash: link.slice(link.indexOf('#')) });
    await expect(fetchIt(other.page)).toBeEnabled();
    await expect(other.page.getByRole('button', { name: 'Run it here' })).toBeDisabled();
    await fetchIt(other.page).click();
    await takeGraph(other.page);
    await expect(other.page.getByRole('button', { name: 'Run it here' })).toBeEnabled();
    await other.close();
  });
});

const FAILURES: readonly [string, RequestListener, RegExp][] = [
  [
    'lets no other page read it',
    (_, response) => response.end(EDGES),
    /lets no other page read this file \(CORS\): open the link yourself/,
  ],
  [
    'does not have it',
    (_, response) => response.writeHead(404, OPEN).end(),
    /has no such file: check the link, or drop/,
  ],
  [
    'has more than a page reads',
    (_, response) => void response.writeHead(200, { ...OPEN, 'content-length': 2 ** 31 }).write('source,target\n'),
    /a file of 2\.15 GB, more than the 1\.07 GB that a page reads/,
  ],
  [
    'breaks off',
    (request, response) => void response.writeHead(200, OPEN).write('a,b', () => request.destroy()),
    /broke off/,
  ],
];
for (const [name, answer, sentence] of FAILURES) {
  test(`a host that ${name} is told in a sentence, and the file may be dropped instead`, async () => {
    await hosted(answer, async (origin) => {
      const complaints = /CORS|Failed to load|ERR_/;
      const { page, close } = await visit({
        hash: `#data=${origin}/ring.csv&preset=gcn&training.epochs=7`,
        complaints,
      });
      await fetchIt(page).click();
      await expect(page.getByRole('alert')).toContainText(sentence);
      await expect(offer(page).getByRole('link')).toHaveAttribute('href', `${origin}/ring.csv`);
      await drop(page, [{ name: 'ring.csv', bytes: text(EDGES) }]);
      await takeGraph(page);
      await showsNodes(page, '60');
      // It stands for the file of the link: its settings are those of the link.
      await expect(offer(page)).toHaveCount(0);
      await expect(page.getByLabel('epochs', { exact: true })).toHaveValue('7');
      await close();
    });
  });
}

test('a host that does not answer is given up by a click, and the page itself never speaks to it', async () => {
  await hosted(
    () => {},
    async (origin, asked) => {
      const complaints = /Content Security Policy|violates/;
      const { page, close } = await visit({ hash: `#data=${origin}/ring.csv`, complaints });
      await fetchIt(page).click();
      await expect.poll(() => asked).toEqual(['GET /ring.csv']);
      const reached = await page.evaluate(async (url) => {
        const frame = document.querySelector('iframe')!;
        const own = await fetch(url).then(
          () => 'reached',
          () => 'refused',
        );
        return [own, frame.contentDocument, frame.sandbox.value];
      }, `${origin}/secret`);
      expect(reached).toEqual(['refused', null, 'allow-scripts']);
      expect(asked).toHaveLength(1);
      await offer(page).getByRole('button', { name: 'Cancel' }).click();
      await expect(fetchIt(page)).toBeEnabled();
      await expect(page.locator('iframe')).toHaveCount(0);
      await expect(page.getByRole('alert')).toHaveCount(0);
      await close();
    },
  );
});

test('the frame that fetches does nothing without its sandbox, for whoever puts it into a page', async () => {
  const { page, close } = await visit();
  const fetched = await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = './fetcher.html';
    await new Promise((resolve) => {
      frame.onload = resolve;
      document.body.append(frame);
    });
    const inside = frame.contentWindow as unknown as typeof globalThis & Window;
    const addresses: unknown[] = [];
    inside.fetch = (address) => {
      addresses.push(address);
      return new Promise(() => {});
    };
    const { port1 } = new MessageChannel();
    const data = { address: 'https://example.org/', most: 1 };
    inside.dispatchEvent(new inside.MessageEvent('message', { data, source: window, ports: [port1] }));
    return [inside.origin === location.origin, addresses.length];
  });
  expect(fetched).toEqual([true, 0]);
  await close();
});

test('an address that is not fetched is refused before anything is asked of it', async () => {
  const { page, requests, close } = await visit({ hash: '#data=http://example.org/ring.csv' });
  await expect(page.getByRole('alert')).toContainText('only https is fetched');
  await expect(fetchIt(page)).toHaveCount(0);
  expect(requests.filter((address) => address.includes('example.org'))).toEqual([]);
  await close();
});

test('a folder is taken by the file dialog and by a drop, and an archive as the folder in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-ring-'));
  mkdirSync(join(folder, 'tables'));
  writeFileSync(join(folder, 'tables', 'edges.csv'), EDGES);
  writeFileSync(join(folder, 'tables', 'nodes.csv'), NODES);
  writeFileSync(join(folder, 'LICENSE'), 'none');
  const { page, context, close } = await visit();
  const account = /60 nodes, by the names in the file/;
  const cancel = () => preview(page).getByRole('button', { name: 'Cancel' }).click();

  await page.locator('input[webkitdirectory]').setInputFiles(folder);
  await expect(preview(page)).toContainText(account);
  await cancel();

  const devtools = await context.newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 700, y: 400, data });
  }
  await expect(preview(page)).toContainText(account);
  await cancel();

  await drop(page, [{ name: 'ring.zip', bytes: archive() }]);
  await expect(preview(page)).toContainText(account);
  await close();
  rmSync(folder, { recursive: true });
});

test('the statistics of the graph that is there', async () => {
  const { page, close } = await visit();
  await page.getByRole('button', { name: /Zachary/ }).click();
  await showsNodes(page, '34');
  await page.getByRole('button', { name: 'Degrees, classes, homophily' }).click();
  const dialog = page.getByRole('dialog', { name: 'Statistics of karate' });
  // 156 ends of 78 edges; the instructor and the president have the most.
  await expect(dialog.getByRole('region', { name: 'Nodes by degree' })).toContainText(
    'Mean 4.59, median 3, largest 17.',
  );
  await expect(dialog.getByRole('region', { name: 'Nodes by class' }).getByRole('listitem')).toHaveCount(4);
  await expect(dialog.getByRole('region', { name: 'Homophily' })).toContainText(/7\d\.\d %/);
  await expect(dialog.getByRole('region', { name: 'Split', exact: true })).toContainText('validation');
  await close();
});

test('the speed of an epoch is tried, keeps nothing and changes no run', async () => {
  const hash = '#data=debian-small&preset=debian-gcn&training.epochs=5';
  const first = await visit({ hash });
  await trainToEnd(first.page);
  const [expected] = (await newestRun(first.page)).slice(7);
  await first.close();

  const { page, close } = await visit({ hash });
  const speed = page.getByRole('region', { name: 'Speed' });
  const button = speed.getByRole('button');
  await button.click();
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
  await expect(speed.getByRole('status')).toContainText(
    /^Training takes [\d.]+ m?s an epoch \([\d.]+ m?s to [\d.]+ m?s: .*one step\./,
    {
      timeout: 60_000,
    },
  );
  await expect(page.getByRole('tab', { name: 'Runs', exact: true })).toBeVisible();
  await trainToEnd(page);
  expect((await newestRun(page))[7]).toBe(expected);
  // Of another configuration it says nothing.
  await setField(page, 'epochs', '100000');
  await expect(speed.getByRole('status')).not.toContainText('Training takes');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(button).toBeDisabled();
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await expect(button).toBeEnabled();
  await close();
});
