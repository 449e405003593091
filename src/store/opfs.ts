import { InputError } from '../config/errors.ts';
import type { SyncFolder } from './chunkLog.ts';
import { nameOf } from './quota.ts';

/** Of the site's private file system (https://fs.spec.whatwg.org/); another format of the files gets another folder. */
const FOLDER = 'edgewise-1';

/** What TypeScript knows of in workers alone. */
interface SyncAccessHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  getSize(): number;
  close(): void;
}

/**
 * Whether this worker may have such files: 'unused' where nothing was ever kept in them, 'none' where the browser has none, as in
 * some private windows.
 */
export async function opfsPresence(): Promise<'used' | 'unused' | 'none'> {
  const handles = globalThis.FileSystemFileHandle?.prototype;
  if (!handles || !('createSyncAccessHandle' in handles)) return 'none';
  try {
    await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER);
    return 'used';
  } catch (error) {
    return nameOf(error) === 'NotFoundError' ? 'unused' : 'none';
  }
}

/**
 * Files of the browser's origin-private file system, for a worker: only there they can be read without waiting. Whoever opens
 * one has it alone. Throws where the browser has no such files, as in some private windows.
 */
export async function opfsFolder(name = FOLDER): Promise<SyncFolder> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
  return {
    async open(name) {
      const file = (await folder.getFileHandle(name, { create: true }).catch(explain)) as unknown as {
        createSyncAccessHandle(): Promise<SyncAccessHandle>;
      };
      const handle = await file.createSyncAccessHandle();
      return {
        read: (into, at) => handle.read(into, { at }),
        write: (bytes, at) => handle.write(bytes, { at }),
        truncate: (size) => handle.truncate(size),
        flush: () => handle.flush(),
        size: () => handle.getSize(),
        close: () => handle.close(),
      };
    },
    remove: (name) => folder.removeEntry(name).catch(explain),
    async names() {
      const names: string[] = [];
      // TypeScript's library for pages leaves the iteration out.
      const entries = (folder as unknown as { keys(): AsyncIterable<string> }).keys();
      for await (const name of entries) names.push(name);
      return names;
    },
  };
}

/** The files of a site go all at once, when somebody clears its data or the browser needs the room. */
function explain(error: unknown): never {
  if (nameOf(error) !== 'NotFoundError') throw error;
  throw new InputError('The browser has deleted the stored graphs of this page: reload it.');
}
