import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import { openBrowser, temporaryProfile } from './browser.ts';

/** Driving the built page as a visitor would. */

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Addresses that the page asked for, oldest first. */
  readonly requests: string[];
  /** Closes the browser; fails where it complained of anything but what was announced. */
  close(): Promise<void>;
}

export interface VisitOptions {
  /** Another build of the page than the usual one. */
  readonly address?: string;
  /** `#…` */
  readonly hash?: string;
  /** Without: as in a browser that has no WebGPU. */
  readonly gpu?: boolean;
  /** A profile that is kept; otherwise a fresh one that goes with the visit. */
  readonly profile?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly scheme?: 'light' | 'dark';
  /** What the browser may complain about. */
  readonly complaints?: RegExp;
}

/** Opens the page in a browser of its own and waits for its graph. */
export async function visit(options: VisitOptions = {}): Promise<Visit> {
  const { hash = '', gpu = true, viewport = { width: 1440, height: 900 }, scheme = 'light' } = options;
  const own = options.profile ? null : await temporaryProfile();
  const context = await openBrowser(options.profile ?? own!.path, { gpu, viewport, colorScheme: scheme });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto((options.address ?? process.env.EDGEWISE_E2E_PAGE!) + hash);
  await ready(page);
  return {
    context,
    page,
    requests,
    async close() {
      await context.close();
      await own?.remove();
      expect(complaints.filter((text) => !options.complaints?.test(text))).toEqual([]);
    },
  };
}

/** A graph is there, and a plan for it. */
export async function ready(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled({ timeout: 15_000 });
}

export const transport = (page: Page) => page.getByRole('region', { name: 'Training' });
export const progress = (page: Page) => transport(page).getByRole('status');

/** Waits until the graph on show has this many nodes. */
export async function showsNodes(page: Page, nodes: string): Promise<void> {
  const graph = page.getByRole('region', { name: 'Graph', exact: true });
  await expect(graph.getByText(`${nodes} nodes`)).toBeVisible({ timeout: 20_000 });
}

/** Epochs that the page says are done. */
export async function epochs(page: Page): Promise<number> {
  const text = await progress(page).textContent();
  return Number(/epoch ([\d,]+) of/.exec(text ?? '')?.[1].replaceAll(',', '') ?? 0);
}

export async function setField(page: Page, name: string, value: string): Promise<void> {
  const field = page.getByLabel(name, { exact: true });
  await field.fill(value);
  await field.press('Enter');
}

/** Presses Train and waits for the end. */
export async function trainToEnd(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await finished(page);
}

export async function finished(page: Page): Promise<void> {
  await expect(progress(page)).toContainText('Done', { timeout: 90_000 });
}

/** The newest row of the table of runs, cell by cell, without the one that opens its model. */
export async function newestRun(page: Page): Promise<string[]> {
  await page.getByRole('tab', { name: /^Runs/ }).click();
  const row = page.getByRole('tabpanel').locator('tbody tr').first();
  // The table's code comes with the first run.
  await row.waitFor();
  return row.locator('th, td:not(:nth-child(3))').allTextContents();
}

/** The exact bytes that the memory plan adds up to. */
export async function plannedBytes(page: Page): Promise<number> {
  const peak = page.getByRole('region', { name: 'Memory plan' }).getByRole('row', { name: /^peak/ });
  return Number((await peak.getByRole('cell').first().textContent())!.replaceAll(',', ''));
}

/** Drops files on the page, as the file manager would. */
export async function drop(page: Page, files: readonly { readonly name: string; readonly bytes: Uint8Array }[]) {
  const sent = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  }, sent);
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

/** What was understood of files that were dropped. */
export const preview = (page: Page) => page.getByRole('region', { name: /^Read as/ });

/** Takes the graph as its preview shows it. */
export async function takeGraph(page: Page): Promise<void> {
  await preview(page).getByRole('button', { name: 'Use this graph' }).click({ timeout: 20_000 });
  await expect(preview(page)).toHaveCount(0, { timeout: 20_000 });
}

export function filesOf(paths: readonly string[]): { name: string; bytes: Uint8Array }[] {
  return paths.map((path) => ({ name: basename(path), bytes: readFileSync(path) }));
}

export const text = (content: string) => new TextEncoder().encode(content);

/** A graph of `nodes` nodes with three edges each, two numbers and one of two classes, as two tables. */
export function ringFiles(nodes: number) {
  const lines = (of: (i: number) => string, count: number) => Array.from({ length: count }, (_, i) => of(i)).join('\n');
  const described = lines((i) => `n${i},${i % 3 ? 'odd' : 'even'},${i / nodes},${(i * 31) % 7}`, nodes);
  const edges = lines((i) => `n${i % nodes},n${(i * 7919 + 13 * Math.floor(i / nodes) + 1) % nodes}`, 3 * nodes);
  return [
    { name: 'ring/edges.csv', bytes: text(`source,target\n${edges}\n`) },
    { name: 'ring/nodes.csv', bytes: text(`id,label,height,age\n${described}\n`) },
  ];
}
