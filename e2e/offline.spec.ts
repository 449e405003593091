import { expect, test } from '@playwright/test';
import { finished, newestRun, ready, visit } from './page.ts';

/** After the first visit the page needs no network, and a browser may install it. */

const HASH = '#data=debian-small&preset=debian-gcn&training.epochs=3';

test('the page can be installed; without a network it opens, trains and draws, and its public files are all there', async () => {
  const { page, context, close } = await visit({ hash: HASH, complaints: /net::ERR_INTERNET_DISCONNECTED/ });
  const session = await context.newCDPSession(page);
  const manifest = await session.send('Page.getAppManifest');
  expect(manifest.errors).toEqual([]);
  expect(JSON.parse(manifest.data!).name).toBe('Edgewise');
  await expect
    .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state ?? null), {
      timeout: 60_000,
    })
    .toBe('activated');
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);

  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await finished(page);
  expect((await newestRun(page))[3]).toMatch(/%/);
  // What no visit has asked for yet.
  for (const tab of ['Predictions', 'Time and memory', 'Developer']) {
    await page.getByRole('tab', { name: tab }).click();
    await expect(page.getByRole('tabpanel')).not.toBeEmpty();
  }
  const larger = page.getByRole('region', { name: 'Dataset' }).getByRole('button', { name: /^Debian 12 / });
  await expect(larger.first()).toBeVisible();
  await close();
});

test('an older build’s files go when a newer one is installed, and nobody else’s', async () => {
  const { page, close } = await visit({ hash: HASH });
  await page.evaluate(async () => {
    const scope = new URL('./', document.baseURI).href;
    await caches.open(`edgewise ${scope} 0123`);
    await caches.open('somebody else');
  });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect
    .poll(() => page.evaluate(() => caches.keys().then((names) => names.map((name) => name.split(' ').at(-1)!.length))))
    .toEqual([4, 16]);
  await close();
});
