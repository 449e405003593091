import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from '@playwright/test';
import { InputError } from '../config/errors.ts';

/** The system's Chromium, for benches. Playwright is a tool of the repository, not of the package. */

/** Nothing but the loopback is spoken to. */
const ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Opens a browser with an empty profile, which goes with it.
 *
 * @throws InputError where there is no Chromium
 */
export async function inFreshProfile<T>(
  args: readonly string[],
  use: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const executablePath = browserPath();
  const { chromium } = await import('@playwright/test');
  const profile = await mkdtemp(join(tmpdir(), 'edgewise-profile-'));
  const options = { executablePath, headless: true, viewport: { width: 1440, height: 900 } };
  const context = await chromium.launchPersistentContext(profile, { ...options, args: [...ARGS, ...args] });
  try {
    return await use(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function browserPath(): string {
  const { EDGEWISE_CHROME, CHROME_PATH } = process.env;
  const usual = [
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium-browser',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const path = EDGEWISE_CHROME ?? CHROME_PATH ?? usual.find(existsSync);
  if (!path) throw new InputError('No Chromium found: name its path in EDGEWISE_CHROME.');
  return path;
}
