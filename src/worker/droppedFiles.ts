import { InputError } from '../config/errors.ts';
import type { NamedBytes } from '../formats/csv.ts';
import type { OpenFiles } from '../formats/open.ts';
import type { Progress } from './download.ts';
import type { DroppedFile } from './protocol.ts';

/** Files that somebody drops: read, unpacked, and at hand for as long as their preview is open. */

/** Most bytes that are read of what somebody drops: a graph is parsed in memory. */
const MAX_DROPPED_BYTES = 2 ** 30;

/** Unpacked files up to this size are kept while they are previewed; larger ones are read again at each correction. */
const MOST_REMEMBERED = 64 * 2 ** 20;

/** The readers of all formats: code that nobody waits for whose graphs come with the page. */
export const openReaders = () => import('../formats/open.ts');

let remembered: { readonly key: string; readonly files: OpenFiles } | null = null;

/** Lets go of the files that were opened last. */
export function forgetDropped(): void {
  remembered = null;
}

/**
 * Reads and unpacks files, unless they are those that were opened last.
 * @throws InputError where they cannot be read, or are no graph that is known here; the reason of an aborted `signal`
 */
export async function openDropped(
  dropped: readonly DroppedFile[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<OpenFiles> {
  const key = JSON.stringify(dropped.map(({ path, file }) => [path, file.size, file.lastModified]));
  let files = remembered?.key === key ? remembered.files : null;
  if (!files) {
    // Not two at a time.
    forgetDropped();
    const { openFiles } = await openReaders();
    files = openFiles(await readDropped(dropped, progress, signal));
    if (files.bytes <= MOST_REMEMBERED) remembered = { key, files };
  }
  progress({ task: 'Understanding the graph', done: 0, total: null, unit: 'nodes' });
  return files;
}

async function readDropped(
  dropped: readonly DroppedFile[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<NamedBytes[]> {
  const visible = dropped.filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
  if (visible.length === 0) throw new InputError('Nothing was dropped that could be read: drop files or one folder.');
  const total = visible.reduce((sum, { file }) => sum + file.size, 0);
  if (total > MAX_DROPPED_BYTES) {
    throw new InputError(`The dropped files have ${total} bytes, more than ${MAX_DROPPED_BYTES}: drop fewer.`);
  }
  const files: NamedBytes[] = [];
  let done = 0;
  for (const { path, file } of visible) {
    progress({ task: 'Reading the dropped files', done, total, unit: 'bytes' });
    files.push({ name: path, bytes: await bytesOf(path, file) });
    signal?.throwIfAborted();
    done += file.size;
  }
  return files;
}

/** A folder that was dropped is a file that cannot be read in some browsers. */
async function bytesOf(path: string, file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as Error).name}); drop the files themselves.`);
  }
}
