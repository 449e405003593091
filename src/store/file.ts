import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChunkStore } from './chunkStore.ts';
import { joinRanges } from './ranges.ts';

/**
 * Chunks as files in one folder, for the command line. A key becomes a file name in which every byte but a-z, 0-9, "_" and
 * "-" is written %XX: no key can leave the folder, and keys stay apart where the file system ignores case. The leading "_"
 * keeps clear of names that Windows reserves (con, nul).
 */
export async function fileStore(folder: string): Promise<ChunkStore> {
  await mkdir(folder, { recursive: true });
  const path = (key: string) => join(folder, fileName(key));
  // What is read again and again is looked up by the name that was made once.
  const known = new Map<string, string>();
  const knownPath = (key: string) => {
    let found = known.get(key);
    if (found === undefined) {
      found = path(key);
      known.set(key, found);
    }
    return found;
  };
  const keys = async (prefix: string) => {
    // Whatever else lies in the folder is not ours.
    const names = (await readdir(folder)).filter((name) => /^_([a-z0-9_-]|%[0-9A-F]{2})*$/.test(name));
    return names
      .map(keyOf)
      .filter((key) => key.startsWith(prefix))
      .sort();
  };
  let writes = 0;
  return {
    kind: 'file',
    // Each of the four calls behind a reading that does not block would take longer than copying the chunk does.
    get: (key, into) => orNull(async () => readWhole(knownPath(key), into)),
    getRanges: (key, ranges) => orNull(async () => readRanges(knownPath(key), ranges)),
    readsRanges: true,
    put: async (key, bytes) => {
      // Renaming within a folder is atomic; names without "_" are not keys.
      const target = path(key);
      const temporary = join(folder, `tmp-${process.pid}-${Date.now()}-${writes++}`);
      try {
        await writeFile(temporary, bytes, { flag: 'wx' });
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    delete: async (prefix) => {
      for (const key of await keys(prefix)) await rm(path(key), { force: true });
    },
    keys,
    close: async () => {},
  };
}

/** New memory costs as much as copying the file into it: its pages come from the system one by one. */
function readWhole(path: string, into?: ArrayBuffer): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = new Uint8Array(into && size <= into.byteLength ? into : new ArrayBuffer(size), 0, size);
    for (let done = 0; done < size; ) {
      const read = readSync(file, bytes, done, size - done, null);
      if (read === 0) return bytes.slice(0, done);
      done += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** The longest file name that common file systems take. */
const MAX_NAME = 255;

const BYTE_NAMES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[a-z0-9_-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** The name of the file that holds a key. */
export function fileName(key: string): string {
  let name = '_';
  for (const byte of new TextEncoder().encode(key)) name += BYTE_NAMES[byte];
  if (name.length > MAX_NAME) throw new RangeError(`The key ${key} is too long for a file name.`);
  return name;
}

function keyOf(name: string): string {
  return decodeURIComponent(name.slice(1));
}

function readRanges(path: string, ranges: Uint32Array): Uint8Array {
  const file = openSync(path, 'r');
  try {
    return joinRanges(ranges, (begin, end) => {
      const bytes = new Uint8Array(Math.max(0, end - begin));
      let done = 0;
      for (let read = -1; read !== 0 && done < bytes.length; done += read) {
        read = readSync(file, bytes, done, bytes.length - done, begin + done);
      }
      return bytes.subarray(0, done);
    });
  } finally {
    closeSync(file);
  }
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
