/**
 * What a pickle holds once it is read (pickle.ts), and how Python writes its strings and numbers.
 */

/** A Python object made by a whitelisted class: its name in the table, how it was called, what BUILD gave it. */
export interface PickleObject {
  readonly kind: 'object';
  readonly type: string;
  readonly args: readonly PickleValue[];
  state: PickleValue;
}

/** A whitelisted name that has not been called (yet). */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
  readonly call: PickleFunction;
}

/** Tuples and lists are arrays, dictionaries are Maps, `bytes` and Python 2 `str` are views of the file. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleKey, PickleValue>
  | PickleObject
  | PickleGlobal;

/** A dictionary's key; Python 2 strings have become latin-1 text, so that both Pythons' files look alike. */
export type PickleKey = null | boolean | number | bigint | string;

/** Pure: puts its arguments together, or returns undefined where they are not what the Python function takes. */
export type PickleFunction = (args: readonly PickleValue[]) => PickleValue | undefined;

/** The text of a Python 2 or 3 string, null where the value is none. */
export function pickleText(value: PickleValue | undefined): string | null {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? latin1(value) : null;
}

export function isPickleObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
}

export function isPickleGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'global';
}

const latin1Decoder = new TextDecoder('latin1');

/** One character per byte. The decoder named latin1 is windows-1252, which differs in 0x80 to 0x9f only. */
export function latin1(bytes: Uint8Array): string {
  const text = latin1Decoder.decode(bytes);
  if (!bytes.some((byte) => byte >= 0x80 && byte < 0xa0)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** A number where that holds it exactly. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A little-endian signed integer of any width. */
export function fromTwosComplement(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return BigInt.asIntN(bytes.length * 8, value);
}

const ESCAPES = new Map([...'\\\'"abfnrtv'].map((c, i) => [c, [92, 39, 34, 7, 8, 12, 10, 13, 9, 11][i]]));

/** The bytes of a Python 2 string literal, without its quotes. */
export function unescapeBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let byte = text.charCodeAt(i);
    if (byte === 92) {
      const hex = /^x([0-9a-fA-F]{2})/.exec(text.slice(i + 1, i + 4));
      const known = ESCAPES.get(text[i + 1] ?? '');
      if (hex) [byte, i] = [Number.parseInt(hex[1], 16), i + 3];
      else if (known !== undefined) [byte, i] = [known, i + 1];
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** Python's raw-unicode-escape: only \uXXXX and \UXXXXXXXX mean something. */
export function unescapeText(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U(00[01][0-9a-fA-F]{5})/g, (all, four, eight) => {
    const code = Number.parseInt(four ?? eight, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
