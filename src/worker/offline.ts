/**
 * The service worker: after the first visit the page is there without a network. All files of a build are kept together, under the
 * build's name, so that an index never meets files of another build; a newer index is taken wherever the network has one.
 * What is trained on is in the stores, not here. https://web.dev/learn/pwa/serving
 */

/** Filled in by the build (scripts/offline.ts): files beside this one, and a hash of them. */
declare const OFFLINE_FILES: readonly string[];
declare const OFFLINE_VERSION: string;

/** What is used of a service worker's global scope, whose types do not go together with those of a page. */
interface Scope {
  readonly registration: { readonly scope: string };
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void;
}
interface Lasting {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const scope = globalThis as unknown as Scope;
/** Another page of the same host may keep files, too. */
const PREFIX = `edgewise ${scope.registration.scope} `;
const NAME = PREFIX + OFFLINE_VERSION;

scope.addEventListener('install', (event) => event.waitUntil(keepFiles()));
scope.addEventListener('activate', (event) => event.waitUntil(forgetOlder()));
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope.registration.scope)) return;
  event.respondWith(request.mode === 'navigate' ? newest(request) : kept(request));
});

/** All or nothing: without one of them the worker is not installed, and the next visit tries again. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(NAME);
  // Past the browser's own cache, which may hold the index, or a file without a hash in its name, of an older build.
  const fresh = (file: string) => new Request(new URL(file, scope.registration.scope), { cache: 'no-cache' });
  await cache.addAll(['./', ...OFFLINE_FILES].map(fresh));
}

async function forgetOlder(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(PREFIX) && name !== NAME).map((name) => caches.delete(name)),
  );
}

/** Pages: the index for all addresses but those of public pages. */
async function newest(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const page = (await caches.match(request, { cacheName: NAME })) ?? (await caches.match('./', { cacheName: NAME }));
    if (!page) throw error;
    return page;
  }
}

/** File names carry a hash of what is in them, and the cache's name one of the others: what is kept is never out of date. */
async function kept(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: NAME })) ?? fetch(request);
}
