import { InputError } from '../config/errors.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { opfsPresence } from '../store/opfs.ts';
import { type Opfs, openOpfs } from './opfs.ts';

/**
 * OPFS for a tab that opens: where nothing was ever kept in it, its worker starts with the first bytes that are. Few visits
 * have a graph that is large enough.
 *
 * @param onRefused told when it turns out then that this tab cannot have it: another one began meanwhile, or this browser has none
 */
export async function opfsWhenNeeded(
  onRefused: (why: 'taken' | null) => void | Promise<void>,
  presence = opfsPresence,
  open = openOpfs,
): Promise<Opfs | 'taken' | null> {
  const there = await presence();
  if (there === 'none') return null;
  return there === 'used' ? open() : unopened(open, onRefused);
}

function unopened(
  open: () => Promise<Opfs | 'taken' | null>,
  onRefused: (why: 'taken' | null) => void | Promise<void>,
): Opfs {
  let lose: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => {
    lose = reject;
  });
  failed.catch(() => {});
  let opening: Promise<Opfs> | null = null;
  const opened = () => {
    opening ??= open().then(async (opfs) => {
      if (opfs === null || opfs === 'taken') {
        opening = null;
        await onRefused(opfs);
        const why = opfs ? 'is open in another tab' : 'cannot be opened in this browser';
        throw new InputError(`The store for large graphs ${why}: reload this page, which then uses IndexedDB.`);
      }
      opfs.failed.catch(lose);
      return opfs;
    });
    return opening;
  };
  const asked = async <T>(ask: (store: ChunkStore) => Promise<T>, empty: T): Promise<T> =>
    opening ? ask((await opening).store) : empty;
  const store: ChunkStore = {
    kind: 'OPFS',
    readsRanges: true,
    get: (key, into) => asked((all) => all.get(key, into), null),
    getRanges: (key, ranges) => asked((all) => all.getRanges(key, ranges), null),
    put: async (key, bytes) => (await opened()).store.put(key, bytes),
    delete: (prefix) => asked((all) => all.delete(prefix), undefined),
    keys: (prefix) => asked((all) => all.keys(prefix), []),
    close: () => asked((all) => all.close(), undefined),
    opens: () =>
      opened().then(
        () => true,
        (error) => {
          if (error instanceof InputError) return false;
          throw error;
        },
      ),
  };
  return {
    store,
    connect: async () => (await opened()).connect(),
    failed,
    close: () => void opening?.then(({ close }) => close()),
  };
}
