import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Any sub-path of a static host will do. */
const BASE = '/some/where/';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** What was answered, in bytes as gzip would have sent them; `at` in milliseconds since 1970. */
export interface Answer {
  readonly path: string;
  readonly gzipBytes: number;
  readonly at: number;
}

export interface PageServer {
  readonly url: string;
  /** Told of every answer, also of those without a file. */
  onAnswer: (answer: Answer) => void;
  close(): Promise<void>;
}

/** A folder on the loopback, as a static host would serve it: cacheable for ten minutes, no special headers. */
export async function servePage(folder: string): Promise<PageServer> {
  const sizes = new Map<string, Promise<{ bytes: Buffer; gzipBytes: number } | null>>();
  /** Compressed once and before it is counted, so that no load waits for it twice. */
  const fileAt = (path: string) => {
    const file = normalize(join(folder, path.slice(BASE.length) || 'index.html'));
    if (!path.startsWith(BASE) || !file.startsWith(folder + sep)) return Promise.resolve(null);
    const known = sizes.get(file) ?? readFile(file).then(measured, () => null);
    sizes.set(file, known);
    return known;
  };
  const server = createServer(async (request, response) => {
    const at = performance.timeOrigin + performance.now();
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const found = await fileAt(path);
    response.writeHead(found ? 200 : 404, {
      'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream',
      'cache-control': 'max-age=600',
    });
    response.end(found?.bytes);
    served.onAnswer({ path: path.replace(BASE, '') || 'index.html', gzipBytes: found?.gzipBytes ?? 0, at });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served: PageServer = {
    url: `http://127.0.0.1:${port}${BASE}`,
    onAnswer: () => {},
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}

/** What is compressed already (the datasets) grows by a few bytes; a host would send it as it is. */
function measured(bytes: Buffer): { bytes: Buffer; gzipBytes: number } {
  return { bytes, gzipBytes: Math.min(bytes.length, gzipSync(bytes, { level: 9 }).length) };
}
