/** How storing a graph tells how far it is, and lets others have their turn. */

export interface IngestProgress {
  readonly task: string;
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes';
}

export interface ProgressOptions {
  readonly onProgress?: (progress: IngestProgress) => void;
  readonly signal?: AbortSignal;
}

/** Adds up a task's bytes, reports them, and lets others have their turn; throws the signal's reason. */
export type Onward = (bytes: number) => Promise<void>;

/** Longest stretch of work between two looks at what else there is to do: clicks, an abort. */
const STRETCH_MS = 50;

/** A task begins. */
export function progressOf(task: string, total: number, { onProgress, signal }: ProgressOptions): Onward {
  let done = 0;
  let since = performance.now();
  onProgress?.({ task, done, total, unit: 'bytes' });
  return async (bytes) => {
    signal?.throwIfAborted();
    done += bytes;
    if (bytes > 0) onProgress?.({ task, done, total, unit: 'bytes' });
    if (performance.now() - since < STRETCH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    since = performance.now();
  };
}
