import { InputError } from '../config/errors.ts';

/**
 * The bytes inside a sealed link: small numbers in one byte, texts with their length, nothing that is found by name. So
 * there is no object whose keys a stranger chose, and nothing is allocated before its length was held against what is left.
 */

/** What must not reach a screen from a stranger's text: controls, invisible and direction-changing characters, line ends. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `text` cut to `length` UTF-16 units, each unseen character as a space. */
export function cleanText(text: string, length: number): string {
  return text.slice(0, length).replace(UNSEEN, ' ');
}

export interface ByteWriter {
  byte(value: number): void;
  /** A whole number from 0, seven bits a byte, low bits first (LEB128). */
  count(value: number): void;
  float32(value: number): void;
  float64(value: number): void;
  text(value: string): void;
  /** Two hexadecimal digits a byte; how many is known to both sides. */
  hex(value: string): void;
  finish(): Uint8Array<ArrayBuffer>;
}

/** @param what is written, for the sentence that refuses it */
export function byteWriter(what = 'run'): ByteWriter {
  const bytes: number[] = [];
  const scratch = new DataView(new ArrayBuffer(8));
  const take = (length: number) => {
    for (let i = 0; i < length; i++) bytes.push(scratch.getUint8(i));
  };
  const count = (value: number) => {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new InputError(`this ${what} cannot be a link: ${value} is not a whole number from 0; run it again.`);
    }
    let rest = value;
    // Division, not shifts: byte counts pass 2^32.
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  return {
    byte: (value) => bytes.push(value & 255),
    count,
    float32: (value) => {
      scratch.setFloat32(0, value, true);
      take(4);
    },
    float64: (value) => {
      scratch.setFloat64(0, value, true);
      take(8);
    },
    text: (value) => {
      const encoded = new TextEncoder().encode(value);
      count(encoded.length);
      bytes.push(...encoded);
    },
    hex: (value) => {
      for (let i = 0; i < value.length; i += 2) bytes.push(Number.parseInt(value.slice(i, i + 2), 16));
    },
    finish: () => Uint8Array.from(bytes),
  };
}

/** Each method names `what` it reads, for the sentence that refuses it. */
export interface ByteReader {
  byte(what: string): number;
  /** A whole number from `min` to `max`. */
  count(what: string, max?: number, min?: number): number;
  float32(what: string): number;
  float64(what: string): number;
  /** At most `length` UTF-16 units, none of them unseen. */
  text(what: string, length: number): string;
  /** `length` bytes as lower-case hexadecimal. */
  hex(what: string, length: number): string;
  end(): void;
  /** The error that says that `what` is wrong. */
  wrong(what: string): InputError;
}

/** @param holds what the link is to hold, for the sentence that refuses it */
export function byteReader(bytes: Uint8Array, holds = 'a run'): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const wrong = (what: string) =>
    new InputError(`this link does not hold ${holds} (${what} cannot be right): ask whoever made it for a new one.`);
  /** Where the next `length` bytes begin. */
  const advance = (what: string, length: number) => {
    if (length > bytes.length - at) throw wrong(what);
    at += length;
    return at - length;
  };
  const byte = (what: string) => bytes[advance(what, 1)];
  const count = (what: string, max = Number.MAX_SAFE_INTEGER, min = 0) => {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const next = byte(what);
      value += (next % 128) * scale;
      if (next >= 128) continue;
      if (value < min || value > max) break;
      return value;
    }
    throw wrong(what);
  };
  return {
    byte,
    count,
    float32: (what) => view.getFloat32(advance(what, 4), true),
    float64: (what) => view.getFloat64(advance(what, 8), true),
    text: (what, length) => {
      // A UTF-16 unit takes at most three bytes of UTF-8.
      const size = count(what, 3 * length);
      const start = advance(what, size);
      const text = utf8(bytes.subarray(start, start + size));
      if (text === null || text.length > length || text !== cleanText(text, length)) throw wrong(what);
      return text;
    },
    hex: (what, length) => {
      const start = advance(what, length);
      return hexOf(bytes.subarray(start, start + length));
    },
    end: () => {
      if (at !== bytes.length) throw wrong('its length');
    },
    wrong,
  };
}

function utf8(bytes: Uint8Array): string | null {
  try {
    // Without ignoreBOM a first U+FEFF would vanish unseen.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
