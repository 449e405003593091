import { InputError } from '../config/errors.ts';
import type { ChunkStore } from './chunkStore.ts';
import { type LogFile, openLog, type SyncFile } from './logFile.ts';
import { fullStorage, isFull } from './quota.ts';
import { joinRanges } from './ranges.ts';

/** One flat folder of files. */
export interface SyncFolder {
  /** Opens a file, a new one where there is none; nobody else can have it open. */
  open(name: string): Promise<SyncFile>;
  /** Removes a file that is closed. */
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}

/** Keys that belong to no graph: manifests. */
const REST = 'rest';
/** The keys of an array of a graph, or of a bucket of its edges, share a file, which goes with it; capitals are not for names of files. */
const GRAPH_KEY = /^([a-z0-9-]+)\/([a-z0-9_-]{1,64})\/(?:([a-z0-9._-]{1,64})\/)?/;
/** What the file is for, and how often it was compacted: "rest.0", "chunk.ID.labels.values.0". */
const FILE_NAME = /^(rest|[a-z0-9-]+\.[a-z0-9_-]{1,64}(?:\.[a-z0-9._-]{1,64})?)\.(0|[1-9][0-9]{0,8})$/;
/** Less garbage than this, or than there is to keep, is not worth the copying. */
const COMPACT_BYTES = 4e6;

interface Opened {
  readonly log: LogFile;
  readonly generation: number;
  /** Garbage at which a compaction is tried (again). */
  compactAt: number;
}

/**
 * Chunks in append-only files: one per array of a graph (or bucket of an ingest), which is deleted by removing it, and a small
 * one for all the rest. The manifest of a graph, which belongs to the rest, is written once the disk has its chunks. Throws InputError where the storage is full;
 * what was complete before is complete then.
 */
export async function chunkLog(folder: SyncFolder, kind: string): Promise<ChunkStore> {
  let closed = false;
  const files = await openFiles(folder);

  const create = async (name: string) => {
    const opened = { log: openLog(await folder.open(`${name}.0`)), generation: 0, compactAt: COMPACT_BYTES };
    files.set(name, opened);
    return opened;
  };
  if (!files.has(REST)) await create(REST);

  /** One change at a time, in the order in which they were asked for. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<void>, bytes = 0): Promise<void> => {
    const done = last.then(async () => {
      try {
        refuseIfClosed();
        await work();
      } catch (error) {
        throw isFull(error) ? await fullStorage(bytes) : error;
      }
    });
    last = done.catch(() => {});
    return done;
  };
  const refuseIfClosed = () => {
    if (closed) throw new InputError(`The ${kind} store is closed: open it again.`);
  };

  /** Empties a file. That of an array goes altogether. */
  const drop = async (name: string, { log, generation }: Opened) => {
    if (name === REST) return log.clear();
    files.delete(name);
    log.close();
    await folder.remove(`${name}.${generation}`);
  };

  const compact = async (name: string, opened: Opened) => {
    const { log, generation, compactAt } = opened;
    if (log.bytes.dead < Math.max(compactAt, log.bytes.alive)) return;
    const next = `${name}.${generation + 1}`;
    let file: SyncFile | null = null;
    try {
      file = await folder.open(next);
      log.copyTo(file);
    } catch {
      // There may be no room for a copy: what is stored stays as it is.
      opened.compactAt = 2 * log.bytes.dead;
      file?.close();
      return folder.remove(next).catch(() => {});
    }
    files.set(name, { log: openLog(file), generation: generation + 1, compactAt: COMPACT_BYTES });
    log.close();
    await folder.remove(`${name}.${generation}`);
  };

  const logOf = (key: string) => {
    refuseIfClosed();
    return files.get(fileOf(key))?.log;
  };

  return {
    kind,
    get: async (key) => logOf(key)?.read(key, 0, Number.POSITIVE_INFINITY) ?? null,
    async getRanges(key, ranges) {
      const log = logOf(key);
      return log?.keys.has(key) ? joinRanges(ranges, (begin, end) => log.read(key, begin, end)!) : null;
    },
    readsRanges: true,
    put(key, bytes) {
      const chunk = bytes.slice();
      return inTurn(async () => {
        const name = fileOf(key);
        const opened = files.get(name) ?? (await create(name));
        // A graph whose manifest the disk has is whole.
        if (name === REST) for (const { log } of files.values()) log.flush();
        opened.log.put(key, chunk);
        if (name === REST) opened.log.flush();
        await compact(name, opened);
      }, bytes.length);
    },
    delete: (prefix) =>
      inTurn(async () => {
        // The rest comes first: no manifest stays without its chunks.
        for (const [name, opened] of [...files]) {
          const { log } = opened;
          const keys = [...log.keys.keys()].filter((key) => key.startsWith(prefix));
          if (keys.length === 0) continue;
          if (keys.length === log.keys.size) await drop(name, opened);
          else {
            for (const key of keys) log.delete(key);
            await compact(name, opened);
          }
          if (name === REST) files.get(REST)!.log.flush();
        }
      }),
    async keys(prefix) {
      refuseIfClosed();
      const all = [...files.values()].flatMap(({ log }) => [...log.keys.keys()]);
      return all.filter((key) => key.startsWith(prefix)).sort();
    },
    close: () =>
      inTurn(async () => {
        closed = true;
        for (const { log } of files.values()) log.close();
      }).catch(() => {}),
  };
}

function fileOf(key: string): string {
  const [, ...parts] = GRAPH_KEY.exec(key) ?? [];
  return parts.length > 0 ? parts.filter(Boolean).join('.') : REST;
}

/** The rest first. Of a file that was being compacted when the tab closed, the copy counts once it is whole. */
async function openFiles(folder: SyncFolder): Promise<Map<string, Opened>> {
  const found = (await folder.names()).flatMap((name) => {
    const [, base, generation] = FILE_NAME.exec(name) ?? [];
    return base ? [{ name, base, generation: Number(generation) }] : [];
  });
  found.sort((a, b) => Number(b.base === REST) - Number(a.base === REST) || b.generation - a.generation);
  const files = new Map<string, Opened>();
  for (const { name, base, generation } of found) {
    if (!files.has(base)) {
      const log = openLog(await folder.open(name));
      if (log.keys.size > 0) {
        files.set(base, { log, generation, compactAt: COMPACT_BYTES });
        continue;
      }
      log.close();
    }
    await folder.remove(name);
  }
  return files;
}
