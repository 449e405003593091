import { expect, type Page, test } from '@playwright/test';
import { temporaryProfile } from './browser.ts';
import { epochs, finished, newestRun, progress, ready, setField, trainToEnd, visit } from './page.ts';

/** A tab that is closed while it trains, and the visit after. */

const LONG = '#data=debian-small&preset=debian-gcn&training.epochs=100';
const banner = (page: Page) => page.getByRole('region', { name: 'Interrupted runs' });

/** Checkpoints that this browser has, whole: of how many epochs each run is to be. */
function kept(page: Page): Promise<number[]> {
  return page.evaluate(
    () =>
      new Promise<number[]>((resolve, reject) => {
        const opening = indexedDB.open('edgewise');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const chunks = opening.result.transaction('chunks').objectStore('chunks');
          const [keys, values] = [chunks.getAllKeys(), chunks.getAll()];
          values.onsuccess = () => {
            opening.result.close();
            const heads = values.result.filter((_, i) => /^checkpoints\/.*\/head$/.test(String(keys.result[i])));
            resolve(heads.map((head) => JSON.parse(new TextDecoder().decode(head)).epochs));
          };
        };
      }),
  );
}

const checkpoints = async (page: Page) => (await kept(page)).length;

test('a run whose tab was closed goes on where it was, to the same curve, bit for bit', async () => {
  const profile = await temporaryProfile();
  const first = await visit({ hash: LONG, profile: profile.path });
  await first.page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => epochs(first.page)).toBeGreaterThan(3);
  // A pause is kept at once; a run that goes on, however fast this machine is, after some seconds.
  await first.page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(() => checkpoints(first.page)).toBe(1);
  // Another tab does not offer what goes on here.
  const beside = await first.context.newPage();
  await beside.goto(process.env.EDGEWISE_E2E_PAGE!);
  await ready(beside);
  await expect(banner(beside)).toHaveCount(0);
  await first.page.getByRole('button', { name: 'Go on' }).click();
  await first.close();

  const { page, close } = await visit({ profile: profile.path });
  await expect(banner(page)).toContainText(/GCN on debian-small was interrupted at epoch \d+ of 100/);
  // Two tabs that open at once: neither takes the run for the other's.
  const second = await page.context().newPage();
  await Promise.all([page.reload(), second.goto(process.env.EDGEWISE_E2E_PAGE!)]);
  for (const tab of [page, second]) await expect(banner(tab)).toContainText('was interrupted');
  await second.close();
  const at = Number(/epoch (\d+)/.exec((await banner(page).textContent())!)![1]);
  await banner(page).getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => epochs(page)).toBeGreaterThanOrEqual(at);
  await finished(page);
  expect(await epochs(page)).toBe(100);
  await expect(banner(page)).toHaveCount(0);
  await expect.poll(() => checkpoints(page)).toBe(0);
  const resumed = await newestRun(page);
  expect(resumed[2]).toContain(`resumed after epoch ${at}`);
  await trainToEnd(page);
  expect((await newestRun(page))[7]).toBe(resumed[7]);
  expect(resumed[7]).toMatch(/^[0-9a-f]{6,}/);
  await close();
  await profile.remove();
});

test('a paused run is kept where it is; one that is stopped, or discarded, is not', async () => {
  const profile = await temporaryProfile();
  const first = await visit({ hash: LONG, profile: profile.path });
  await first.page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect(progress(first.page)).toContainText('Paused: epoch 1 of 100');
  await expect.poll(() => checkpoints(first.page)).toBe(1);
  await first.page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(first.page);
  await expect.poll(() => checkpoints(first.page)).toBe(0);
  await first.page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect(progress(first.page)).toContainText('Paused: epoch 1 of 100');
  await expect.poll(() => checkpoints(first.page)).toBe(1);
  await first.close();

  const { page, close } = await visit({ profile: profile.path });
  await expect(banner(page)).toContainText('interrupted at epoch 1 of 100');
  await banner(page).getByRole('button', { name: 'Discard' }).click();
  await expect(banner(page)).toHaveCount(0);
  expect(await checkpoints(page)).toBe(0);
  await close();
  await profile.remove();
});

test('what was changed by hand before the tab was closed is in the form, and in the run that goes on', async () => {
  const profile = await temporaryProfile();
  const first = await visit({ hash: LONG, profile: profile.path });
  await first.page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect(progress(first.page)).toContainText('Paused: epoch 1 of 100');
  await setField(first.page, 'epochs', '4');
  await first.page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect.poll(() => kept(first.page)).toEqual([4]);
  await first.close();

  const { page, close } = await visit({ profile: profile.path });
  await banner(page).getByRole('button', { name: 'Resume' }).click();
  await finished(page);
  expect(await epochs(page)).toBe(4);
  await expect(page.getByLabel('epochs', { exact: true })).toHaveValue('4');
  await close();
  await profile.remove();
});

test('a run whose record could not be kept can go on where it was kept', async () => {
  const profile = await temporaryProfile();
  const first = await visit({ hash: LONG, profile: profile.path });
  await first.page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...args) {
      if (this.name === 'runs') throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, args);
    };
  });
  await first.page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect.poll(() => checkpoints(first.page)).toBe(1);
  await first.page.getByRole('button', { name: 'Go on' }).click();
  await finished(first.page);
  await expect(first.page.getByText(/no room/)).toBeVisible();
  expect(await checkpoints(first.page)).toBe(1);
  await first.close();

  const { page, close } = await visit({ profile: profile.path });
  await expect(banner(page)).toContainText(/was interrupted at epoch \d+ of 100/);
  await close();
  await profile.remove();
});

test('what was left of a run whose record is kept is not offered, and goes', async () => {
  const { page, close } = await visit({ hash: LONG });
  await page.getByRole('button', { name: 'Train one epoch' }).click();
  await expect.poll(() => checkpoints(page)).toBe(1);
  const left = await page.evaluateHandle(
    () =>
      new Promise<[IDBValidKey, unknown][]>((resolve) => {
        const opening = indexedDB.open('edgewise');
        opening.onsuccess = () => {
          const store = opening.result.transaction('chunks').objectStore('chunks');
          const rows: [IDBValidKey, unknown][] = [];
          store.openCursor().onsuccess = ({ target }) => {
            const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result;
            if (!cursor) return resolve(rows);
            if (String(cursor.key).startsWith('checkpoints/')) rows.push([cursor.key, cursor.value]);
            cursor.continue();
          };
        };
      }),
  );
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await finished(page);
  await expect.poll(() => checkpoints(page)).toBe(0);
  // As if the page had been closed between the record and this.
  await left.evaluate(
    (rows) =>
      new Promise<void>((resolve) => {
        const opening = indexedDB.open('edgewise');
        opening.onsuccess = () => {
          const transaction = opening.result.transaction('chunks', 'readwrite');
          for (const [key, value] of rows) transaction.objectStore('chunks').put(value, key);
          transaction.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
  );
  expect(await checkpoints(page)).toBe(1);
  await page.reload();
  await ready(page);
  await expect.poll(() => checkpoints(page)).toBe(0);
  await expect(banner(page)).toHaveCount(0);
  await close();
});
