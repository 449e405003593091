import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Vulkan drivers to try, the best first. */
export interface Driver {
  /** What VK_DRIVER_FILES must hold; null leaves the choice to the Vulkan loader. */
  readonly manifest: string | null;
  /** What the user is told. */
  readonly name: string;
}

/** The environment variables that name a driver; the first is the loader's current one, the second its older name. */
const VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;

const MANIFEST = 'vk_swiftshader_icd.json';

/** Where browsers that bring SwiftShader along are installed. */
const BROWSER_FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium',
  '/usr/lib64/chromium-browser',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
  '/opt/google/chrome-beta',
  '/opt/google/chrome-unstable',
  '/opt/microsoft/msedge',
  '/opt/brave.com/brave',
  '/snap/chromium/current/usr/lib/chromium-browser',
];

/**
 * The drivers of this machine. A variable that the user set is the only one tried. Otherwise first whatever the system's
 * loader offers, real GPUs before software; then SwiftShader beside a browser. On Windows and macOS Dawn speaks to the
 * system directly and there is nothing to choose.
 */
export function findDrivers(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  exists: (path: string) => boolean = existsSync,
): Driver[] {
  if (platform === 'win32') return [{ manifest: null, name: 'Direct3D 12' }];
  if (platform === 'darwin') return [{ manifest: null, name: 'Metal' }];
  const variable = VARIABLES.find((name) => env[name]);
  if (variable) return [{ manifest: null, name: `the Vulkan driver in ${variable} (${env[variable]})` }];
  const swiftShader = [...BROWSER_FOLDERS, ...playwrightFolders(env)]
    .map((folder) => join(folder, MANIFEST))
    .filter(exists)
    .map((manifest) => ({ manifest, name: `SwiftShader (${manifest})` }));
  return [{ manifest: null, name: "the system's Vulkan driver" }, ...swiftShader];
}

/** Browsers that Playwright downloaded, the newest first. */
function playwrightFolders(env: NodeJS.ProcessEnv): string[] {
  const root = env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache', 'ms-playwright');
  try {
    const names = readdirSync(root).filter((name) => name.startsWith('chromium'));
    return names
      .sort()
      .reverse()
      .flatMap((name) => [join(root, name, 'chrome-linux'), join(root, name, 'chrome-linux64')]);
  } catch {
    return [];
  }
}
