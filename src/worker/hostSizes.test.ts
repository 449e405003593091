import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { MAX_UNCOUNTED_BYTES } from '../formats/catalogue.ts';
import { MAX_LISTED_FILES } from '../formats/folderListing.ts';
import { askSizes, toldSize } from './hostSizes.ts';

// printf hello | git hash-object --stdin
const gitBlob = 'b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0';
const OTHER = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
const listed = (name: string, size: number, sha = gitBlob) => ({ type: 'file', name, size, sha });

type Answers = Readonly<Record<string, RequestListener>>;

interface Host {
  /** Method and path, oldest first. */
  readonly asked: string[];
  readonly at: string;
  readonly sizes: (...files: { name: string; gitBlob?: string; bytes?: number }[]) => ReturnType<typeof askSizes>;
}

/** Runs `use` with a host whose folder is listed at /listing; what `answers` does not name is not there. */
async function hosted<T>(answers: Answers, use: (host: Host) => Promise<T>, patienceMs = 20_000): Promise<T> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = answers[request.url!];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asking = { patienceMs, listingOf: () => `${at}/listing` };
  try {
    return await use({
      asked,
      at,
      sizes: (...files) =>
        askSizes(
          files.map(({ name, ...file }) => ({ file: { url: `${at}/${name}`, ...file }, address: `${at}/${name}` })),
          asking,
        ),
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const listing =
  (...entries: unknown[]): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify(entries));
const head =
  (headers: Record<string, string>, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end();

describe('the listing of a host', () => {
  test('tells the size of the very content that will be checked, to all who ask at once and later', async () => {
    await hosted({ '/listing': listing(listed('a', 5), listed('b', 7, OTHER)) }, async ({ at, asked, sizes }) => {
      const a = { name: 'a', gitBlob };
      const [first, second] = await Promise.all([sizes(a), sizes(a, { name: 'b', gitBlob: OTHER })]);
      expect(first).toEqual([{ name: 'a', bytes: 5, by: 'listing', host: new URL(at).host, instead: null }]);
      expect(second.map(({ bytes }) => bytes)).toEqual([5, 7]);
      expect(await sizes(a)).toEqual(first);
      expect(asked).toEqual(['GET /listing']);
      expect(toldSize(`${at}/a`)).toEqual(first[0]);
      expect(toldSize(`${at}/c`)).toBeNull();
    });
  });

  test('is not asked about files that are counted, and completes those that are not', async () => {
    await hosted({ '/listing': listing(listed('a', 5), listed('b', 7)) }, async ({ asked, sizes }) => {
      const counted = { name: 'a', bytes: 5 };
      expect(await sizes(counted)).toMatchObject([{ bytes: 5, by: 'catalogue' }]);
      expect(asked).toEqual([]);
      expect(await sizes(counted, { name: 'b', gitBlob })).toMatchObject([
        { bytes: 5, by: 'catalogue', instead: null },
        { bytes: 7, by: 'listing', instead: null },
      ]);
    });
  });

  test('wins over the catalogue, and says that the file is another or gone', async () => {
    await hosted({ '/listing': listing(listed('a', 6, OTHER), listed('b', 7)) }, async ({ asked, sizes }) => {
      const files = [
        { name: 'a', gitBlob },
        { name: 'b', bytes: 8 },
        { name: 'c', gitBlob },
      ];
      expect(await sizes(...files)).toMatchObject([
        { bytes: 6, by: 'listing', instead: 'another' },
        { bytes: 7, by: 'listing', instead: 'another' },
        { bytes: null, by: null, instead: 'none' },
      ]);
      expect(asked).toEqual(['GET /listing']);
    });
  });
});

/** Short, for tests that wait for as long; long enough for a busy machine to answer. */
const PATIENCE_MS = 1000;

/** What a host answers instead of a listing; the silent ones are waited for. */
const NO_LISTING: [string, RequestListener, silent?: true][] = [
  ['refuses', (_, response) => response.writeHead(403).end('{"message":"API rate limit exceeded"}')],
  ['is no listing', (_, response) => response.end('{"message":"hello"}')],
  ['is endless', (_, response) => void response.write(' '.repeat(5 * 2 ** 20))],
  ['breaks off', (request, response) => void response.write('[', () => request.destroy())],
  ['falls silent', (_, response) => void response.write('['), true],
  [
    'comes byte by byte',
    (_, response) => {
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    },
    true,
  ],
  ['names a size that is never taken', listing(listed('a', MAX_UNCOUNTED_BYTES + 1))],
  [
    'may be cut off before the file',
    listing(...Array.from({ length: MAX_LISTED_FILES }, (_, i) => listed(`other${i}`, 5))),
  ],
];

describe('where the listing', () => {
  test.each(NO_LISTING)('%s, the head of the file tells its size', async (_, answer, silent) => {
    const answers = { '/listing': answer, '/a': head({ 'content-length': '5' }) };
    const use = async ({ asked, sizes }: Host) => {
      expect(await sizes({ name: 'a', gitBlob })).toMatchObject([{ bytes: 5, by: 'head', instead: null }]);
      expect(asked).toEqual(['GET /listing', 'HEAD /a']);
    };
    await hosted(answers, use, silent && PATIENCE_MS);
  });

  test('cannot be had, what the catalogue counted stays, and its head is not asked for', async () => {
    await hosted({ '/a': head({ 'content-length': '5' }) }, async ({ asked, sizes }) => {
      expect(await sizes({ name: 'a', gitBlob }, { name: 'b', bytes: 9 })).toMatchObject([
        { bytes: 5, by: 'head' },
        { bytes: 9, by: 'catalogue' },
      ]);
      expect(asked).toEqual(['GET /listing', 'HEAD /a']);
    });
  });

  test('cannot be had, the head is asked for unpacked bytes', async () => {
    const length: RequestListener = ({ headers }, response) =>
      response.writeHead(200, { 'content-length': headers['accept-encoding'] === 'identity' ? '5' : '3' }).end();
    await hosted({ '/a': length }, async ({ sizes }) => {
      expect(await sizes({ name: 'a', gitBlob })).toMatchObject([{ bytes: 5, by: 'head' }]);
    });
  });

  test.each<[string, RequestListener, silent?: true]>([
    ['is not there', head({ 'content-length': '5' }, 404)],
    ['has no length', (_, response) => response.writeHead(200, { 'transfer-encoding': 'chunked' }).end()],
    ['is that of a packed file', head({ 'content-length': '5', 'content-encoding': 'gzip' })],
    ['has more than is ever taken', head({ 'content-length': String(MAX_UNCOUNTED_BYTES + 1) })],
    ['has more than a number can count', head({ 'content-length': '9'.repeat(17) })],
    ['never comes', () => {}, true],
  ])('cannot be had and the head %s, nobody says, and who asks again is answered again', async (_, answer, silent) => {
    const answers: Record<string, RequestListener> = { '/a': answer };
    const use = async ({ at, sizes }: Host) => {
      const unknown = { name: 'a', bytes: null, by: null, host: new URL(at).host, instead: null };
      expect(await sizes({ name: 'a', gitBlob })).toEqual([unknown]);
      answers['/listing'] = listing(listed('a', 5));
      expect(await sizes({ name: 'a', gitBlob })).toMatchObject([{ bytes: 5, by: 'listing' }]);
    };
    await hosted(answers, use, silent && PATIENCE_MS);
  });

  test('and the host cannot be reached, nobody says', async () => {
    const address = 'http://127.0.0.1:9/a';
    const file = { url: address, gitBlob };
    expect(await askSizes([{ file, address }])).toMatchObject([{ bytes: null, by: null, host: '127.0.0.1:9' }]);
  });
});
