import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import catalogue from '../datasets/catalogue.json' with { type: 'json' };
import { visit } from './page.ts';
import { servePage } from './server.ts';

/** The size of a public dataset before it is downloaded, as its host tells it: a build without a mirror, and a local server for the hosts. */

let built: Awaited<ReturnType<typeof servePage>>;
test.beforeAll(async () => {
  built = await servePage(fileURLToPath(new URL('../.cache/e2e-hosted', import.meta.url)), null);
});
test.afterAll(() => built.close());

const LISTING = '/api.github.com/repos/shchur/gnn-benchmark/contents/data/npz?ref=master';
const PHOTO = '/raw.githubusercontent.com/shchur/gnn-benchmark/master/data/npz/amazon_electronics_photo.npz';
const OPEN = { 'access-control-allow-origin': '*' };

/** An entry of GitHub's listing with the object id that the catalogue knows. */
function listed(id: string, size: number) {
  const [file] = catalogue.find((entry) => entry.id === id)!.files as { url: string; gitBlob: string }[];
  const name = file.url.slice(file.url.lastIndexOf('/') + 1);
  return { type: 'file', name, path: `data/npz/${name}`, size, sha: file.gitBlob, url: file.url };
}

/** Opens the page with a server in the place of GitHub's hosts: it is asked for /host/path. */
async function hosted(
  answer: RequestListener,
  use: (page: Page, asked: string[]) => Promise<void>,
  hash = '',
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { page, context, close } = await visit({ address: built.address, hash, complaints: /Failed to load/ });
  await standIn(context, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    await use(page, asked);
    await close();
  } finally {
    await context.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function standIn(context: BrowserContext, local: string): Promise<void> {
  await context.route(/^https:\/\/(api\.github|raw\.githubusercontent)\.com\//, async (route) => {
    const { host, pathname, search } = new URL(route.request().url());
    const response = await fetch(`${local}/${host}${pathname}${search}`, { method: route.request().method() });
    const body = Buffer.from(await response.arrayBuffer());
    await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body });
  });
}

const offer = (page: Page, title: string) => page.getByRole('dialog', { name: title });
const open = (page: Page, title: string) => page.getByRole('button', { name: title }).click();

test('an offer says how large the download is, as the listing of its host has it, and the download is held to that', async () => {
  let list = () => {};
  const answer: RequestListener = ({ url }, response) => {
    response.writeHead(200, OPEN);
    if (url === LISTING) {
      const files = [listed('amazon-photo', 7_493_276), listed('coauthor-cs', 123)];
      list = () => response.end(JSON.stringify(files));
    } else response.end(Buffer.alloc(7_493_277));
  };
  await hosted(answer, async (page, asked) => {
    expect(asked).toEqual([]);
    await open(page, 'Amazon Photo');
    const photo = offer(page, 'Amazon Photo');
    await expect(photo.getByRole('status')).toHaveText('Size: asking api.github.com…');
    await expect(photo).toContainText('MIT');
    await expect.poll(() => asked).toEqual([`GET ${LISTING}`]);
    list();
    await expect(photo.getByRole('status')).toHaveText('Size: 7,493,276 bytes (7.49 MB), as api.github.com lists it.');
    // Its neighbours are in the same listing, and who comes back finds it there.
    await page.keyboard.press('Escape');
    await open(page, 'Coauthor CS');
    await expect(offer(page, 'Coauthor CS').getByRole('status')).toHaveText(
      'Size: 123 bytes, as api.github.com lists it.',
    );
    await page.keyboard.press('Escape');
    await open(page, 'Coauthor Physics');
    await expect(offer(page, 'Coauthor Physics').getByRole('status')).toContainText('api.github.com no longer lists');
    await page.keyboard.press('Escape');
    await open(page, 'Amazon Photo');
    await expect(photo.getByRole('status')).toContainText('7,493,276 bytes');
    expect(asked).toEqual([`GET ${LISTING}`]);
    await photo.getByRole('button', { name: /^Download/ }).click();
    await expect(page.getByRole('alert')).toContainText('is longer than the 7493276 bytes that it should have');
    expect(asked).toEqual([`GET ${LISTING}`, `GET ${PHOTO}`]);
  });
});

test('where the listing is refused an offer goes by what the file announces, or says that nobody said, and can be downloaded', async () => {
  let announces = true;
  const answer: RequestListener = ({ url, method }, response) => {
    if (url === LISTING) response.writeHead(403, OPEN).end('{"message":"API rate limit exceeded"}');
    else if (method === 'HEAD' && announces) response.writeHead(200, { ...OPEN, 'content-length': 7_493_276 }).end();
    else response.writeHead(404, OPEN).end();
  };
  await hosted(
    answer,
    async (page, asked) => {
      const photo = offer(page, 'Amazon Photo');
      announces = false;
      // A link asks nobody, either.
      const banner = page.getByRole('region', { name: 'Graph of a link' });
      await expect(banner).toContainText('This link needs the dataset Amazon Photo.');
      expect(asked).toEqual([]);
      await banner.getByRole('button', { name: 'Download it' }).click();
      await expect(photo.getByRole('status')).toHaveText(
        'Size: the host did not say; no file of more than 268.4 MB is taken.',
      );
      expect(asked).toEqual([`GET ${LISTING}`, `HEAD ${PHOTO}`]);
      await photo.getByRole('button', { name: /^Download/ }).click();
      await expect(page.getByRole('alert')).toContainText('answers with status 404');
      expect(asked.at(-1)).toBe(`GET ${PHOTO}`);
      // Who looks again asks again.
      announces = true;
      await open(page, 'Amazon Photo');
      await expect(photo.getByRole('status')).toHaveText(
        'Size: 7,493,276 bytes (7.49 MB), as raw.githubusercontent.com announces it.',
      );
    },
    '#data=amazon-photo&preset=gcn',
  );
});
