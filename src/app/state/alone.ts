import { set } from './store.ts';

/** What takes longer than a moment and wants the worker to itself, beside loads and runs. */

let doing: AbortController | null = null;

/** Neither a run nor a load may begin while `work` goes on; `giveUp` aborts its signal. */
export async function alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  doing = new AbortController();
  set({ loading: true, notice: null });
  try {
    return await work(doing.signal);
  } finally {
    doing = null;
    set({ loading: false, progress: null });
  }
}

/** Gives up what this page does by itself; the worker is told by a call. */
export function giveUp(): void {
  doing?.abort();
}
