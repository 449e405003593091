import { asShared } from '../../run/runFile.ts';
import { closestPreset } from '../../run/sharedRun.ts';
import type { KeptRun } from '../runs/keptRuns.ts';
import { showAddress } from './address.ts';
import { alone } from './alone.ts';
import { chooseDataset, mayChange } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { replan } from './planActions.ts';
import { reopened } from './run.ts';
import { refreshModels } from './runActions.ts';
import { get, type PageState, set, tellError } from './store.ts';

/** What is done with the models of kept runs. */

/** Whether the graph of a run is there, on show or in this browser. */
export function graphIsHere(
  { datasetId, record }: KeptRun,
  { graph, datasets }: Pick<PageState, 'graph' | 'datasets'>,
): boolean {
  if (graph?.info.fingerprint === record.dataset.fingerprint) return true;
  return datasets.some(({ id, kind, stored }) => id === datasetId && (kind === 'embedded' || stored));
}

/** Brings the graph, the settings and the model of a run back: from then on the page is as if the run had just ended. */
export async function openModel(run: KeptRun): Promise<void> {
  if (!mayChange() || run.slot === undefined) return;
  const { slot, datasetId, catalogueId, record } = run;
  const { engine, result, dataset } = record;
  // Where things lie on somebody else's device says nothing of this one.
  const { config, fitted } = run.openedFrom === undefined ? record : asShared(record, catalogueId);
  const as = { preset: closestPreset(config, catalogueId), config };
  const { fingerprint } = dataset;
  if (get().graph?.info.fingerprint !== fingerprint && !(await chooseDataset(datasetId, as))) return;
  const { curveHash, bestEpoch } = result;
  const asked = { slot, run: { engine, curveHash }, fingerprint, config: { ...config, ...fitted } };
  try {
    const said = await alone(() => answered(trainer.openModel(asked)));
    set({ ...as, run: reopened(run, said && { epoch: bestEpoch, ...said }) });
    showAddress();
    await replan();
  } catch (error) {
    tellError(error);
    // It may have gone in another tab.
    await refreshModels();
  }
}

export async function forgetModels(slots: readonly string[]): Promise<void> {
  await answered(trainer.forgetModels(slots)).catch(tellError);
  await refreshModels();
}
