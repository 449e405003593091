import { type CatalogueFile, fileName, MAX_UNCOUNTED_BYTES } from '../formats/catalogue.ts';
import {
  type ListedFile,
  listingAddress,
  MAX_LISTED_FILES,
  MAX_LISTING_BYTES,
  readListing,
} from '../formats/folderListing.ts';
import { download } from './download.ts';

/**
 * How large the files of a public dataset are, before they are downloaded. Their host is asked where nobody here has counted: the
 * listing of their folder, by whose object ids they are checked; where there is none, the head of each file. What was answered is
 * remembered for as long as the page is open. Who did not answer is asked again the next time that somebody wants to know.
 */

export interface FileSize {
  readonly name: string;
  /** Null where nobody knows. */
  readonly bytes: number | null;
  /**
   * Who says so: the `catalogue`; the `listing`, of the very content that will be checked; the `head` of an answer, of whatever lies
   * there. Null where nobody does.
   */
  readonly by: 'catalogue' | 'listing' | 'head' | null;
  /** The host that says so, or that was asked last. */
  readonly host: string;
  /** What the listing has instead of the file that the catalogue knows: another one, or none. The download will be refused. */
  readonly instead: 'another' | 'none' | null;
}

export interface PublicFile {
  readonly file: CatalogueFile;
  readonly address: string;
}

interface Asking {
  /** Milliseconds without a byte after which a host counts as silent: somebody is waiting to read how large a file is. */
  readonly patienceMs?: number;
  readonly listingOf?: (address: string) => string | null;
}

const PATIENCE_MS = 8000;

/** No cookies, and no word about where the visitor comes from. */
const PLAIN: RequestInit = { credentials: 'omit', referrerPolicy: 'no-referrer' };

const listings = new Map<string, Promise<readonly ListedFile[] | null>>();
const heads = new Map<string, Promise<number | null>>();
/** By address. */
const told = new Map<string, FileSize>();

/** What the catalogue or the host says about each file. Asks nobody where all of them are counted; never throws. */
export function askSizes(files: readonly PublicFile[], asking: Asking = {}): Promise<readonly FileSize[]> {
  const counted = files.every(({ file }) => file.bytes !== undefined);
  return Promise.all(files.map((one) => (counted ? fromCatalogue(one) : ask(one, asking))));
}

/** What was said about the file at this address, if anybody asked. */
export const toldSize = (address: string): FileSize | null => told.get(address) ?? null;

async function ask(one: PublicFile, { patienceMs = PATIENCE_MS, listingOf = listingAddress }: Asking) {
  const { file, address } = one;
  const listing = listingOf(address);
  const listed = listing && (await remember(listings, listing, () => askListing(listing, patienceMs)));
  const size =
    (listing && listed && fromListing(one, new URL(listing).host, listed)) ||
    (file.bytes !== undefined
      ? fromCatalogue(one)
      : fromHead(one, await remember(heads, address, () => askHead(address, patienceMs))));
  told.set(address, size);
  return size;
}

/** One answer for all who ask at once and later, unless there was none. */
function remember<T>(answers: Map<string, Promise<T | null>>, key: string, ask: () => Promise<T | null>) {
  let answer = answers.get(key);
  if (!answer) {
    answer = ask().then((value) => {
      if (value === null) answers.delete(key);
      return value;
    });
    answers.set(key, answer);
  }
  return answer;
}

async function askListing(address: string, patienceMs: number): Promise<readonly ListedFile[] | null> {
  // Who sends a byte now and then would never fall silent.
  const signal = AbortSignal.timeout(2 * patienceMs);
  const options = { signal, patienceMs, most: MAX_LISTING_BYTES, request: PLAIN };
  try {
    return readListing(await download(address, {}, '', () => {}, options));
  } catch {
    return null;
  }
}

/**
 * The length of the file itself: an answer to a range is never packed, so a browser that asks for one says that it takes no packed
 * bytes. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
 */
async function askHead(address: string, patienceMs: number): Promise<number | null> {
  const headers = { range: 'bytes=0-' };
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const answer = await fetch(address, { ...PLAIN, method: 'HEAD', headers, signal });
    const length = answer.headers.get('content-length') ?? '';
    if (!answer.ok || !/^\d{1,15}$/.test(length) || answer.headers.has('content-encoding')) return null;
    return plausible(Number(length));
  } catch {
    return null;
  }
}

/** A number that the download could not keep to says nothing. */
const plausible = (bytes: number): number | null => (bytes <= MAX_UNCOUNTED_BYTES ? bytes : null);

/** Null where the listing says nothing about the file. */
function fromListing({ file }: PublicFile, host: string, listed: readonly ListedFile[]): FileSize | null {
  const name = fileName(file);
  const found = listed.find((candidate) => candidate.name === name);
  if (!found) {
    const whole = listed.length < MAX_LISTED_FILES;
    return whole ? { name, bytes: null, by: null, host, instead: 'none' } : null;
  }
  if (plausible(found.bytes) === null) return null;
  const same = (file.gitBlob ?? found.gitBlob) === found.gitBlob && (file.bytes ?? found.bytes) === found.bytes;
  const by = same && file.bytes !== undefined ? 'catalogue' : 'listing';
  return { name, bytes: found.bytes, by, host, instead: same ? null : 'another' };
}

function fromHead({ file, address }: PublicFile, bytes: number | null): FileSize {
  const { host } = new URL(address);
  return { name: fileName(file), bytes, by: bytes === null ? null : 'head', host, instead: null };
}

function fromCatalogue({ file, address }: PublicFile): FileSize {
  const { host } = new URL(address);
  return { name: fileName(file), bytes: file.bytes!, by: 'catalogue', host, instead: null };
}
