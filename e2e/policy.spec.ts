import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, type Page, test, type Worker } from '@playwright/test';
import { setField, visit } from './page.ts';

/** What is dropped stays here: neither the page nor its workers can speak to a host that the catalogue has nothing to do with. */

test('the content-security policy binds the page and its workers', async () => {
  const asked: string[] = [];
  const elsewhere = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end('anybody may read this');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const foreign = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  const { page, close } = await visit({
    hash: '#data=debian-small&preset=debian-gcn&training.epochs=5000&sampling.strategy=neighbor&evaluation.strategy=neighbor',
    complaints: /Content Security Policy|Failed to load|violates/,
  });
  const own = page.url().replace(/#.*/, 'icon.svg');
  // A sampled run has a second worker, which the first one has started.
  await setField(page, 'batch size', '64');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => page.workers().length, { timeout: 20_000 }).toBe(2);
  for (const [name, place] of [['page', page], ...page.workers().map((worker) => ['worker', worker])] as const) {
    expect(await reach(place as Page | Worker, `${foreign}${name}`), name as string).toBe('refused');
    expect(await reach(place as Page | Worker, own), name as string).toBe('200');
  }
  expect(asked).toEqual([]);
  // The address itself would answer.
  expect(await (await fetch(`${foreign}test`)).text()).toBe('anybody may read this');
  await page.getByRole('button', { name: 'Stop, and keep the run' }).click();
  await close();
  elsewhere.closeAllConnections();
  await new Promise((resolve) => elsewhere.close(resolve));
});

function reach(place: Page | Worker, address: string): Promise<string> {
  return (place as Page).evaluate(
    (url) =>
      fetch(url).then(
        ({ status }) => String(status),
        () => 'refused',
      ),
    address,
  );
}
