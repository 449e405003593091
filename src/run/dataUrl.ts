import { InputError } from '../config/errors.ts';
import { quote } from '../config/parse.ts';

/** The address of a graph that lies on a public host: what `#data=` of a link and `--data` take besides a dataset's name. */

/** A link has 2,000 characters for this and for all settings. */
const MAX_URL = 500;

/** This machine, where people try things out. */
const LOCAL = /^(localhost|127\.0\.0\.1)$/;

/** Whether somebody means an address, and no name or path. */
export function isDataUrl(text: string): boolean {
  return /^https?:/i.test(text);
}

/**
 * The address as it is asked for: https, or http on this machine, without user name and fragment. The page of a file on GitHub
 * stands for the file, which lies on a host that lets other pages read it.
 * @throws InputError in one sentence that begins with `where`
 */
export function parseDataUrl(text: string, where: string): string {
  const wrong = (reason: string) => new InputError(`${where}: data cannot be ${quote(text)}: ${reason}.`);
  if (text.length > MAX_URL) {
    throw new InputError(`${where}: data is an address of more than ${MAX_URL} characters; use a shorter one.`);
  }
  if (!URL.canParse(text)) throw wrong('it is no address, such as https://example.org/graph.npz');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOCAL.test(url.hostname))) {
    throw wrong('only https is fetched, so that nobody changes the file on its way');
  }
  // What stands before an @ looks like a host and is none.
  if (url.username || url.password) throw wrong('an address with a user name or a password is not fetched');
  url.hash = '';
  if (url.hostname === 'github.com') {
    const [, owner, repository, kind, ...rest] = url.pathname.split('/');
    if ((kind === 'raw' || kind === 'blob') && rest.length > 1) {
      return new URL(`/${[owner, repository, ...rest].join('/')}`, 'https://raw.githubusercontent.com').href;
    }
  }
  return url.href;
}

/** What the file at an address is called: the last part of its path that has an ending, else the last one. */
export function fileNameOf(address: string): string {
  const parts = new URL(address).pathname.split('/').filter((part) => part !== '');
  const part = parts.findLast((name) => /\.\w+$/.test(name)) ?? parts.at(-1) ?? 'graph';
  try {
    // A name from outside: no folders, no characters that a screen does not show.
    return decodeURIComponent(part)
      .replace(/[/\\\p{C}]/gu, '_')
      .slice(-120);
  } catch {
    return part;
  }
}
