/**
 * Unpacking gzip that may be hostile: the size that a file claims (ISIZE, RFC 1952 section 2.3.1) is never allocated on
 * its word, and unpacking stops at a limit. Pure JavaScript, so that it runs the same in a page, a worker and Node.
 */
import { Gunzip } from 'fflate';
import { InputError } from '../config/errors.ts';
import { crc32 } from './crc32.ts';
import { DEFLATE_RATIO } from './inflate.ts';

/** Small enough that one step of a deflate bomb cannot exhaust memory. */
const STEP_BYTES = 1 << 16;

/** Whether the bytes begin like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** At most this many bytes are in a gzip file: what its end claims (modulo 2^32) or deflate could make of it. */
export function gunzippedSize(bytes: Uint8Array): number {
  if (bytes.length < 18) return 0;
  const claimed = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  return Math.min(claimed, bytes.length * DEFLATE_RATIO);
}

/**
 * The unpacked bytes of a gzip file with one member. Throws InputError where it is damaged or unpacks to more than
 * `maxBytes`; `where` is the file's name.
 */
export function gunzip(bytes: Uint8Array, where: string, maxBytes = 2 ** 30): Uint8Array {
  const chunks: Uint8Array[] = [];
  gunzipChunks(bytes, where, (chunk) => chunks.push(chunk), maxBytes);
  const unpacked = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    unpacked.set(chunk, at);
    at += chunk.length;
  }
  return unpacked;
}

/** As gunzip, in pieces: `visit` sees bytes that only turn out to be whole when this returns. An InputError of its own passes. */
export function gunzipChunks(
  bytes: Uint8Array,
  where: string,
  visit: (chunk: Uint8Array) => void,
  maxBytes = 2 ** 30,
): void {
  const damaged = () =>
    new InputError(`${where}: the gzip data is damaged or cut off; fetch or export the file again.`);
  if (bytes.length < 18) throw damaged();
  let total = 0;
  let crc = 0;
  const stream = new Gunzip((chunk) => {
    total += chunk.length;
    if (total > maxBytes) {
      throw new InputError(`${where}: unpacks to more than ${maxBytes} bytes; split it or give it unpacked.`);
    }
    crc = crc32(chunk, crc);
    visit(chunk);
  });
  try {
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      stream.push(bytes.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= bytes.length);
    }
  } catch (error) {
    throw error instanceof InputError ? error : damaged();
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (trailer.getUint32(4, true) !== total % 2 ** 32) throw damaged();
  if (trailer.getUint32(0, true) !== crc) throw damaged();
}
