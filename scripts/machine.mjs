/**
 * What the tests need from the machine: Chrome or Chromium, and a Vulkan driver that Dawn accepts. Finds both; installs what
 * is missing where that is allowed; says which one command does it where it is not.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const BACKPORTS_LIST = '/etc/apt/sources.list.d/edgewise-backports.list';

/** Seconds that apt waits for another apt to finish. */
const LOCK_TIMEOUT = 300;

/** A machine that lacks something: the message says what to do. */
export class MachineError extends Error {}

/**
 * Finds the browser and the driver, installing them where they are missing and `CI=true`, or root on a Debian-like system,
 * allows it. Returns { chrome, driver: { adapter, driver, manifest } }; throws MachineError.
 */
export function prepareMachine() {
  let chrome = findChrome();
  let driver = probeDriver();
  if (!chrome || driver.reason) {
    const missing = { chrome: !chrome, driver: Boolean(driver.reason) };
    const names = [missing.chrome && 'Chrome or Chromium', missing.driver && 'a Vulkan driver']
      .filter(Boolean)
      .join(' and ');
    const why = driver.reason ? ` (${driver.reason})` : '';
    if (!mayInstall()) {
      throw new MachineError(
        `Missing: ${names}${why}. One command installs what is missing:\n\n  ${command(missing)}\n`,
      );
    }
    console.log(`Missing: ${names}${why}. Installing.`);
    install(missing);
    chrome = findChrome();
    driver = probeDriver();
    if (!chrome)
      throw new MachineError('Chromium was installed but is not found: put it on the PATH or name it in CHROME_PATH.');
    if (driver.reason)
      throw new MachineError(`A Vulkan driver was installed, but Dawn does not take it: ${driver.reason}.`);
  }
  return { chrome, driver };
}

/** The path of the system's Chrome or Chromium; CHROME_PATH comes first. */
export function findChrome(env = process.env) {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = [
    env.CHROME_PATH,
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ...[env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA]
      .filter(Boolean)
      .map((folder) => join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe')),
  ];
  return candidates.filter(Boolean).find(isExecutable) ?? null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Asks Dawn for an adapter in a process of its own: { adapter, driver, manifest }, or { reason }. */
function probeDriver() {
  const options = { cwd: ROOT, encoding: 'utf8', timeout: 60_000 };
  const { stdout, status, signal, error } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/probe.mjs'],
    options,
  );
  if (error) return { reason: error.message };
  const last = stdout.trim().split('\n').at(-1);
  if (status === 0 && last?.startsWith('{')) return JSON.parse(last);
  return { reason: `opening Dawn ended with ${signal ?? `status ${status}`}` };
}

function isRoot() {
  return process.getuid?.() === 0;
}

function hasApt() {
  return existsSync('/usr/bin/apt-get');
}

function mayInstall() {
  return hasApt() && (isRoot() || (process.env.CI === 'true' && spawnSync('sudo', ['-n', 'true']).status === 0));
}

/** /etc/os-release as an object. */
function system() {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  const pairs = lines.map((line) => /^(\w+)="?(.*?)"?$/.exec(line)).filter(Boolean);
  return Object.fromEntries(pairs.map(([, key, value]) => [key, value]));
}

/** Debian 12's own Mesa (22.3) is refused by Dawn; the backport is not, and needs libdrm of its own age. */
function needsBackports() {
  return system().VERSION_CODENAME === 'bookworm';
}

function packages({ chrome, driver }) {
  const browser = system().ID === 'ubuntu' ? 'chromium-browser' : 'chromium';
  return {
    plain: [chrome && browser, driver && 'libvulkan1', driver && !needsBackports() && 'mesa-vulkan-drivers'].filter(
      Boolean,
    ),
    backports: driver && needsBackports() ? ['mesa-vulkan-drivers', 'libdrm2', 'libdrm-amdgpu1'] : [],
  };
}

/** The one command that installs what is missing, to be shown to a person. */
function command(missing) {
  const both = missing.driver ? ' vulkan-loader mesa-vulkan-drivers' : '';
  if (hasApt()) return `sudo ${process.execPath} scripts/install.mjs`;
  if (process.platform === 'darwin') return 'brew install --cask chromium';
  if (process.platform === 'win32') return 'winget install Google.Chrome';
  if (existsSync('/usr/bin/dnf')) return `sudo dnf install -y${missing.chrome ? ' chromium' : ''}${both}`;
  if (existsSync('/usr/bin/pacman')) {
    return `sudo pacman -S --needed${missing.chrome ? ' chromium' : ''}${missing.driver ? ' vulkan-icd-loader vulkan-swrast' : ''}`;
  }
  return 'install Chromium and a Vulkan driver (Mesa) with the package manager of your system';
}

/** Installs with apt; throws MachineError in words. */
function install(missing) {
  const { plain, backports } = packages(missing);
  if (backports.length > 0) addBackports();
  apt('update');
  if (plain.length > 0) apt('install', plain);
  if (backports.length > 0) apt('install', ['-t', 'bookworm-backports', ...backports]);
}

function apt(verb, names = []) {
  const options = ['-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT}`, '-o', 'Acquire::Retries=3', '-q'];
  const args = verb === 'install' ? [verb, '-y', '--no-install-recommends', ...names] : [verb];
  const { status } = asRoot('apt-get', [...options, ...args], { stdio: 'inherit' });
  if (status === 0) return;
  // An update that could not reach one of several archives may still do; the installation will tell.
  if (verb === 'update') return console.log('apt-get update failed; trying with the lists that are there.');
  throw new MachineError(
    `apt-get ${args.join(' ')} failed: check the network, and whether another apt or dpkg is running, then repeat npm test.`,
  );
}

function asRoot(program, args, options) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return isRoot()
    ? spawnSync(program, args, { env, ...options })
    : spawnSync('sudo', ['-n', 'DEBIAN_FRONTEND=noninteractive', program, ...args], { env, ...options });
}

/** Adds bookworm-backports from the same mirror as the rest, unless a source of that name is there. */
function addBackports() {
  const texts = aptSources();
  if (texts.some((text) => /^[^#\n]*\bbookworm-backports\b/m.test(text))) return;
  const mirror =
    texts
      .map((text) => /^(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s*)(\S*\/debian)\/?(?=\s|$)/m.exec(text)?.[1])
      .find(Boolean) ?? 'http://deb.debian.org/debian';
  const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  const line = `deb ${signed}${mirror} bookworm-backports main\n`;
  const { status } = asRoot('tee', [BACKPORTS_LIST], { input: line, stdio: ['pipe', 'ignore', 'inherit'] });
  if (status !== 0) throw new MachineError(`${BACKPORTS_LIST} cannot be written.`);
}

function aptSources() {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name)) : [];
  const paths = ['/etc/apt/sources.list', ...names.map((name) => join(folder, name))];
  return paths.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'));
}
