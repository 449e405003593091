import { InputError } from '../config/errors.ts';

/**
 * The envelope of a sealed link: base64url of a version byte, a CRC-32 and raw deflate. Every later version keeps the first
 * two as they are, so that any Edgewise can tell a newer link from a damaged one. The checksum is against slips of copying;
 * against people there are only the checks of whoever reads the contents.
 */

export const SEAL_VERSION = 2;

/** A link has at most 2,000; beyond this nothing is even decoded. */
const MAX_CHARACTERS = 4000;

/** The largest run has about 2 KB; a deflate bomb of 4,000 characters would have 3 MB. */
const MAX_INFLATED = 64 * 2 ** 10;

/** Inflating stops between two slices, and deflate yields at most 1,032 bytes a byte: 66 KB too many at the worst. */
const SLICE = 64;

const HEADER = 5;

export async function seal(payload: Uint8Array<ArrayBuffer>): Promise<string> {
  const deflated = await gather(slices(payload).pipeThrough(new CompressionStream('deflate-raw')), Infinity);
  const bytes = new Uint8Array(HEADER + deflated.length);
  bytes[0] = SEAL_VERSION;
  bytes.set(deflated, HEADER);
  new DataView(bytes.buffer).setUint32(1, checksum(bytes));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** @throws InputError where `text` is too long, damaged, or from another version of Edgewise */
export async function unseal(text: string): Promise<Uint8Array> {
  if (text.length > MAX_CHARACTERS) {
    throw new InputError(`this link has more than ${MAX_CHARACTERS} characters, which no run needs: copy it again.`);
  }
  const bytes = base64url(text);
  if (!bytes) throw damaged('it is cut off or holds other characters than a link has');
  if (new DataView(bytes.buffer).getUint32(1) !== checksum(bytes)) throw damaged('its checksum does not match');
  if (bytes[0] > SEAL_VERSION) {
    throw new InputError(
      `this link was made by a newer Edgewise (version ${bytes[0]} of links, not ${SEAL_VERSION}): reload the page or open the link there.`,
    );
  }
  if (bytes[0] === 0) throw damaged('there is no version 0');
  if (bytes[0] < SEAL_VERSION) {
    throw new InputError(
      `this link was made by an older Edgewise (version ${bytes[0]} of links, not ${SEAL_VERSION}): ask whoever made it for a new one.`,
    );
  }
  return inflate(bytes.slice(HEADER));
}

function damaged(reason: string): InputError {
  return new InputError(`this link is damaged (${reason}): copy it again.`);
}

async function inflate(deflated: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  let inflated: Uint8Array;
  try {
    inflated = await gather(slices(deflated).pipeThrough(new DecompressionStream('deflate-raw')), MAX_INFLATED);
  } catch {
    throw damaged('it does not unpack');
  }
  if (inflated.length > MAX_INFLATED) {
    throw new InputError(`this link unpacks to more than any run has: it was not made by Edgewise, do not use it.`);
  }
  return inflated;
}

/** `bytes` in small pieces, each only when it is asked for. */
function slices(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + SLICE));
        else controller.close();
        at += SLICE;
      },
    },
    { highWaterMark: 0 },
  );
}

/** Everything in the stream; where that is more than `limit` bytes, a little more than those, and the rest is never made. */
async function gather(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  while (length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  // After the end this does nothing.
  await reader.cancel();
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Null where it is not base64url, or has no room for the header. */
function base64url(text: string): Uint8Array<ArrayBuffer> | null {
  // Four characters are three bytes; a single one over is no byte at all.
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return null;
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  return bytes.length > HEADER ? bytes : null;
}

/** CRC-32 as in zip and PNG (ISO 3309) of the version byte and of what follows the checksum. */
function checksum(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    if (i === 0 || i >= HEADER) crc = TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});
