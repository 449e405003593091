import { defineConfig } from '@playwright/test';

/** The parts that only a browser has, in the system's Chromium: `npx playwright test -c e2e/playwright.config.ts`. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './server.ts',
  outputDir: '../test-results',
  timeout: 180_000,
  // A software adapter on two busy cores takes its time to compile.
  expect: { timeout: 15_000 },
  globalTimeout: 3_900_000,
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
});
