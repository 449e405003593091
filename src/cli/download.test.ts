import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { CatalogueEntry, CatalogueFile } from '../formats/catalogue.ts';
import { findData } from './data.ts';
import { cacheFolder, fetchFile, fetchUrl } from './download.ts';

const CONTENT = Buffer.from('source,target\n0,1\n');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const silent = { update: () => {}, end: () => {} };

let server: Server;
let folder: string;
let env: NodeJS.ProcessEnv;
let asked: string[];
let answer: { status: number; body: Buffer };

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: CONTENT };
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(join(tmpdir(), 'edgewise-download-'));
  env = { EDGEWISE_CACHE: folder, EDGEWISE_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}/m/` };
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

function fetchOne(change: Partial<CatalogueFile> = {}): Promise<Uint8Array> {
  const file = { url: 'https://example.org/data/edges.csv', bytes: CONTENT.length, sha256: SHA256, ...change };
  const about = { about: '', nodes: 0, edges: 0, features: 0, classes: 0, licence: '', citation: '' };
  const entry: CatalogueEntry = {
    id: 'tiny',
    title: 'Tiny',
    kind: 'public',
    format: 'planetoid',
    files: [file],
    ...about,
  };
  return fetchFile(entry, file, silent, env);
}

it('asks the mirror once, and the cache from then on', async () => {
  expect(Buffer.from(await fetchOne())).toEqual(CONTENT);
  expect(Buffer.from(await fetchOne())).toEqual(CONTENT);
  expect(asked).toEqual(['/m/tiny/edges.csv']);
  expect(readdirSync(join(folder, 'datasets', 'tiny'))).toEqual(['edges.csv']);
});

it('takes a file of which the catalogue knows only the address', async () => {
  const unknown = { bytes: undefined, sha256: undefined };
  expect(Buffer.from(await fetchOne(unknown))).toEqual(CONTENT);
  expect(Buffer.from(await fetchOne(unknown))).toEqual(CONTENT);
  expect(asked).toHaveLength(1);
});

it('checks a file whose size nobody counted by the id that git gives it', async () => {
  // git hash-object
  const known = { bytes: undefined, sha256: undefined, gitBlob: '0782c8be92bea4c51b92fe8a2c8629358ab7bf5c' };
  expect(Buffer.from(await fetchOne(known))).toEqual(CONTENT);
  const other = { ...known, gitBlob: 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391' };
  await expect(fetchOne(other)).rejects.toThrow(/git object [0-9a-f]{12}… instead of e69de29bb2d1…/);
});

it('fetches a damaged cache again', async () => {
  await fetchOne();
  writeFileSync(join(folder, 'datasets', 'tiny', 'edges.csv'), CONTENT.toString().replace('1', '7'));
  expect(Buffer.from(await fetchOne())).toEqual(CONTENT);
  expect(asked).toHaveLength(2);
});

it.each([
  ['other bytes', () => ({ status: 200, body: Buffer.from(CONTENT.toString().replace('1', '2')) }), 'SHA-256'],
  ['too few bytes', () => ({ status: 200, body: CONTENT.subarray(1) }), '17 bytes instead of 18'],
])('refuses %s and keeps nothing', async (_, served, said) => {
  answer = served();
  const failure = await fetchOne().catch((error) => error);
  expect(failure).toBeInstanceOf(InputError);
  expect(failure.message).toContain(said);
  expect(failure.message).toContain('/m/tiny/edges.csv');
  expect(readdirSync(folder)).toEqual([]);
});

it.each([
  ['a missing file', () => ({ status: 404, body: CONTENT }), 'status 404'],
  ['more bytes than promised', () => ({ status: 200, body: Buffer.alloc(1e6) }), 'more than the expected 18 bytes'],
])('fails on %s', async (_, served, said) => {
  answer = served();
  const failure = await fetchOne().catch((error) => error);
  expect(failure).not.toBeInstanceOf(InputError);
  expect(failure.message).toContain(said);
  expect(readdirSync(folder)).toEqual([]);
});

it('fetches a public file that --data names each time, and keeps nothing', async () => {
  const source = findData(`${env.EDGEWISE_MIRROR}edges.csv`);
  if (source.kind !== 'url') throw new Error(`a source of kind ${source.kind}`);
  expect(Buffer.from(await fetchUrl(source.url, silent))).toEqual(CONTENT);
  expect(Buffer.from(await fetchUrl(source.url, silent))).toEqual(CONTENT);
  expect(asked).toEqual(['/m/edges.csv', '/m/edges.csv']);
  expect(readdirSync(folder)).toEqual([]);
  expect(() => findData('http://example.org/edges.csv')).toThrow(
    '--data: data cannot be "http://example.org/edges.csv"',
  );
});

it('does not follow https to where anybody may change the file', async () => {
  const led = Object.defineProperty(new Response(CONTENT), 'url', { value: 'http://example.org/edges.csv' });
  vi.stubGlobal('fetch', async () => led);
  const coming = fetchUrl('https://example.org/edges.csv', silent);
  await expect(coming.finally(() => vi.unstubAllGlobals())).rejects.toThrow('leads to an address without https');
});

it('names the address where nobody answers', async () => {
  env.EDGEWISE_MIRROR = 'http://127.0.0.1:9';
  await expect(fetchOne()).rejects.toThrow('http://127.0.0.1:9/tiny/edges.csv: download failed (');
});

it('keeps downloads where the system keeps such things', () => {
  expect(cacheFolder({ EDGEWISE_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/edgewise');
  expect(cacheFolder({})).toMatch(/\.cache.edgewise$/);
});
