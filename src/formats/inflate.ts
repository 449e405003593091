/**
 * Unpacking deflate that may be hostile into exactly as many bytes as were promised. A promise is believed only where
 * deflate could make that much of the bytes that are there, so nothing is allocated on a file's word alone.
 */
import { Inflate } from 'fflate';

/** Deflate makes at most this of one byte: https://zlib.net/zlib_tech.html */
export const DEFLATE_RATIO = 1032;
/** Small enough that one step of a deflate bomb cannot exhaust memory. */
const STEP_BYTES = 1 << 16;

/**
 * The unpacked bytes of a raw deflate stream (RFC 1951). Throws `damaged()` where there are more or fewer than promised.
 * @param promised how many bytes; or how many, by the first that come out (at least 8), which may throw
 */
export function inflate(
  data: Uint8Array,
  promised: number | ((head: Uint8Array) => number),
  damaged: () => Error,
): Uint8Array {
  let out = typeof promised === 'number' ? room(promised, data, damaged) : null;
  let length = 0;
  let idle = 0;
  let refused: unknown = null;
  const stream = new Inflate((chunk) => {
    // The longest block that comes out as a whole is shorter than a step: two steps without a byte mean that the stream
    // is over, and what follows its end would be copied again at every step.
    idle = chunk.length === 0 ? idle + 1 : 0;
    if (idle > 1) throw damaged();
    if (chunk.length === 0) return;
    if (!out && typeof promised === 'function') {
      if (chunk.length < 8) throw damaged();
      try {
        out = room(promised(chunk), data, damaged);
      } catch (error) {
        refused = error;
        throw error;
      }
    }
    if (!out || length + chunk.length > out.length) throw damaged();
    out.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < data.length; at += STEP_BYTES) {
      stream.push(data.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= data.length);
    }
  } catch {
    throw refused ?? damaged();
  }
  if (!out || length !== out.length) throw damaged();
  return out;
}

function room(bytes: number, data: Uint8Array, damaged: () => Error): Uint8Array {
  if (bytes > data.length * DEFLATE_RATIO) throw damaged();
  return new Uint8Array(bytes);
}

/**
 * The unpacked bytes of a zlib stream (RFC 1950) without a preset dictionary, its checksum compared; otherwise as
 * inflate.
 */
export function unzlib(data: Uint8Array, promised: (head: Uint8Array) => number, damaged: () => Error): Uint8Array {
  const [method, flags] = data;
  const bad = data.length < 7 || (method & 15) !== 8 || (flags & 32) !== 0 || (method * 256 + flags) % 31 !== 0;
  if (bad) throw damaged();
  const out = inflate(data.subarray(2, -4), promised, damaged);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(data.length - 4) !== adler32(out)) throw damaged();
  return out;
}

/** RFC 1950 section 8.2. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  // As many as can be summed before the remainder must be taken, so that every sum stays below 2^32.
  for (let begin = 0; begin < bytes.length; begin += 5552) {
    const end = Math.min(begin + 5552, bytes.length);
    for (let i = begin; i < end; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
