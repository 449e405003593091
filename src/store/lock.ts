/**
 * Who uses a stored graph, across tabs and workers: shared by those who read it, exclusive for whoever writes or deletes it.
 * The browser takes a lock back when its holder dies (https://www.w3.org/TR/web-locks/). Where there are no locks (Node, a
 * page without a secure context), everybody goes ahead.
 */

/** Gives a lock back; settles when it is free. */
export type Release = () => Promise<void>;

const locks = (): LockManager | undefined => globalThis.navigator?.locks;
const PREFIX = 'edgewise/';
const graphOf = (id: string) => `graph/${id}`;

/** Waits for the lock of a graph. Throws the signal's reason where that comes first. */
export function lockGraph(id: string, mode: LockMode, signal?: AbortSignal): Promise<Release> {
  return takeLock(graphOf(id), mode, signal);
}

/** The same of any lock, by its name. */
export async function takeLock(name: string, mode: LockMode, signal?: AbortSignal): Promise<Release> {
  signal?.throwIfAborted();
  const manager = locks();
  if (!manager) return async () => {};
  return new Promise((resolve, reject) => {
    const held = manager.request(PREFIX + name, { mode, signal }, () => {
      return new Promise<void>((end) => {
        resolve(() => {
          end();
          return held;
        });
      });
    });
    held.catch(reject);
  });
}

/** Does the work alone with a graph that nobody uses now; false, and nothing done, where somebody does. */
export async function ifFree(id: string, work: () => Promise<unknown>): Promise<boolean> {
  const alone = async (lock: unknown) => {
    if (lock) await work();
    return lock !== null;
  };
  return locks()?.request(PREFIX + graphOf(id), { ifAvailable: true }, alone) ?? alone(id);
}

/** Names of the locks that somebody has, as `takeFree` names them. */
export async function heldLocks(): Promise<Set<string>> {
  const { held = [] } = (await locks()?.query()) ?? {};
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}

/** Takes a lock that nobody has; null where somebody does. */
export async function takeFree(name: string): Promise<Release | null> {
  const manager = locks();
  if (!manager) return async () => {};
  return new Promise((resolve, reject) => {
    const held = manager.request(PREFIX + name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((end) => {
        resolve(() => {
          end();
          return held;
        });
      });
    });
    held.catch(reject);
  });
}

/** Takes a lock for as long as this thread lives; false where somebody keeps it for `patience` milliseconds longer. */
export async function keepLock(name: string, patience: number): Promise<boolean> {
  const manager = locks();
  if (!manager) return true;
  return new Promise((resolve, reject) => {
    const forever = () => {
      resolve(true);
      return new Promise<never>(() => {});
    };
    manager.request(PREFIX + name, { signal: AbortSignal.timeout(patience) }, forever).catch((error: Error) => {
      if (error.name === 'TimeoutError') resolve(false);
      else reject(error);
    });
  });
}
