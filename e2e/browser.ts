import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from '@playwright/test';

/** The system's Chromium: scripts/test.mjs names it in EDGEWISE_CHROME. */
function executable(): string {
  const usual = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'];
  const path = process.env.EDGEWISE_CHROME ?? usual.find(existsSync);
  if (!path) throw new Error('No Chromium found: set EDGEWISE_CHROME to its path.');
  return path;
}

/** Nothing but the loopback is spoken to. */
const ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** An empty profile; storage lives in it, and survives the browser. */
export async function temporaryProfile(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'edgewise-profile-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** SwiftShader serves where there is no GPU; a machine with one sets EDGEWISE_E2E_GPU and its own adapter is used. */
const WEBGPU = [
  '--enable-unsafe-webgpu',
  ...(process.env.EDGEWISE_E2E_GPU ? [] : ['--use-webgpu-adapter=swiftshader']),
];

/** As above, for WebGL. */
const WEBGL = process.env.EDGEWISE_E2E_GPU ? [] : ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

export interface BrowserOptions {
  readonly gpu?: boolean;
  readonly webgl?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
}

export function openBrowser(
  profile: string,
  { gpu = false, webgl = false, ...options }: BrowserOptions = {},
): Promise<BrowserContext> {
  const args = [...ARGS, ...(gpu ? WEBGPU : []), ...(webgl ? WEBGL : [])];
  return chromium.launchPersistentContext(profile, { executablePath: executable(), args, headless: true, ...options });
}

/** The origin of the server; one with a name is a site of its own, with storage of its own. */
export function origin(site?: string): string {
  const url = new URL(process.env.EDGEWISE_E2E_URL!);
  // Browsers resolve any name below localhost to the loopback.
  if (site) url.hostname = `${site}.localhost`;
  return url.origin;
}

/** A tab on a page of e2e/, whose script has run. */
export async function openPage(context: BrowserContext, path: string, site?: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin(site)}/e2e/${path}`);
  await page.waitForFunction(() => 'storePage' in window);
  return page;
}
