import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, createServer } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = fileURLToPath(new URL('../.cache/e2e-page', import.meta.url));

/** Any static host and any sub-path will do; public datasets come from a folder beside it. */
const PAGE_PATH = '/some/where/';
const MIRROR_PATH = '/mirror/';

/** Before all tests: serves the repository's modules to the store's tests, and the built page as a static host would. */
export default async function serve(): Promise<() => Promise<void>> {
  const modules = await serveModules();
  const page = await servePage(PAGE, MIRROR_PATH);
  process.env.EDGEWISE_E2E_PAGE = page.address;
  return async () => {
    await modules.close();
    await page.close();
  };
}

/** Builds the page into a folder and serves it. `mirror` is where that build has public datasets from; null: their own hosts. */
export async function servePage(folder: string, mirror: string | null) {
  if (mirror === null) delete process.env.EDGEWISE_MIRROR;
  else process.env.EDGEWISE_MIRROR = mirror;
  await build({
    root: ROOT,
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  });
  const server = createHttpServer((request, response) => void answer(folder, request.url ?? '/', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${PAGE_PATH}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveModules() {
  const server = await createServer({
    root: ROOT,
    cacheDir: fileURLToPath(new URL('../.cache/vite-e2e', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    appType: 'mpa',
    // The dependencies are ES modules already; bundling one on first sight would reload the page under a test.
    optimizeDeps: { noDiscovery: true },
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null },
  });
  await server.listen();
  const { port } = server.httpServer!.address() as AddressInfo;
  process.env.EDGEWISE_E2E_URL = `http://127.0.0.1:${port}`;
  return server;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.gz': 'application/gzip',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** Files and nothing else: no special headers, no fallbacks. The mirror holds Cora where EDGEWISE_DATA does. */
async function answer(page: string, address: string, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(address, 'http://localhost').pathname);
  const data = process.env.EDGEWISE_DATA;
  try {
    const [folder, rest] = path.startsWith(PAGE_PATH)
      ? [page, path.slice(PAGE_PATH.length) || 'index.html']
      : path.startsWith(MIRROR_PATH) && data
        ? [join(data, 'planetoid-cora'), path.slice(MIRROR_PATH.length).replace(/^cora\//, '')]
        : [null, ''];
    const file = folder && normalize(join(folder, rest));
    if (!file?.startsWith(folder + sep)) throw new Error('nothing there');
    const bytes = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(bytes);
  } catch {
    response.writeHead(404);
    response.end();
  }
}
