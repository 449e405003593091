import type { DroppedFile } from '../../worker/protocol.ts';

/** Files out of a drop or a file dialog, folders walked; at most this many, because a folder may be somebody's disk. */
const MOST_FILES = 200;

/** @throws Error with one sentence where there are too many */
export async function droppedFiles(data: DataTransfer): Promise<DroppedFile[]> {
  // Entries must be asked for before the first await: afterwards the browser has emptied the list.
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFiles(data.files);
  const files: DroppedFile[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.name.startsWith('.')) return;
    if (files.length >= MOST_FILES) throw tooMany();
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      files.push({ path: entry.fullPath.replace(/^\//, ''), file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives at most a hundred entries at a time (Chromium), and none when it is through.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const child of some) await walk(child);
    }
  };
  for (const entry of entries) await walk(entry);
  return files;
}

export function chosenFiles(list: FileList): DroppedFile[] {
  if (list.length > MOST_FILES) throw tooMany();
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

function tooMany(): Error {
  const error = new Error(`More than ${MOST_FILES} files were dropped: drop those of one graph.`);
  error.name = 'InputError';
  return error;
}
