import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreSource } from '../bench/store.ts';
import { measureOrder } from '../bench/storeOrders.ts';
import { measureStore } from '../bench/storeTimes.ts';
import { fileStore } from '../store/file.ts';
import { memoryStore } from '../store/memory.ts';
import { inFreshProfile } from './browser.ts';
import type {} from './storePage.ts';

/** The stores of Node, and those of the system's Chromium on a page of the repository's modules. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Measures = Pick<StoreSource, 'measure' | 'measureOrder'>;

export async function storeSource(): Promise<StoreSource> {
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-bench-'));
  const here = { file: await fileStore(folder), memory: memoryStore() };
  const isHere = (name: string): name is keyof typeof here => Object.hasOwn(here, name);
  const browser = await openBrowser();
  return {
    stores: [...browser.stores, ...Object.keys(here)],
    measure: (name, load) => (isHere(name) ? measureStore(here[name], load) : browser.measure(name, load)),
    measureOrder: (name, load) => (isHere(name) ? measureOrder(here[name], load) : browser.measureOrder(name, load)),
    async close() {
      await browser.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A browser that stays open until `close`. */
async function openBrowser(): Promise<Measures & { stores: string[]; close(): Promise<void> }> {
  const { createServer } = await import('vite');
  const server = await createServer({
    root: ROOT,
    cacheDir: join(ROOT, '.cache', 'vite-bench'),
    configFile: false,
    logLevel: 'warn',
    appType: 'mpa',
    // The dependencies are ES modules already.
    optimizeDeps: { noDiscovery: true },
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null },
  });
  await server.listen();
  const { port } = server.httpServer!.address() as AddressInfo;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return new Promise((resolve, reject) => {
    const browsing = inFreshProfile([], async (context) => {
      const page = context.pages()[0];
      await page.goto(`http://127.0.0.1:${port}/src/cli/storePage.html`);
      await page.waitForFunction(() => 'storeWorker' in window);
      const stores = await page.evaluate(() => window.storeWorker.names());
      resolve({
        stores,
        measure: (...asked) => page.evaluate((asked) => window.storeWorker.measure(...asked), asked),
        measureOrder: (...asked) => page.evaluate((asked) => window.storeWorker.measureOrder(...asked), asked),
        async close() {
          end();
          await browsing;
          await server.close();
        },
      });
      await ended;
    });
    browsing.catch(reject);
  });
}
