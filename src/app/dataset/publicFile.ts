import { InputError } from '../../config/errors.ts';
import { fileNameOf } from '../../run/dataUrl.ts';
import { formatBytes } from '../theme/format.ts';

/**
 * A file on a public host. The page may speak to nobody but the hosts of the catalogue and the one that lists their files, so a
 * sandboxed frame with a policy of its own fetches it (public/fetcher.html): into that frame goes an address, and out of it come bytes.
 */

/** As much as is taken of what somebody drops. */
const MOST_BYTES = 2 ** 30;

/** Milliseconds without a byte after which a host counts as gone. */
const PATIENCE_MS = 30_000;

type Answer =
  /** `total` as the host says, null where it does not; what is packed on its way has more. */
  | { readonly type: 'begun'; readonly total: number | null }
  | { readonly type: 'part'; readonly bytes: ArrayBuffer }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly reason: keyof typeof REASONS; readonly detail: number | null };

const BY_HAND = 'open the link yourself, save the file and drop it here';
const CHECK = 'check the link, or drop the file here if you have it';

/** What a host did, and what to do about it. */
const REASONS = {
  refused: () => `answers, but lets no other page read this file (CORS): ${BY_HAND}`,
  unreachable: () => `cannot be reached from this page: ${BY_HAND}`,
  status: (status: number | null) =>
    status === 404 || status === 410 ? `has no such file: ${CHECK}` : `answers with status ${status}: ${CHECK}`,
  large: (bytes: number | null) =>
    `has a file of ${bytes === null ? 'more' : `${formatBytes(bytes)}, more`} than the ${formatBytes(MOST_BYTES)} that a page ` +
    'reads: keep it with "edgewise graphs add" on the command line',
  'broke off': () => `broke off while the file was under way: try again, or ${BY_HAND}`,
  silent: () => `has sent nothing for ${PATIENCE_MS / 1000} seconds: try again, or ${BY_HAND}`,
} as const satisfies Record<string, (detail: number | null) => string>;

/**
 * Fetches the file at an address that `parseDataUrl` gave. Call it when somebody asked for it, never before.
 *
 * @throws InputError in one sentence that says what to do; the reason of `signal` once that is aborted
 */
export async function fetchPublicFile(
  address: string,
  progress: (done: number, total: number | null) => void,
  signal: AbortSignal,
): Promise<File> {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Fetches one public file';
  // An origin of its own: it reaches nothing of this page, nor does this page reach through it.
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.src = new URL('./fetcher.html', document.baseURI).href;
  const { port1, port2 } = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<File>((resolve, reject) => {
      const fail = (reason: keyof typeof REASONS, detail: number | null = null) =>
        reject(new InputError(`${new URL(address).host} ${REASONS[reason](detail)}.`));
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => fail('silent'), PATIENCE_MS);
      };
      const parts: ArrayBuffer[] = [];
      let done = 0;
      let total: number | null = null;
      port1.onmessage = ({ data }: MessageEvent<Answer>) => {
        wait();
        if (data.type === 'failed') fail(data.reason, data.detail ?? null);
        else if (data.type === 'end') resolve(new File(parts, fileNameOf(address)));
        else {
          if (data.type === 'begun') total = data.total;
          else {
            parts.push(data.bytes);
            done += data.bytes.byteLength;
          }
          progress(done, total !== null && total >= done ? total : null);
        }
      };
      frame.onload = () => frame.contentWindow?.postMessage({ address, most: MOST_BYTES }, '*', [port2]);
      signal.addEventListener('abort', () => reject(signal.reason));
      signal.throwIfAborted();
      wait();
      document.body.append(frame);
    });
  } finally {
    clearTimeout(timer);
    port1.close();
    // Ends what is under way.
    frame.remove();
  }
}
