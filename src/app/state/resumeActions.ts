import { closestPreset } from '../../run/sharedRun.ts';
import type { Interrupted } from '../../worker/protocol.ts';
import { showAddress } from './address.ts';
import { chooseDataset, mayChange } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { refreshInterrupted, startRun } from './runActions.ts';
import { get, set, tell, tellError } from './store.ts';

/** What is done with runs that were interrupted. */

/** Loads the graph of the run, which may be a download, shows its settings as they are by now, and goes on with it. */
export async function resumeRun({ slot, datasetId, catalogueId, name, config, now }: Interrupted): Promise<void> {
  if (!mayChange()) return;
  const as = { preset: closestPreset(now, catalogueId), config: now };
  if (get().graph?.id !== datasetId) {
    if (!get().datasets.some(({ id }) => id === datasetId)) {
      tell('error', `The graph ${name} is not in this browser any more: drop its files, then resume the run.`);
      return;
    }
    if (!(await chooseDataset(datasetId, as))) return;
  }
  set({ ...as, interrupted: get().interrupted.filter((other) => other.slot !== slot) });
  showAddress();
  await startRun({ config, resume: slot });
  await refreshInterrupted();
}

export async function discardRun(slot: string): Promise<void> {
  await answered(trainer.discard(slot)).catch(tellError);
  await refreshInterrupted();
}
