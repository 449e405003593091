/**
 * The pictures of the README, from the page as it is: docs/images/*.png in both themes, wide and narrow, after a training of
 * debian-small, and docs/images/slider.gif, the memory plan while its slider moves. `npm run screenshots [-- NAME…]`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { findChrome } from './machine.mjs';
import { encodeFilm, encodeStill } from './pictures.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMAGES = join(ROOT, 'docs', 'images');
const BUILT = join(ROOT, '.cache', 'screenshots-page');
const configFile = join(ROOT, 'vite.config.ts');

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
/** Narrow enough to be read in a README. */
const FILM = { width: 1220, height: 900 };
/** Pixels around a panel. */
const MARGIN = 12;

/** Bytes: a README should not weigh more than the page. */
const LARGEST_STILL = 200_000;
const LARGEST_FILM = 1_000_000;

const FRAMES_PER_SECOND = 12;

/** Where the plan of debian-small samples, bytes. */
const SMALL_BUDGET = 2_000_000;

const trained = (viewport, colorScheme) => ({
  viewport,
  colorScheme,
  async take(page) {
    await train(page);
    return encodeStill(await page.screenshot());
  },
});

const PICTURES = {
  'light-wide.png': trained(WIDE, 'light'),
  'dark-wide.png': trained(WIDE, 'dark'),
  'light-narrow.png': trained(NARROW, 'light'),
  'dark-narrow.png': trained(NARROW, 'dark'),
  'memory-plan.png': {
    viewport: FILM,
    colorScheme: 'light',
    async take(page) {
      const field = page.getByRole('textbox', { name: 'My GPU has' });
      await field.fill(String(SMALL_BUDGET));
      await field.press('Enter');
      await settled(page);
      await field.blur();
      return encodeStill(await page.screenshot({ clip: await frameOf(plan(page)), fullPage: true }));
    },
  },
  'slider.gif': { viewport: FILM, colorScheme: 'light', take: film },
};

const plan = (page) => page.getByRole('region', { name: 'Memory plan' });

/** Where a panel is, and a little around it. */
async function frameOf(region) {
  const { x, y, width, height } = await region.boundingBox();
  return { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
}

/** Trains to the end, and waits for the charts. */
async function train(page) {
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByRole('region', { name: 'Training' }).getByText(/^Done/).waitFor({ timeout: 180_000 });
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(2000);
  // Nothing has the focus or the pointer.
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
  });
}

/** The plan has been made and drawn: for ten frames nothing has changed. */
async function settled(page) {
  await plan(page).evaluate(async (region) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let still = 0, last = '', all = 0; still < 10 && all < 200; all++) {
      await frame();
      still = region.textContent === last ? still + 1 : 0;
      last = region.textContent;
    }
  });
}

/** From no limit to the smallest budget that has a plan, and back; every frame is of a plan that is done. */
async function film(page) {
  const region = plan(page);
  const bounds = await plannedPositions(page);
  // There the panel has the most to say, and is tallest.
  await moveSlider(page, bounds.least);
  const clip = await frameOf(region);
  const frames = [];
  for (const position of path(bounds)) {
    await moveSlider(page, position);
    frames.push(await page.screenshot({ clip, fullPage: true }));
  }
  return encodeFilm(frames, FRAMES_PER_SECOND);
}

/** Positions of the slider, by trying: `tight`, just before the plan has to change, and `least`, the last that has a plan. */
async function plannedPositions(page) {
  const peak = async () => /predicted peak [\d,]+ bytes/.exec(await plan(page).textContent())?.[0];
  const unlimited = await peak();
  if (!unlimited) throw new Error('screenshots: the memory plan shows no predicted peak.');
  let tight = 1;
  let least = 1;
  for (let position = 0.94; position > 0; position -= 0.01) {
    await moveSlider(page, position);
    if ((await plan(page).getByRole('alert').count()) > 0) break;
    least = position;
    if ((await peak()) === unlimited) tight = position;
  }
  return { tight, least };
}

/** One position per frame, 5 seconds: most of them where the plan changes. */
function path({ tight, least }) {
  const moves = [
    { from: 1, to: 1, frames: 6 },
    { from: 1, to: tight, frames: 7 },
    { from: tight, to: least, frames: 20 },
    { from: least, to: least, frames: 7 },
    { from: least, to: tight, frames: 14 },
    { from: tight, to: 1, frames: 6 },
  ];
  // Slower at both ends, as a hand does it.
  const ease = (share) => (1 - Math.cos(Math.PI * share)) / 2;
  return moves.flatMap(({ from, to, frames }) =>
    Array.from({ length: frames }, (_, i) => from + (to - from) * ease((i + 1) / frames)),
  );
}

async function moveSlider(page, position) {
  await page.getByRole('slider', { name: 'GPU memory budget' }).evaluate((input, value) => {
    // React listens to the setter of the element itself.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, String(value));
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, position);
  await settled(page);
}

async function main() {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !(name in PICTURES));
  if (unknown) throw new Error(`screenshots: ${unknown} is none of ${Object.keys(PICTURES).join(', ')}.`);
  const executablePath = findChrome();
  if (!executablePath) throw new Error('screenshots: no Chrome or Chromium found: name its path in CHROME_PATH.');
  await build({ root: ROOT, configFile, logLevel: 'warn', build: { outDir: BUILT, emptyOutDir: true } });
  const server = await preview({
    root: ROOT,
    configFile,
    build: { outDir: BUILT },
    preview: { host: '127.0.0.1', port: 0 },
  });
  mkdirSync(IMAGES, { recursive: true });
  try {
    for (const [name, { viewport, colorScheme, take }] of Object.entries(PICTURES)) {
      if (asked.length > 0 && !asked.includes(name)) continue;
      const bytes = await inFreshProfile({ executablePath, viewport, colorScheme }, async (page) => {
        await page.goto(server.resolvedUrls.local[0]);
        await page.getByRole('button', { name: 'Train', exact: true, disabled: false }).waitFor();
        await settled(page);
        return take(page);
      });
      writeFileSync(join(IMAGES, name), bytes);
      const most = name.endsWith('.gif') ? LARGEST_FILM : LARGEST_STILL;
      console.log(`docs/images/${name}: ${bytes.length.toLocaleString('en')} bytes`);
      if (bytes.length > most)
        throw new Error(`screenshots: ${name} is larger than ${most.toLocaleString('en')} bytes.`);
    }
  } finally {
    await server.close();
  }
}

/** The pictures are of a fresh visit; SwiftShader draws the same everywhere. */
async function inFreshProfile({ executablePath, viewport, colorScheme }, use) {
  const profile = mkdtempSync(join(tmpdir(), 'edgewise-screenshots-'));
  const args = ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-webgpu'];
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport,
    colorScheme,
    deviceScaleFactor: 1,
    args: [...args, '--use-webgpu-adapter=swiftshader'],
  });
  try {
    return await use(context.pages()[0]);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
