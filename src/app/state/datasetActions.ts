import { differences } from '../../config/describe.ts';
import { recommendedPreset } from '../../config/presets.ts';
import type { DroppedFile, GraphView } from '../../worker/protocol.ts';
import { showAddress } from './address.ts';
import { trainer } from './engine.ts';
import { replan } from './planActions.ts';
import { isActive } from './run.ts';
import { get, presetConfig, set, tell, tellError } from './store.ts';

/** Choosing, dropping and deleting graphs. */

export function chooseDataset(id: string): Promise<boolean> {
  return change(() => trainer.load(id));
}

export function dropFiles(files: readonly DroppedFile[]): Promise<boolean> {
  return change(() => trainer.drop(files));
}

export async function removeDataset(id: string): Promise<void> {
  await trainer.remove(id).catch(tellError);
  await refreshDatasets();
}

export async function refreshDatasets(): Promise<void> {
  set({ datasets: await trainer.datasets() });
}

/** Where it fails, the graph that was there stays, with its runs. */
async function change(load: () => Promise<GraphView>): Promise<boolean> {
  if (isActive(get().run)) {
    tell('error', 'A run is going on: stop it before you change the graph.');
    return false;
  }
  try {
    const graph = await load();
    showGraph(graph);
    return true;
  } catch (error) {
    tellError(error);
    return false;
  } finally {
    set({ progress: null });
    await refreshDatasets().catch(tellError);
  }
}

/** A new graph brings the preset that suits it; what was set by hand stays. */
export function showGraph(graph: GraphView): void {
  const { config, preset } = get();
  const byHand = differences(config, presetConfig(preset));
  const next = recommendedPreset(config['model.kind'], graph.catalogueId);
  set({ graph, preset: next, config: { ...presetConfig(next), ...byHand }, run: null, plan: null, notice: null });
  showAddress();
  replan();
}
