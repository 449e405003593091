import { forgetRun } from '../runs/keptRuns.ts';
import { forgetModels } from './modelActions.ts';
import { get, type Overlay, set, tellError } from './store.ts';

/** What is done with kept runs. */

export function toggleOverlay(id: Overlay): void {
  const { overlaid } = get();
  set({ overlaid: overlaid.includes(id) ? overlaid.filter((other) => other !== id) : [...overlaid, id] });
}

export async function forget(id: number): Promise<void> {
  const { kept, overlaid } = get();
  const slot = kept.find((run) => run.id === id)?.slot;
  set({ kept: kept.filter((run) => run.id !== id), overlaid: overlaid.filter((other) => other !== id) });
  await forgetRun(id).catch(tellError);
  if (slot !== undefined) await forgetModels([slot]);
}
