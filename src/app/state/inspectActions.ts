import type { LabelRows } from '../../worker/judge.ts';
import { answered, trainer } from './engine.ts';
import { get, set } from './store.ts';

/** Looking at single nodes. */

/** The last request counts. */
let asked = 0;

/** Pins a node by its name or its number. Throws InputError where there is none. */
export async function pin(which: string | number): Promise<void> {
  const mine = ++asked;
  const { graph } = get();
  const pinned = await answered(trainer.node(which));
  if (mine === asked && get().graph === graph) set({ pinned });
}

export function unpin(): void {
  asked++;
  if (get().pinned) set({ pinned: null });
}

/** Class probabilities of a node as the run predicted last; null where it has not. */
export function probabilities(node: number): Promise<Float32Array | null> {
  return answered(trainer.probabilities(node));
}

/** Where nodes may have several labels: those that the run gave each node last; null where it has not. */
export function decidedLabels(): Promise<LabelRows | null> {
  return answered(trainer.decidedLabels());
}

/** Lets some nodes stand out in the picture, or all alike. */
export function mark(marked: Uint8Array | null): void {
  set({ marked });
}

/** Shows what was predicted after an epoch of the run; null goes back to the latest. */
export function showEpoch(epoch: number | null): void {
  const { run } = get();
  if (run && run.shown !== epoch) set({ run: { ...run, shown: epoch } });
}

/** Whether somebody looks at which chunks of a stored graph are read. */
export function watchChunks(on: boolean): void {
  void trainer.watchChunks(on);
}
