/**
 * Reading zip archives that may be hostile: the table of contents is checked against the bytes that are there, nothing is
 * allocated that deflate could not make of them, and unpacking stops at the size that an entry promised.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.7 (local header), 4.3.12 (central directory)
 * and 4.3.16 (its end). Zip64 sizes are refused: such a file could not be held in memory.
 */
import { Inflate } from 'fflate';
import { InputError } from '../config/errors.ts';
import { crc32 } from './crc32.ts';
import { DEFLATE_RATIO } from './gzip.ts';

const STEP_BYTES = 1 << 16;
const [STORED, DEFLATED] = [0, 8];
const END_BYTES = 22;
const MAX_COMMENT = 65_535;

export interface ZipArchive {
  /** In the order of the table of contents. */
  readonly names: readonly string[];
  /** The unpacked bytes of an entry. Throws InputError where they are damaged or all that was unpacked is over the limit. */
  readonly unpack: (name: string) => Uint8Array;
}

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** Reads the table of contents; `where` is the file's name. `maxBytes` limits the sum of all that is unpacked. */
export function openZip(bytes: Uint8Array, where: string, maxBytes = 2 ** 30): ZipArchive {
  const damaged = () => new InputError(`${where}: the zip archive is damaged or cut off; get the file again.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end < 0) throw damaged();
  const count = view.getUint16(end + 10, true);
  const entries = new Map<string, Entry>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw damaged();
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (entries.has(name)) throw damaged();
    entries.set(name, {
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + extra + comment;
  }

  let unpacked = 0;
  const unpack = (name: string): Uint8Array => {
    const { method, encrypted, crc, packed, size, offset } = entries.get(name) as Entry;
    if (encrypted) throw new InputError(`${where}: ${name} is encrypted; save it without a password.`);
    if (method !== STORED && method !== DEFLATED) {
      throw new InputError(`${where}: ${name} is compressed by method ${method}; save it stored or deflated.`);
    }
    if (offset + 30 > bytes.length || view.getUint32(offset, true) !== 0x04034b50) throw damaged();
    const begin = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    if (begin + packed > bytes.length) throw damaged();
    if (method === STORED ? size !== packed : size > packed * DEFLATE_RATIO) throw damaged();
    unpacked += size;
    if (unpacked > maxBytes) {
      throw new InputError(`${where}: unpacks to more than ${maxBytes} bytes; give a smaller file.`);
    }
    const data = bytes.subarray(begin, begin + packed);
    const content = method === STORED ? data : inflate(data, size, damaged);
    if (crc32(content) !== crc) throw damaged();
    return content;
  };
  return { names: [...entries.keys()], unpack };
}

/** Where the end of the central directory begins, which a comment may follow; -1 where there is none. */
function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === last - at) return at;
  }
  return -1;
}

function inflate(data: Uint8Array, size: number, damaged: () => InputError): Uint8Array {
  const out = new Uint8Array(size);
  let length = 0;
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > size) throw damaged();
    out.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < data.length; at += STEP_BYTES) {
      stream.push(data.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= data.length);
    }
  } catch {
    throw damaged();
  }
  if (length !== size) throw damaged();
  return out;
}
