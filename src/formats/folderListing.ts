/**
 * What a host lists of a folder of files: their names, sizes and git's object ids. So a file's size is known before anything of it
 * is downloaded, and with it whether the file is still the one that the catalogue knows.
 */

export interface ListedFile {
  readonly name: string;
  readonly bytes: number;
  /** See `gitBlobHeader`. */
  readonly gitBlob: string;
}

/** A listing has no more files than this; one that has as many may be cut off. https://docs.github.com/rest/repos/contents */
export const MAX_LISTED_FILES = 1000;

/** Most bytes that are taken of a listing: an entry is a dozen addresses, 1 to 2 kB. */
export const MAX_LISTING_BYTES = 4 * 2 ** 20;

/** By the origin of a file, where the listing of its folder lies. */
const LISTINGS: Readonly<Record<string, (path: readonly string[]) => string | null>> = {
  'https://raw.githubusercontent.com': ([owner, repository, ref, ...path]) =>
    path.length === 0
      ? null
      : `https://api.github.com/repos/${owner}/${repository}/contents/${path.slice(0, -1).join('/')}?ref=${encodeURIComponent(decodeURIComponent(ref))}`,
};

/** Where the folder of a public file is listed; null where its host lists none in a way that is known here. */
export function listingAddress(url: string): string | null {
  const { origin, pathname } = new URL(url);
  return Object.hasOwn(LISTINGS, origin) ? LISTINGS[origin](pathname.slice(1).split('/')) : null;
}

/** The files of a listing as it arrived; null where it is none, for one entry that is not as it should be speaks against all. */
export function readListing(bytes: Uint8Array): readonly ListedFile[] | null {
  let entries: unknown;
  try {
    entries = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (!Array.isArray(entries) || entries.length > MAX_LISTED_FILES || !entries.every(isEntry)) return null;
  const files = entries.filter(({ type }) => type === 'file');
  const distinct = new Set(files.map(({ name }) => name)).size === files.length;
  return distinct ? files.map(({ name, size, sha }) => ({ name, bytes: size, gitBlob: sha })) : null;
}

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly size: number;
  readonly sha: string;
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { type, name, size, sha } = value as Partial<Record<keyof Entry, unknown>>;
  return (
    typeof type === 'string' &&
    typeof name === 'string' &&
    /^[^/]{1,255}$/.test(name) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    typeof sha === 'string' &&
    /^[0-9a-f]{40}$/.test(sha)
  );
}
