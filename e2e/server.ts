import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** Serves the repository to the browser on a free port of the loopback, before all tests; gives back what ends it. */
export default async function serve(): Promise<() => Promise<void>> {
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
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
  return () => server.close();
}
