import { showAddress } from './address.ts';
import { isWanted } from './datasetActions.ts';
import { startRun } from './runActions.ts';
import { get, isBusy, set } from './store.ts';

/** What is done with a run that came by a link. */

/** Runs it again exactly: its settings and its changes by hand, at their steps. */
export async function runShared(): Promise<void> {
  const { shared, graph } = get();
  if (!shared || !graph || !isWanted(shared.dataset, graph) || isBusy(get())) return;
  set({ config: shared.config, preset: shared.preset, answer: null });
  showAddress();
  const mine = await startRun({ config: shared.config, events: shared.events });
  if (mine) set({ answer: mine.id });
}

export function closeShared(): void {
  set({ shared: null, sharedHash: '', wanted: null, answer: null });
  showAddress();
}
