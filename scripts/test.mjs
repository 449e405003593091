/**
 * `npm test`: types, lint, unit and kernel tests, and tests in a browser, one after the other. Words after `--` go to
 * Vitest: `npm test -- src/config`.
 * The last line adds up all runners; any failure, and any runner that crashes or reports nothing, exits non-zero.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addUp, countPlaywright, countVitest, describeCounts, withStatus } from './counts.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WINDOWS = process.platform === 'win32';

/** Ends before anything ran. */
function giveUp(message) {
  console.error(message);
  console.log(describeCounts({ passed: 0, failed: 1, skipped: 0 }));
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  giveUp(`Node ${process.versions.node} is too old: Edgewise needs 20.19 or later.`);
}
if (!existsSync(join(ROOT, 'node_modules', '.bin', WINDOWS ? 'vitest.cmd' : 'vitest'))) {
  giveUp('The dependencies are missing: run npm ci first.');
}

const { MachineError, prepareMachine } = await import('./machine.mjs');
const env = { ...process.env };
try {
  const { chrome, driver } = prepareMachine();
  console.log(`Browser: ${chrome}`);
  console.log(`Adapter: ${driver.adapter}, from ${driver.driver}`);
  env.EDGEWISE_CHROME = chrome;
  if (driver.manifest) env.VK_DRIVER_FILES = driver.manifest;
} catch (error) {
  if (!(error instanceof MachineError)) throw error;
  giveUp(error.message);
}
if (!env.EDGEWISE_DATA) console.log('EDGEWISE_DATA is not set: tests that read real files will be skipped.');

/** Runs a tool of node_modules in the open and returns its exit status, null for a signal. */
function run(tool, args, more = {}) {
  const path = join(ROOT, 'node_modules', '.bin', WINDOWS ? `${tool}.cmd` : tool);
  const options = { cwd: ROOT, env: { ...env, ...more }, stdio: 'inherit', shell: WINDOWS };
  const { status, signal, error } = spawnSync(path, args, options);
  if (error) console.error(`${tool}: ${error.message}`);
  if (signal) console.error(`${tool} was ended by ${signal}.`);
  return status;
}

/** A tool that says only yes or no counts as one test. */
function check(tool, args) {
  const passed = run(tool, args) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

function vitest(words) {
  return reported(countVitest, (path) =>
    run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${path}`, ...words]),
  );
}

function playwright() {
  const args = ['test', '--config=e2e/playwright.config.ts', '--reporter=list,json'];
  return reported(countPlaywright, (path) => run('playwright', args, { PLAYWRIGHT_JSON_OUTPUT_FILE: path }));
}

/** Counts what a runner writes as JSON to the path that it is given. */
function reported(count, runner) {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-test-'));
  const path = join(folder, 'report.json');
  const status = runner(path);
  const report = readReport(path);
  rmSync(folder, { recursive: true, force: true });
  return withStatus(report && count(report), status);
}

/** The report, or null where the runner left none or half of one. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

const RUNNERS = [
  ['types', () => check('tsc', ['--noEmit'])],
  ['lint', () => check('biome', ['check', '.'])],
  ['unit and kernels', () => vitest(process.argv.slice(2))],
  ['end to end', playwright],
];

const results = RUNNERS.map(([name, runner]) => {
  console.log(`\n── ${name}`);
  return { name, counts: runner() };
});
console.log('');
for (const { name, counts } of results) console.log(`${name.padEnd(20)}${describeCounts(counts)}`);
const total = addUp(results.map(({ counts }) => counts));
console.log(describeCounts(total));
process.exitCode = total.failed > 0 ? 1 : 0;
