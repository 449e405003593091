import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { DEFAULTS } from '../src/config/schema.ts';
import { chunkStoreChecks } from '../src/store/chunkStore.suite.ts';
import { temporaryId } from '../src/store/temporary.ts';
import { openBrowser, openPage, origin, temporaryProfile } from './browser.ts';
import type { StorePage } from './storePage.ts';

let profile: Awaited<ReturnType<typeof temporaryProfile>>;
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
  profile = await temporaryProfile();
  context = await openBrowser(profile.path);
  page = await openPage(context, 'store.html');
});
test.afterAll(async () => {
  await context?.close();
  await profile?.remove();
});

/** Calls a function of storePage.ts in the tab. */
function call<K extends keyof StorePage>(tab: Page, name: K, ...args: Parameters<StorePage[K]>) {
  type Answer = Awaited<ReturnType<StorePage[K]>>;
  type Call = (...args: unknown[]) => Promise<Answer>;
  return tab.evaluate(([key, values]) => (window.storePage[key as K] as Call)(...values), [name, args] as const);
}

test.describe('the IndexedDB store', () => {
  for (const { name } of chunkStoreChecks) {
    test(name, async () => expect(await call(page, 'check', name)).toBe('IndexedDB'));
  }

  test('lists and deletes by prefix at the end of the code units', async () => {
    for (const key of ['a', 'a\uffff', 'a\uffffb', 'b', '\uffff', '\uffffz']) await call(page, 'put', 'edge', key, 1);
    expect(await call(page, 'keys', 'edge', 'a')).toEqual(['a', 'a\uffff', 'a\uffffb']);
    expect(await call(page, 'keys', 'edge', 'a\uffff')).toEqual(['a\uffff', 'a\uffffb']);
    expect(await call(page, 'keys', 'edge', '\uffff')).toEqual(['\uffff', '\uffffz']);
  });

  test('says what does not fit, and goes on once there is room', async () => {
    // Chromium remembers the space left for half a minute: a site of its own, full from the start.
    const devtools = await context.newCDPSession(page);
    const limit = (quotaSize?: number) =>
      devtools.send('Storage.overrideQuotaForOrigin', { origin: origin('quota'), quotaSize });
    await limit(4_000_000);
    const tab = await openPage(context, 'store.html', 'quota');
    expect(await call(tab, 'put', 'quota', 'small', 10)).toBe('done');
    expect(await call(tab, 'put', 'quota', 'big', 9_000_000)).toMatch(
      /^InputError: The browser's storage is full, 9\.0 MB more do not fit beside the \d+\.\d MB stored: delete a graph/,
    );
    expect(await call(tab, 'keys', 'quota', '')).toEqual(['small']);
    await limit();
    expect(await call(tab, 'put', 'quota', 'big', 9_000_000)).toBe('done');
    expect(await call(tab, 'length', 'quota', 'big')).toBe(9_000_000);
    await tab.close();
  });

  test('makes way for another tab that deletes it, and says so', async () => {
    expect(await call(page, 'put', 'shared', 'key', 1)).toBe('done');
    const other = await openPage(context, 'store.html');
    expect(await call(other, 'deleteDatabase', 'shared')).toBe('deleted');
    const sentence = 'InputError: Another tab deleted or upgraded the stored graphs: reload this page.';
    expect(await call(page, 'put', 'shared', 'key', 1)).toBe(sentence);
    expect(await call(page, 'get', 'shared', 'key')).toBe(sentence);
    expect(await call(other, 'length', 'shared', 'key')).toBe(null);
    await other.close();
  });

  test('is used no more after it was closed', async () => {
    await call(page, 'put', 'closed', 'key', 1);
    await call(page, 'close', 'closed');
    expect(await call(page, 'get', 'closed', 'key')).toBe('InputError: The store closed is closed: open it again.');
  });

  test('refuses what a newer version has written', async () => {
    await call(page, 'openNewer', 'newer');
    expect(await call(page, 'get', 'newer', 'key')).toMatch(/^InputError: The stored graphs were written by a newer/);
  });
});

test.describe('the OPFS store', () => {
  for (const { name } of chunkStoreChecks) {
    test(name, async () => expect(await call(page, 'checkOpfs', name)).toBe('OPFS'));
  }

  test('says what does not fit, and goes on once there is room', async () => {
    const devtools = await context.newCDPSession(page);
    const limit = (quotaSize?: number) =>
      devtools.send('Storage.overrideQuotaForOrigin', { origin: origin('quota-opfs'), quotaSize });
    await limit(4_000_000);
    const tab = await openPage(context, 'store.html', 'quota-opfs');
    expect(await call(tab, 'put', 'opfs', 'chunk/g/x/0', 1_000_000)).toBe('done');
    expect(await call(tab, 'put', 'opfs', 'chunk/g/x/1', 9_000_000)).toMatch(
      /^InputError: The browser's storage is full, 9\.0 MB more do not fit beside the \d+\.\d MB stored: delete a graph/,
    );
    expect(await call(tab, 'length', 'opfs', 'chunk/g/x/0')).toBe(1_000_000);
    expect(await call(tab, 'keys', 'opfs', '')).toEqual(['chunk/g/x/0']);
    await limit();
    expect(await call(tab, 'put', 'opfs', 'chunk/g/x/1', 9_000_000)).toBe('done');
    expect(await call(tab, 'length', 'opfs', 'chunk/g/x/1')).toBe(9_000_000);
    await tab.close();
  });

  test('belongs to one tab at a time, and to the next once that is closed', async () => {
    const first = await openPage(context, 'store.html');
    expect(await call(first, 'put', 'opfs one', 'key', 1)).toBe('done');
    expect(await call(page, 'put', 'opfs one', 'key', 2)).toBe('Error: OPFS: taken');
    await first.reload();
    await first.waitForFunction(() => 'storePage' in window);
    expect(await call(first, 'length', 'opfs one', 'key')).toBe(1);
    await first.close();
    expect(await call(page, 'length', 'opfs one', 'key')).toBe(1);
  });

  test('says so when the browser takes the files away', async () => {
    const tab = await openPage(context, 'store.html', 'cleared');
    expect(await call(tab, 'put', 'opfs', 'chunk/g/x/0', 1000)).toBe('done');
    const devtools = await context.newCDPSession(tab);
    await devtools.send('Storage.clearDataForOrigin', { origin: origin('cleared'), storageTypes: 'all' });
    const sentence = 'InputError: The browser has deleted the stored graphs of this page: reload it.';
    expect(await call(tab, 'put', 'opfs', 'chunk/h/x/0', 1000)).toBe(sentence);
    await tab.close();
  });

  test('offers no graph whose tab was closed while it was stored', async () => {
    const tab = await openPage(context, 'store.html');
    const before = await call(tab, 'ingest', 'opfs half', 'whole');
    await call(tab, 'beginIngest', 'opfs half', 'half');
    await tab.close();
    expect(await call(page, 'graphs', 'opfs half')).toEqual(['whole']);
    expect(await call(page, 'keys', 'opfs half', 'chunk/half/')).toEqual([]);
    expect(await call(page, 'loadedFingerprint', 'opfs half', 'whole')).toBe(before);
    // The next one begins afresh.
    expect(await call(page, 'ingest', 'opfs half', 'half')).toBe(before);
    expect(await call(page, 'loadedFingerprint', 'opfs half', 'half')).toBe(before);
  });
});

for (const [kind, graphs, samples] of [
  ['IndexedDB', 'graphs', 'samples'],
  ['OPFS', 'opfs graphs', 'opfs samples'],
]) {
  test.describe(`a graph in ${kind}`, () => {
    test('is whole after the browser was closed and opened again, until it is deleted', async () => {
      const before = await call(page, 'ingest', graphs, 'nasty');
      expect(before).toMatch(/^[0-9a-f]{64}$/);
      expect(await call(page, 'loadedFingerprint', graphs, 'nasty')).toBe(before);
      await context.close();
      context = await openBrowser(profile.path);
      page = await openPage(context, 'store.html');
      expect(await call(page, 'graphs', graphs)).toEqual(['nasty']);
      expect(await call(page, 'loadedFingerprint', graphs, 'nasty')).toBe(before);
      await call(page, 'deleteGraph', graphs, 'nasty');
      expect(await call(page, 'keys', graphs, '')).toEqual([]);
    });

    for (const cacheBytes of [0, 5000, 1 << 20]) {
      test(`gives the same samples as memory through a cache of ${cacheBytes} bytes`, async () => {
        await call(page, 'ingest', samples, 'nasty');
        const { stored, memory } = await call(page, 'sample', samples, 'nasty', cacheBytes);
        expect(stored.length).toBeGreaterThan(1000);
        expect(stored).toBe(memory);
      });
    }
  });
}

test.describe('a graph that two tabs use', () => {
  const USUAL = DEFAULTS['memory.chunkBytes'];
  let other: Page;
  test.beforeEach(async () => {
    other = await openPage(context, 'store.html');
  });
  test.afterEach(() => other.close());

  test('is stored once, although both ask for it at once', async () => {
    const written = await Promise.all([page, other].map((tab) => call(tab, 'hold', 'at once', 'graph', 4096)));
    expect(Math.min(...written)).toBe(0);
    expect(Math.max(...written)).toBeGreaterThan(0);
    // The temporary copy goes with the last that holds it.
    await call(page, 'letGo');
    expect(await call(other, 'graphs', 'at once')).toEqual([temporaryId('graph', 4096)]);
    await call(other, 'letGo');
    expect(await call(other, 'keys', 'at once', '')).toEqual([]);
  });

  test('is not deleted from under a run', async () => {
    await call(page, 'hold', 'in use', 'graph', USUAL);
    expect(await call(other, 'remove', 'in use', 'graph')).toBe(
      'InputError: This graph is being read or stored in another tab: delete it when that is done.',
    );
    expect(await call(page, 'graphs', 'in use')).toEqual(['graph']);
    await call(page, 'letGo');
    expect(await call(other, 'remove', 'in use', 'graph')).toBe('done');
    expect(await call(page, 'keys', 'in use', '')).toEqual([]);
  });

  test('leaves a temporary copy only while its tab lives: the next page sweeps it', async () => {
    const third = await openPage(context, 'store.html');
    await call(page, 'hold', 'swept', 'graph', USUAL);
    await call(page, 'letGo');
    await call(third, 'hold', 'swept', 'graph', 4096);
    await call(other, 'sweep', 'swept');
    expect(await call(other, 'graphs', 'swept')).toEqual(['graph', temporaryId('graph', 4096)]);
    await third.close();
    // The browser notices that a tab has gone a moment later.
    await expect(async () => {
      await call(other, 'sweep', 'swept');
      expect(await call(other, 'graphs', 'swept')).toEqual(['graph']);
    }).toPass();
  });
});
