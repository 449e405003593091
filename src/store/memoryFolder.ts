import type { SyncFolder } from './chunkLog.ts';
import type { SyncFile } from './logFile.ts';

/** A folder in memory that can be filled, cut and damaged: for tests. */
export interface MemoryFolder extends SyncFolder {
  readonly files: Map<string, MemoryFile>;
  /** Bytes that all files may have together. */
  quota: number;
  /** What was done to the files, in order: "flush chunk.a.0", "write rest.0". */
  readonly done: string[];
}

export interface MemoryFile {
  bytes: Uint8Array;
  open: boolean;
}

export function memoryFolder(before: ReadonlyMap<string, MemoryFile> = new Map()): MemoryFolder {
  const files = new Map([...before].map(([name, { bytes }]) => [name, { bytes: bytes.slice(), open: false }]));
  const resize = (file: MemoryFile, size: number) => {
    const bytes = new Uint8Array(size);
    bytes.set(file.bytes.subarray(0, size));
    const total = [...files.values()].reduce((sum, other) => sum + other.bytes.length, size - file.bytes.length);
    if (size > file.bytes.length && total > folder.quota) throw new DOMException('full', 'QuotaExceededError');
    file.bytes = bytes;
  };
  const folder: MemoryFolder = {
    files,
    quota: Number.POSITIVE_INFINITY,
    done: [],
    async open(name): Promise<SyncFile> {
      const file = files.get(name) ?? { bytes: new Uint8Array(0), open: false };
      if (file.open) throw new Error(`${name} is open.`);
      file.open = true;
      files.set(name, file);
      return {
        read(into, at) {
          const part = file.bytes.subarray(at, at + into.length);
          into.set(part);
          return part.length;
        },
        write(bytes, at) {
          if (at + bytes.length > file.bytes.length) resize(file, at + bytes.length);
          file.bytes.set(bytes, at);
          folder.done.push(`write ${name}`);
          return bytes.length;
        },
        truncate: (size) => resize(file, size),
        flush: () => void folder.done.push(`flush ${name}`),
        size: () => file.bytes.length,
        close: () => {
          file.open = false;
        },
      };
    },
    async remove(name) {
      if (files.get(name)?.open) throw new Error(`${name} is open.`);
      files.delete(name);
    },
    names: async () => [...files.keys()],
  };
  return folder;
}
