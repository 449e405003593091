import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { download } from './download.ts';

/** Runs `use` with the address of a server that answers like this. */
async function served<T>(answer: RequestListener, use: (address: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graph.bin`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const promised = { bytes: 5, sha256: HELLO };
const quiet = () => {};

describe('a download', () => {
  test('gives the bytes and tells how many there are', async () => {
    const told: (number | null)[] = [];
    const bytes = await served(
      (_, response) => response.end('hello'),
      (address) => download(address, promised, 'task', ({ done, total }) => told.push(done, total)),
    );
    expect(new TextDecoder().decode(bytes)).toBe('hello');
    expect(told.slice(-2)).toEqual([5, 5]);
  });

  test('whose size nobody counted is checked by the id that git gives it', async () => {
    // printf hello | git hash-object --stdin
    const gitBlob = 'b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0';
    const load = (answer: string) =>
      served(
        (_, response) => response.end(answer),
        (address) => download(address, { gitBlob }, 'task', quiet),
      );
    expect(new TextDecoder().decode(await load('hello'))).toBe('hello');
    await expect(load('jello')).rejects.toThrow(/has another content/);
  });

  test('is held to no size that its host only announces, and takes no more than it is allowed to', async () => {
    const load = (announced: number, most?: number) => {
      const totals: (number | null)[] = [];
      return served(
        (_, response) => response.end('hello'),
        (address) => download(address, {}, 'task', ({ total }) => totals.push(total), { announced, most }),
      ).then(() => totals.at(-1));
    };
    expect(await load(5)).toBe(5);
    expect(await load(4)).toBeNull();
    await expect(load(5, 4)).rejects.toThrow(/longer than the 4 bytes/);
  });

  test.each<[string, RequestListener, RegExp]>([
    ['is not there', (_, response) => response.writeHead(404).end(), /answers with status 404; try again/],
    ['is longer', (_, response) => response.end('hello, world'), /longer than the 5 bytes/],
    ['is shorter', (_, response) => response.end('hell'), /has 4 bytes instead of 5/],
    ['is another', (_, response) => response.end('jello'), /has another content/],
    ['breaks off', (request, response) => response.write('he', () => request.destroy()), /broke off/],
    ['falls silent', (_, response) => response.write('he'), /sends nothing for 0\.2 seconds/],
    ['never answers', () => {}, /sends nothing for 0\.2 seconds/],
  ])('that %s is refused in one sentence', async (_, answer, sentence) => {
    // On a busy machine an answer may take as long as silence is waited for.
    const patienceMs = sentence.source.includes('sends nothing') ? 200 : 20_000;
    const asked = served(answer, (address) => download(address, promised, 'task', quiet, { patienceMs }));
    await expect(asked).rejects.toThrow(sentence);
  });

  test('that is given up ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const asked = served(
      (_, response) => response.write('he', () => controller.abort()),
      (address) => download(address, promised, 'task', quiet, { signal: controller.signal }),
    );
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });
});
