import { InputError } from '../../config/errors.ts';
import type { DroppedFile } from '../../worker/protocol.ts';

/** Files out of a drop or a file dialog, folders walked; at most this many, because a folder may be somebody's disk. */
const MOST_FILES = 200;

/** @throws InputError with one sentence where there are too many */
export async function droppedFiles(data: DataTransfer): Promise<DroppedFile[]> {
  // Entries must be asked for before the first await: afterwards the browser has emptied the list.
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFiles([...data.files]);
  const files: DroppedFile[] = [];
  let seen = 0;
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.name.startsWith('.')) return;
    // Folders count too: a tree of empty ones has no end either.
    if (++seen > MOST_FILES) throw tooMany();
    if (entry.isFile) {
      const path = entry.fullPath.replace(/^\//, '');
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, (error) => reject(unreadable(path, error))),
      );
      files.push({ path, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives at most a hundred entries at a time (Chromium), and none when it is through.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, (error) => reject(unreadable(entry.fullPath, error))),
      );
      if (some.length === 0) return;
      for (const child of some) await walk(child);
    }
  };
  for (const entry of entries) await walk(entry);
  return files;
}

export function chosenFiles(list: readonly File[]): DroppedFile[] {
  if (list.length > MOST_FILES) throw tooMany();
  return list.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

function tooMany(): InputError {
  return new InputError(`More than ${MOST_FILES} files and folders were dropped: drop those of one graph.`);
}

function unreadable(path: string, error: DOMException): InputError {
  return new InputError(`${path}: cannot be read (${error.name}); drop the files themselves.`);
}
