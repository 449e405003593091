import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from '@playwright/test';
import type { BenchContext } from '../bench/suite.ts';
import { inFreshProfile } from './browser.ts';
import { type PageServer, servePage } from './pageServer.ts';

/** The built page in the system's Chromium, for benches. Vite is a tool of the repository, not of the package. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = join(ROOT, '.cache', 'bench-page');

const WEBGPU = '--enable-unsafe-webgpu';
/** Where there is no GPU. */
const SOFTWARE = '--use-webgpu-adapter=swiftshader';

export interface BuiltPage {
  readonly server: PageServer;
  /** An empty page in a browser of its own, which goes with its profile. */
  inBrowser<T>(use: (page: Page, session: CDPSession) => Promise<T>): Promise<T>;
}

/** Builds the page, serves it and finds out whether the browser has a GPU. */
export async function openBuiltPage({ progress }: Pick<BenchContext, 'progress'>): Promise<BuiltPage> {
  await buildPage();
  const server = await servePage(BUILT);
  // The first visit also lets the operating system read the browser's files and the server compress its own.
  const hasGpu = await inFreshProfile([WEBGPU], async (context) => {
    const page = context.pages()[0];
    await page.goto(server.url);
    return page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      return Boolean(
        adapter && !adapter.info.isFallbackAdapter && !/swiftshader|llvmpipe/i.test(adapter.info.description),
      );
    });
  });
  if (!hasGpu) progress('no GPU found: SwiftShader serves');
  return {
    server,
    inBrowser: (use) =>
      inFreshProfile(hasGpu ? [WEBGPU] : [WEBGPU, SOFTWARE], async (context) => {
        const page = context.pages()[0];
        return use(page, await context.newCDPSession(page));
      }),
  };
}

async function buildPage(): Promise<void> {
  const { build } = await import('vite');
  const configFile = join(ROOT, 'vite.config.ts');
  await build({ root: ROOT, configFile, logLevel: 'warn', build: { outDir: BUILT, emptyOutDir: true } });
}
