import { InputError } from '../config/errors.ts';
import { type CatalogueFile, gitBlobHeader, MAX_UNCOUNTED_BYTES } from '../formats/catalogue.ts';
import type { StreamMessage } from './protocol.ts';

export type Progress = (progress: Omit<Extract<StreamMessage, { type: 'progress' }>, 'type'>) => void;

export interface DownloadOptions {
  /** Gives the download up; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte after which a server counts as gone. */
  readonly patienceMs?: number;
  /** Most bytes that are taken of a file whose size nobody has counted. */
  readonly most?: number;
  /** Its length as its host announces it, which nothing is held to: for the progress alone. */
  readonly announced?: number | null;
  /** How it is asked for. */
  readonly request?: RequestInit;
}

const PATIENCE_MS = 30_000;

/**
 * The bytes of a file of the catalogue, checked: a server that sends more than was promised is cut off, and what arrives
 * must have the promised hash, or the object id that git gives it.
 *
 * @throws InputError in one sentence where the network, the server or the file fails
 */
export async function download(
  address: string,
  { bytes, sha256, gitBlob }: Pick<CatalogueFile, 'bytes' | 'sha256' | 'gitBlob'>,
  task: string,
  progress: Progress,
  { signal, patienceMs = PATIENCE_MS, most = MAX_UNCOUNTED_BYTES, announced = null, request }: DownloadOptions = {},
): Promise<Uint8Array> {
  const advice = 'try again, or download the dataset yourself and drop its files here';
  const failed = (reason: string) => new InputError(`${address}: ${reason}; ${advice}.`);
  const silence = new AbortController();
  /** What comes in time, or the reason why it does not. */
  const patiently = async <T>(answer: Promise<T>, reason: string): Promise<T> => {
    const timer = setTimeout(() => silence.abort(), patienceMs);
    try {
      return await answer;
    } catch {
      signal?.throwIfAborted();
      throw failed(silence.signal.aborted ? `sends nothing for ${patienceMs / 1000} seconds` : reason);
    } finally {
      clearTimeout(timer);
    }
  };
  const either = AbortSignal.any(signal ? [signal, silence.signal] : [silence.signal]);
  const response = await patiently(fetch(address, { ...request, signal: either }), 'cannot be reached');
  if (!response.ok || !response.body) throw failed(`answers with status ${response.status}`);
  const total = bytes ?? null;
  const parts: Uint8Array[] = [];
  let done = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { value, done: ended } = await patiently(reader.read(), 'broke off');
    if (ended) break;
    done += value.length;
    if (done > (total ?? most)) {
      await reader.cancel();
      throw failed(`is longer than the ${total ?? most} bytes that it should have at the most`);
    }
    parts.push(value);
    const end = total ?? (announced !== null && done <= announced ? announced : null);
    progress({ task, done, total: end, unit: 'bytes' });
  }
  const whole = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  if (total !== null && done < total) throw failed(`has ${done} bytes instead of ${total}`);
  const another = sha256
    ? (await hashOf('SHA-256', whole)) !== sha256
    : gitBlob && (await hashOf('SHA-1', await withHeader(whole))) !== gitBlob;
  if (another) throw failed('has another content than it should have');
  return whole;
}

async function withHeader(bytes: Uint8Array): Promise<ArrayBuffer> {
  return new Blob([gitBlobHeader(bytes.length), bytes as Uint8Array<ArrayBuffer>]).arrayBuffer();
}

async function hashOf(algorithm: 'SHA-256' | 'SHA-1', bytes: Uint8Array | ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm, bytes as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
