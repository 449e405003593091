import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { addUp, countPlaywright, countVitest, describeCounts, withStatus } from './counts.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs Vitest on one test file with this text, and counts it as npm test does. */
function countsOf(text) {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'some.test.mjs'), text);
    writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
    const report = join(folder, 'report.json');
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile.json=${report}`];
    const { status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    return withStatus(countVitest(JSON.parse(readFileSync(report, 'utf8'))), status);
  });
}

/** The same with Playwright. */
function browserCountsOf(text) {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'some.spec.mjs'), text);
    writeFileSync(join(folder, 'playwright.config.mjs'), "export default { outputDir: './results' };");
    const report = join(folder, 'report.json');
    const args = [join(ROOT, 'node_modules/@playwright/test/cli.js'), 'test', `--config=${folder}`, '--reporter=json'];
    const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report };
    const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
    return withStatus(countPlaywright(JSON.parse(readFileSync(report, 'utf8'))), status);
  });
}

/** Lends an empty folder of the repository. */
function inFolder(work) {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache', 'counts-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const HEAD = "import { it, expect } from 'vitest';\n";

it('counts what Vitest reports', () => {
  const text = `${HEAD}it('a', () => {}); it('b', () => { expect(1).toBe(2); }); it.skip('c', () => {}); it.todo('d');`;
  expect(countsOf(text)).toEqual({ passed: 1, failed: 1, skipped: 2 });
});

it('counts a file that does not load as a failure', () => {
  expect(countsOf("import './nowhere.mjs';").failed).toBe(1);
});

it('counts an error outside of the tests as a failure', () => {
  const text = `${HEAD}it('a', () => { setTimeout(() => { throw new Error('late'); }); return new Promise((r) => setTimeout(r, 50)); });`;
  expect(countsOf(text)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

const BROWSER_HEAD = "import { test, expect } from '@playwright/test';\n";

it('counts what Playwright reports', () => {
  const text = `${BROWSER_HEAD}test('a', () => {}); test('b', () => { expect(1).toBe(2); }); test.skip('c', () => {});`;
  expect(browserCountsOf(text)).toEqual({ passed: 1, failed: 1, skipped: 1 });
});

it('counts a browser test that does not load as a failure', () => {
  expect(browserCountsOf("import './nowhere.mjs';").failed).toBeGreaterThan(0);
});

it('never trusts silence', () => {
  expect(withStatus(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(withStatus({ passed: 0, failed: 0, skipped: 0 }, 0).failed).toBe(1);
  expect(withStatus({ passed: 9, failed: 0, skipped: 0 }, null).failed).toBe(1);
  expect(withStatus({ passed: 9, failed: 2, skipped: 0 }, 1).failed).toBe(2);
});

it('adds all runners up in one line', () => {
  const total = addUp([
    { passed: 1, failed: 0, skipped: 0 },
    { passed: 5, failed: 2, skipped: 0 },
  ]);
  expect(describeCounts(total)).toBe('6 passed, 2 failed');
  expect(describeCounts({ ...total, skipped: 3 })).toBe('6 passed, 2 failed, 3 skipped');
});
