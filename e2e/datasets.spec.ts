import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { FIRST_DATASET } from '../src/worker/protocol.ts';
import { temporaryProfile } from './browser.ts';
import {
  drop,
  epochs,
  filesOf,
  newestRun,
  preview,
  progress,
  ready,
  setField,
  showsNodes,
  takeGraph,
  text,
  trainToEnd,
  transport,
  visit,
} from './page.ts';

/** Graphs that come, stay and go. */

const DATA = process.env.EDGEWISE_DATA;
const cora = () => {
  const folder = join(DATA!, 'planetoid-cora');
  return filesOf(readdirSync(folder).map((name) => join(folder, name)));
};

/** Requests but for the page's own code: the charts' library comes when the page is at rest. */
const foreign = (addresses: readonly string[]) =>
  addresses.filter((address) => !/\/assets\/[^/]+\.(js|css)$/.test(address));

test.describe('Cora from real files', () => {
  test.skip(!DATA, 'EDGEWISE_DATA is not set');

  test('dropped: nothing is sent, it trains, and after a reload without a network it is still there', async () => {
    const profile = await temporaryProfile();
    const first = await visit({ profile: profile.path });
    const before = first.requests.length;
    await drop(first.page, cora());
    await expect(preview(first.page)).toContainText('302 duplicate edges of cora merged');
    await takeGraph(first.page);
    await showsNodes(first.page, '2,708');
    await setField(first.page, 'epochs', '30');
    await trainToEnd(first.page);
    expect(Number.parseFloat((await newestRun(first.page))[3])).toBeGreaterThan(70);
    expect(foreign(first.requests.slice(before))).toEqual([]);
    await first.close();

    const second = await visit({ profile: profile.path });
    const kept = second.page.getByRole('region', { name: 'Dataset' }).getByRole('button', { name: /^cora/i });
    await expect(kept).toHaveCount(2);
    const requested = second.requests.length;
    await kept.last().click();
    await showsNodes(second.page, '2,708');
    expect(foreign(second.requests.slice(requested))).toEqual([]);
    // Deleted, it is gone after the next reload.
    await second.page.getByRole('button', { name: /^Karate|Zachary/ }).click();
    await showsNodes(second.page, '34');
    await second.page.getByRole('button', { name: /^Delete cora/i }).click();
    await expect(kept).toHaveCount(1);
    await second.page.reload();
    await ready(second.page);
    await expect(kept).toHaveCount(1);
    await second.close();
    await profile.remove();
  });

  test('downloaded: size and licence come first, and it is kept', async () => {
    const { page, requests, close } = await visit();
    await page.getByRole('button', { name: /^Cora/ }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('572 kB');
    await expect(dialog).toContainText('MIT');
    await expect(dialog.getByRole('link')).toHaveAttribute('href', new URL('/mirror/cora/ind.cora.x', page.url()).href);
    expect(requests.filter((address) => address.includes('/mirror/'))).toEqual([]);
    await dialog.getByRole('button', { name: /Download/ }).click();
    await showsNodes(page, '2,708');
    const downloads = requests.filter((address) => address.includes('/mirror/')).length;
    expect(downloads).toBe(8);
    await page.getByRole('button', { name: /Zachary/ }).click();
    await showsNodes(page, '34');
    // A learned vector for each node is none.
    await expect(page.getByRole('region', { name: 'Graph', exact: true })).toContainText('4 classes · no features');
    await page.getByRole('button', { name: /^Cora/ }).click();
    await showsNodes(page, '2,708');
    expect(requests.filter((address) => address.includes('/mirror/'))).toHaveLength(downloads);
    await close();
  });

  test('downloaded where it will stay on disk: the order of its rows is chosen beforehand', async () => {
    const { page, close } = await visit();
    const cora = page.getByRole('button', { name: /^Cora/ });
    const order = page.getByRole('dialog').getByLabel('Order of rows on disk');
    await cora.click();
    await expect(page.getByRole('dialog')).toContainText('MIT');
    await expect(order).toHaveCount(0);
    await page.keyboard.press('Escape');
    // Its edges alone are more than that.
    await setField(page, 'of worker memory budget', '70 kB');
    await cora.click();
    await order.selectOption({ label: 'by degree: what is drawn most often first' });
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Download/ })
      .click();
    await expect(cora).toContainText('rows on disk by degree');
    await setField(page, 'of worker memory budget', '64 MB');
    await showsNodes(page, '2,708');
    await setField(page, 'epochs', '2');
    await trainToEnd(page);
    await close();
  });

  test('a link to it has a button that says what is downloaded, and keeps the settings of the link', async () => {
    const { page, requests, close } = await visit({ hash: '#data=cora&preset=gat' });
    const banner = page.getByRole('region', { name: 'Graph of a link' });
    await expect(banner).toContainText('This link needs the dataset Cora.');
    await banner.getByRole('button', { name: 'Download it, 572 kB' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cora' });
    await expect(dialog).toContainText('Downloads 572 kB in 8 files from');
    await expect(dialog).toContainText('MIT');
    expect(requests.filter((address) => address.includes('/mirror/'))).toEqual([]);
    await dialog.getByRole('button', { name: 'Download Cora' }).click();
    await showsNodes(page, '2,708');
    await expect(banner).toHaveCount(0);
    await expect(page.getByLabel('preset', { exact: true })).toHaveValue('gat');
    await close();
  });

  test('sampled training reads the kept graph from the disk of this browser, to the same bits as from memory', async () => {
    const sampled =
      'training.epochs=3&sampling.strategy=neighbor&evaluation.strategy=neighbor&sampling.batchSize=64&sampling.fanOut=5,3';
    const { page, close } = await visit();
    await drop(page, cora());
    await takeGraph(page);
    await showsNodes(page, '2,708');
    await page.getByRole('button', { name: 'All settings' }).click();
    const hashes: string[] = [];
    for (const store of ['memory', 'indexeddb', 'opfs']) {
      const hash = await page.evaluate(() => location.hash);
      const graph = /graph=[0-9a-f]+/.exec(hash)![0];
      await page.evaluate((next) => {
        location.hash = next;
      }, `#${graph}&preset=gcn&${sampled}&memory.store=${store}`);
      await expect(page.getByLabel('store', { exact: true })).toHaveValue(store);
      await expect(page.getByLabel('epochs', { exact: true })).toHaveValue('3');
      await ready(page);
      await trainToEnd(page);
      const row = await newestRun(page);
      hashes.push(row[7]);
    }
    expect(hashes).toEqual([hashes[0], hashes[0], hashes[0]]);
    await close();
  });
});

test('a NumPy archive of the heterophilous benchmark, dropped, trains', async () => {
  test.skip(!DATA, 'EDGEWISE_DATA is not set');
  const { page, close } = await visit();
  await drop(page, filesOf([join(DATA!, 'heterophilous/minesweeper.npz')]));
  await showsNodes(page, '10,000');
  await setField(page, 'epochs', '3');
  await trainToEnd(page);
  await close();
});

test('a download that fails is a sentence, and the graph that was there stays', async () => {
  const { page, context, close } = await visit();
  await context.route('**/mirror/**', (route) => route.fulfill({ status: 200, body: 'not what was promised' }));
  await page.getByRole('button', { name: /^CiteSeer/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Download/ })
    .click();
  await expect(page.getByRole('alert')).toContainText(/drop its files here/);
  await showsNodes(page, '3,370');
  await close();
});

test('a table of edges that is dropped is drawn and described', async () => {
  const { page, close } = await visit();
  const edges = Array.from({ length: 60 }, (_, i) => `n${i},n${(i * 7 + 1) % 60}`).join('\n');
  const nodes = Array.from({ length: 60 }, (_, i) => `n${i},${i % 3 ? 'odd' : 'even'},${i / 60}`).join('\n');
  await drop(page, [
    { name: 'edges.csv', bytes: text(`source,target\n${edges}\n`) },
    { name: 'nodes.csv', bytes: text(`id,label,height\n${nodes}\n`) },
  ]);
  await takeGraph(page);
  await showsNodes(page, '60');
  // The last of the list, and in sight.
  const row = page.getByRole('list', { name: 'Datasets' }).getByRole('button', { name: /^edges/ });
  await expect(row).toHaveAttribute('aria-current', 'true');
  await expect(row).toBeInViewport({ ratio: 0.9 });
  await setField(page, 'epochs', '3');
  await trainToEnd(page);
  // Of somebody's own graph the address tells a fingerprint, and nothing else.
  const hash = await page.evaluate(() => location.hash);
  expect(hash).toMatch(/^#graph=[0-9a-f]{16}&/);
  expect(hash).not.toMatch(/edges|nodes|odd|even/);
  await close();
});

test('several labels of a node are learned, and judged by their micro-F1', async () => {
  const { page, close } = await visit();
  const edges = Array.from({ length: 60 }, (_, i) => `${i},${(i * 7 + 1) % 60}`).join('\n');
  const nodes = Array.from({ length: 60 }, (_, i) => `${i},${['red', 'red;blue', 'blue'][i % 3]},${i % 3}`).join('\n');
  await drop(page, [
    { name: 'edges.csv', bytes: text(`source,target\n${edges}\n`) },
    { name: 'nodes.csv', bytes: text(`id,label,height\n${nodes}\n`) },
  ]);
  const shown = preview(page);
  await expect(shown.getByLabel(/^Column 2 of nodes.csv/)).toHaveValue('labelList');
  await expect(shown.getByRole('status')).toContainText('Multi-label: 2 labels, 1.33 per labelled node on average.');
  await takeGraph(page);
  await showsNodes(page, '60');
  await setField(page, 'epochs', '3');
  await trainToEnd(page);
  await expect(page.getByRole('heading', { name: 'Micro-F1' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Classes' }).getByRole('button').first()).toContainText('40');
  expect((await newestRun(page))[3]).toMatch(/% micro F1$/);
  const chart = (await page.getByRole('region', { name: 'Micro-F1' }).textContent())!;

  // Label by label, and nodes that have exactly their labels, by degree.
  await page.getByRole('tab', { name: 'Predictions' }).click();
  const judged = page.getByRole('region', { name: 'Predictions', exact: true });
  await expect(judged).toContainText(/Epoch 3: micro-F1 \d+\.\d %; \d+ of 12 test nodes have exactly their labels/);
  const scores = judged.getByRole('region', { name: 'Precision, recall and F1 of each class' });
  await expect(scores.getByRole('rowheader')).toHaveText(['blue', 'red', 'macro mean', 'micro mean']);
  const micro = (await scores.getByRole('row').last().getByRole('cell').allTextContents())[2];
  await expect(judged).toContainText(`micro-F1 ${micro}`);
  expect(chart).toContain(`test ${micro}`);
  await judged.getByText('Training', { exact: true }).click();
  await expect(judged).toContainText(/of 36 training nodes/);
  await close();
});

/** People who wrote to each other: the ends are not the first two columns, and names have semicolons. */
const LETTERS = `When,Sender,Receiver,Pages
${Array.from({ length: 40 }, (_, i) => `${1900 + i},Ann ${i % 9},Bo; ${(i * 5) % 11},${1 + (i % 3)}`).join('\n')}
1999,Ann 1,Ann 1,1
`;

test('a table that is misunderstood is corrected before anything is kept', async () => {
  const { page, close } = await visit();
  const kept = page.getByRole('region', { name: 'Dataset' }).getByRole('button', { name: 'Delete', exact: false });
  await drop(page, [{ name: 'letters.csv', bytes: text(LETTERS) }]);
  const shown = preview(page);
  const column = (number: number) => shown.getByLabel(new RegExp(`^Column ${number} of letters.csv`));
  await expect(column(1)).toHaveValue('source');
  await expect(shown.getByRole('cell', { name: 'Bo; 0' })).toBeVisible();

  // Cut otherwise, it is no edge list: the reason is there, and so is the way back.
  await shown.getByLabel('Columns are separated by').selectOption('tabs');
  await expect(shown.getByRole('alert')).toContainText('letters.csv: has only one column');
  await expect(shown.getByRole('button', { name: 'Use this graph' })).toBeDisabled();
  await shown.getByLabel('Columns are separated by').selectOption('commas');
  await expect(shown.getByRole('alert')).toHaveCount(0);

  await column(1).selectOption('not used');
  await column(3).selectOption('target');
  await expect(column(2)).toHaveValue('source');
  await column(4).selectOption('weight');
  await expect(shown.getByRole('status')).toContainText('20 nodes');
  await expect(shown.getByRole('status')).toContainText('1 self-loop of letters dropped');
  await expect(shown.getByRole('status')).toContainText('with weights');
  await shown.getByLabel('Keep edges from a node to itself').check();
  await expect(shown.getByRole('status')).toContainText('41 edges listed:');
  await shown.getByLabel('Edges have a direction').check();
  await expect(shown.getByRole('status')).toContainText('each in its direction');
  // So far the graph that was there is there, and nothing is kept.
  await showsNodes(page, '3,370');
  await expect(kept).toHaveCount(0);

  await takeGraph(page);
  await showsNodes(page, '20');
  await expect(kept).toHaveCount(1);
  await close();
});

test('a preview that is cancelled changes nothing', async () => {
  const { page, close } = await visit();
  await drop(page, [{ name: 'letters.csv', bytes: text(LETTERS) }]);
  await preview(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(preview(page)).toHaveCount(0);
  await showsNodes(page, '3,370');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
  await close();
});

test('a graph that lies in OPFS belongs to one tab at a time: another says so, and shows it once the first is closed', async () => {
  const sampled = 'sampling.strategy=neighbor&memory.store=opfs&training.epochs=2';
  const { page, context, close } = await visit({ hash: `#data=${FIRST_DATASET}&preset=gcn&${sampled}` });
  const note = 'Another tab has the store for large graphs open';
  await trainToEnd(page);
  await expect(page.getByText(note)).toHaveCount(0);
  const other = await context.newPage();
  await other.goto(process.env.EDGEWISE_E2E_PAGE!);
  await ready(other);
  await expect(other.getByText(note)).toBeVisible();
  const bin = other.getByRole('button', { name: /^Delete Debian/ });
  await expect(bin).toHaveCount(0);
  await page.close();
  await other.reload();
  await ready(other);
  await expect(other.getByText(note)).toHaveCount(0);
  // The current one is not offered for deletion.
  await other.getByRole('button', { name: /Zachary/ }).click();
  await showsNodes(other, '34');
  await bin.click();
  await expect(bin).toHaveCount(0);
  await close();
});

test('a tab that another one overtakes keeps what would lie in OPFS in IndexedDB, and says so', async () => {
  const sampled = 'sampling.strategy=neighbor&memory.store=opfs&training.epochs=2';
  const hash = `#data=${FIRST_DATASET}&preset=gcn&${sampled}`;
  const { page, context, close } = await visit({ hash });
  const note = 'Another tab has the store for large graphs open';
  const other = await context.newPage();
  await other.goto(process.env.EDGEWISE_E2E_PAGE! + hash);
  await ready(other);
  await trainToEnd(page);
  await expect(other.getByText(note)).toHaveCount(0);
  await trainToEnd(other);
  await expect(other.getByText(note)).toBeVisible();
  await expect(page.getByText(note)).toHaveCount(0);
  await expect(other.getByRole('alert')).toHaveCount(0);
  const copies = await other.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const opening = indexedDB.open('edgewise');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const [name] = database.objectStoreNames;
          const keys = database.transaction(name).objectStore(name).getAllKeys();
          keys.onsuccess = () => resolve(keys.result.map(String).filter((key) => key.startsWith('manifest/')));
        };
      }),
  );
  expect(copies).toEqual([`manifest/${FIRST_DATASET}.json`]);
  await close();
});

test('the copy of an embedded graph that a sampled run read can be deleted, but not while another tab reads it', async () => {
  const sampled = `sampling.strategy=neighbor&memory.store=indexeddb&training.epochs=10000`;
  const { page, context, close } = await visit({ hash: `#data=${FIRST_DATASET}&preset=gcn&${sampled}` });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThan(0);

  const other = await context.newPage();
  await other.goto(process.env.EDGEWISE_E2E_PAGE!);
  await ready(other);
  await other.getByRole('button', { name: /Zachary/ }).click();
  await showsNodes(other, '34');
  const bin = other.getByRole('button', { name: /^Delete Debian/ });
  await expect(bin).toHaveAttribute('title', /\d [kM]B/);
  await bin.click();
  await expect(other.getByRole('alert')).toContainText('being read or stored in another tab');
  const during = await epochs(page);
  await expect.poll(() => epochs(page)).toBeGreaterThan(during);
  await transport(page).getByRole('button', { name: /Stop/ }).click();
  await expect(progress(page)).toContainText(/Done|Stopped/);
  await bin.click();
  await expect(bin).toHaveCount(0);
  await page.reload();
  await ready(page);
  await showsNodes(page, '3,370');
  await close();
});
