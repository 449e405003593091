import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { InputError } from '../config/errors.ts';
import type { ChunkStore } from './chunkStore.ts';
import { fullStorage, isFull, nameOf } from './quota.ts';
import { joinRanges } from './ranges.ts';

interface Chunks extends DBSchema {
  chunks: { key: string; value: Uint8Array };
}

const VERSION = 1;

/**
 * Chunks in IndexedDB, for the page and its workers: one object store, chunks by key. IndexedDB orders string keys by their
 * code units, as ChunkStore asks. Each put is a transaction of its own, so a transaction never holds more than one chunk
 * (the advice is about 16 MB at most), and no request reads more than one value (Firefox limits the size of an answer).
 * Throws InputError where the browser gives no storage, where it is full, and once another tab has taken the database away.
 */
export async function indexedDbStore(name = 'edgewise'): Promise<ChunkStore> {
  let gone: string | null = null;
  const db = await open(name, (reason) => {
    gone ??= reason;
  });

  /** Turns what a person can act on into a sentence. */
  const explained = async <T>(work: () => Promise<T>, bytes = 0): Promise<T> => {
    try {
      if (gone) throw new InputError(gone);
      return await work();
    } catch (error) {
      // A connection that closes ends its transactions with an AbortError, and further ones with an InvalidStateError.
      if (gone) throw new InputError(gone);
      if (isFull(error)) throw await fullStorage(bytes);
      throw error;
    }
  };

  /** One write, done when its transaction is: a quota may be noticed only at the commit. */
  const write = (change: (store: { put: Put; delete: Delete }) => Promise<unknown>) => {
    // A graph can be loaded again, so a write need not wait for the disk to have it: the manifest's checksums tell.
    const transaction = db.transaction('chunks', 'readwrite', { durability: 'relaxed' });
    return Promise.all([change(transaction.store), transaction.done]);
  };

  const get = (key: string) => explained(async () => (await db.get('chunks', key)) ?? null);
  return {
    kind: 'IndexedDB',
    get,
    async getRanges(key, ranges) {
      const value = await get(key);
      return value && joinRanges(ranges, (begin, end) => value.subarray(begin, end));
    },
    readsRanges: false,
    put: (key, bytes) => {
      // A view is stored with the whole buffer behind it: copy what belongs to the chunk, before the caller changes it.
      const chunk = bytes.slice();
      return explained(async () => void (await write((store) => store.put(chunk, key))), chunk.length);
    },
    delete: (prefix) => explained(async () => void (await write((store) => store.delete(prefixRange(prefix))))),
    keys: (prefix) => explained(() => db.getAllKeys('chunks', prefixRange(prefix))),
    close: async () => {
      gone ??= `The store ${name} is closed: open it again.`;
      db.close();
    },
  };
}

type Put = (value: Uint8Array, key: string) => Promise<unknown>;
type Delete = (range: IDBKeyRange) => Promise<void>;

async function open(name: string, onGone: (reason: string) => void): Promise<IDBPDatabase<Chunks>> {
  let tooLate = false;
  return new Promise((resolve, reject) => {
    const opening = openDB<Chunks>(name, VERSION, {
      upgrade: (db) => void db.createObjectStore('chunks'),
      blocked: () => {
        tooLate = true;
        reject(
          new InputError('Another tab holds the stored graphs in an older version: close it, then reload this one.'),
        );
      },
      // Another tab wants to delete or upgrade the database, which waits until every connection is closed.
      blocking: (_version, _wanted, event) => {
        onGone('Another tab deleted or upgraded the stored graphs: reload this page.');
        (event.target as IDBDatabase).close();
      },
      terminated: () => onGone('The browser closed the storage of this site: reload this page.'),
    });
    opening.then(
      (db) => (tooLate ? db.close() : resolve(db)),
      (error: unknown) => reject(new InputError(cannotOpen(error))),
    );
  });
}

function cannotOpen(error: unknown): string {
  if (nameOf(error) === 'VersionError') {
    return 'The stored graphs were written by a newer version of this page: reload it.';
  }
  const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
  return `The browser does not let this page store graphs (${reason}): allow site data for it, or use a window that is not private.`;
}

/** All strings that begin with the prefix: up to, not including, the prefix with its last code unit one higher. */
function prefixRange(prefix: string): IDBKeyRange {
  // U+FFFF has no next code unit; what ends with it is bounded by what stands before it.
  const head = prefix.replace(/\uffff+$/, '');
  if (head === '') return IDBKeyRange.lowerBound(prefix);
  const next = head.slice(0, -1) + String.fromCharCode(head.charCodeAt(head.length - 1) + 1);
  return IDBKeyRange.bound(prefix, next, false, true);
}
