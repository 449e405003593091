import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../config/errors.ts';
import {
  type CatalogueEntry,
  type CatalogueFile,
  fileName,
  gitBlobHeader,
  MAX_UNCOUNTED_BYTES,
} from '../formats/catalogue.ts';
import { formatBytes, type Progress } from './output.ts';

/** Datasets of the catalogue that do not ship with the package: downloaded once, checked, kept in a cache folder. */

/** A server that sends nothing for this long is given up. */
const SILENCE_MS = 30_000;

/** EDGEWISE_CACHE, or edgewise/ in the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.EDGEWISE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'edgewise');
}

/** EDGEWISE_MIRROR replaces the public address: a file then lies at MIRROR/dataset/file name. */
function addressOf(entry: CatalogueEntry, file: CatalogueFile, env: NodeJS.ProcessEnv): string {
  const mirror = env.EDGEWISE_MIRROR;
  if (!mirror) return file.url ?? '';
  return `${mirror.replace(/\/+$/, '')}/${encodeURIComponent(entry.id)}/${encodeURIComponent(fileName(file))}`;
}

/** The bytes of a public file, from the cache or the network. Throws Error where the network fails, InputError for wrong bytes. */
export async function fetchFile(
  entry: CatalogueEntry,
  file: CatalogueFile,
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Uint8Array> {
  const folder = join(cacheFolder(env), 'datasets', entry.id);
  const path = join(folder, fileName(file));
  // What another program left there, or half of a file, is fetched again.
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== undefined && size === (file.bytes ?? size)) {
    const cached = readFileSync(path);
    if (!mismatch(file, cached)) return cached;
  }
  const address = addressOf(entry, file, env);
  const bytes = await download(address, file, progress);
  const wrong = mismatch(file, bytes);
  if (wrong)
    throw new InputError(
      `${address}: ${wrong}; the file has changed, download the dataset yourself and pass its folder.`,
    );
  try {
    mkdirSync(folder, { recursive: true });
    // Renamed into place, so that a second process never sees half a file.
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  } catch (error) {
    throw new InputError(
      `${folder}: cannot be written (${(error as Error).message}); name another folder in EDGEWISE_CACHE.`,
    );
  }
  return bytes;
}

/** The bytes of a public file that somebody names, which nobody has counted. Nothing is kept. Throws Error where the network fails. */
export function fetchUrl(url: string, progress: Progress): Promise<Uint8Array> {
  return download(url, { url }, progress);
}

function mismatch(file: CatalogueFile, bytes: Uint8Array): string | null {
  if (bytes.length !== (file.bytes ?? bytes.length)) return `${bytes.length} bytes instead of ${file.bytes}`;
  const wrong = (name: string, found: string, wanted: string) =>
    found === wanted ? null : `${name} ${found.slice(0, 12)}… instead of ${wanted.slice(0, 12)}…`;
  const { sha256, gitBlob } = file;
  if (sha256) return wrong('SHA-256', createHash('sha256').update(bytes).digest('hex'), sha256);
  if (!gitBlob) return null;
  const id = createHash('sha1').update(gitBlobHeader(bytes.length)).update(bytes).digest('hex');
  return wrong('git object', id, gitBlob);
}

/** Reads at most the bytes that the catalogue promises: a server that sends more is cut off. */
async function download(address: string, file: CatalogueFile, progress: Progress): Promise<Uint8Array> {
  const most = file.bytes ?? MAX_UNCOUNTED_BYTES;
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new Error(`no answer for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
  };
  try {
    wait();
    const response = await fetch(address, { signal: stop.signal });
    if (address.startsWith('https:') && !response.url.startsWith('https:')) {
      throw new Error('it leads to an address without https, where anybody may change the file on its way');
    }
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      wait();
      length += part.length;
      if (length > most) throw new Error(`more than the expected ${most} bytes`);
      parts.push(part);
      const of = file.bytes === undefined ? '' : ` of ${formatBytes(file.bytes)}`;
      progress.update(length, file.bytes ?? 0, `${fileName(file)} ${formatBytes(length)}${of}`);
    }
    return Buffer.concat(parts, length);
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message ? cause.message : message;
    throw new Error(
      `${address}: download failed (${reason}); try again, or download the dataset yourself and pass its folder.`,
    );
  } finally {
    clearTimeout(timer);
    progress.end();
  }
}
