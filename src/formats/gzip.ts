/**
 * Unpacking gzip that may be hostile: the size that a file claims (ISIZE, RFC 1952 section 2.3.1) is never allocated on
 * its word, and unpacking stops at a limit. Pure JavaScript, so that it runs the same in a page, a worker and Node.
 */
import { Gunzip } from 'fflate';
import { InputError } from '../config/errors.ts';
import { crc32 } from './crc32.ts';

/** Small enough that one step of a deflate bomb (at most 1,032 : 1) cannot exhaust memory. */
const STEP_BYTES = 1 << 16;

/** Whether the bytes begin like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The unpacked bytes of a gzip file with one member. Throws InputError where it is damaged or unpacks to more than
 * `maxBytes`; `where` is the file's name.
 */
export function gunzip(bytes: Uint8Array, where: string, maxBytes = 2 ** 30): Uint8Array {
  const damaged = () =>
    new InputError(`${where}: the gzip data is damaged or cut off; fetch or export the file again.`);
  if (bytes.length < 18) throw damaged();
  const chunks: Uint8Array[] = [];
  let total = 0;
  const stream = new Gunzip((chunk) => {
    total += chunk.length;
    if (total > maxBytes) {
      throw new InputError(`${where}: unpacks to more than ${maxBytes} bytes; split it or give it unpacked.`);
    }
    chunks.push(chunk);
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
  const unpacked = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    unpacked.set(chunk, at);
    at += chunk.length;
  }
  if (trailer.getUint32(0, true) !== crc32(unpacked)) throw damaged();
  return unpacked;
}
