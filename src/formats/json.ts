/** JSON from outside: its size and depth are bounded before anything is made of it. */
import { firstLine, InputError } from '../config/errors.ts';
import { foreignKind, JSON_KIND } from './fileKind.ts';

/** Numbers and texts take up to about four times the bytes that they are written with (`1,` in V8): half a gigabyte of them. */
export const MAX_JSON_BYTES = 2 ** 27;
/** An empty object takes up to twenty times the bytes of its text (`{},`): about one gigabyte of them. */
const MAX_OPENED = 2 ** 24;
/** Far beyond what data needs; not every engine's parser survives a million brackets. */
const MAX_DEPTH = 64;
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125];

/**
 * What the text says; `where` is the file's name.
 * @throws InputError where it is no JSON in UTF-8, or larger or deeper than the bounds above
 */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  if (bytes.length > MAX_JSON_BYTES) {
    throw new InputError(
      `${where}: ${bytes.length} bytes of JSON are more than ${MAX_JSON_BYTES}; give a graph of that size as CSV or .npz.`,
    );
  }
  const kind = foreignKind(bytes);
  if (kind !== null && kind !== JSON_KIND) throw new InputError(`${where}: is ${kind}, not JSON; give another file.`);
  checkBrackets(bytes, where);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${where}: is not UTF-8; save the file in that encoding.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = firstLine(error instanceof Error ? error.message : '');
    throw new InputError(`${where}: is no valid JSON (${reason}); save it again, without NaN or Infinity.`);
  }
}

function checkBrackets(bytes: Uint8Array, where: string): void {
  let depth = 0;
  let opened = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) {
        throw new InputError(`${where}: byte ${at} opens more than ${MAX_DEPTH} brackets; give flat nodes and links.`);
      }
      if (++opened > MAX_OPENED) {
        throw new InputError(
          `${where}: holds more than ${MAX_OPENED} lists and objects; give the graph as CSV or .npz.`,
        );
      }
    }
  }
}
