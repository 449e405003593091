import { differences } from '../../config/describe.ts';
import { recommendedPreset } from '../../config/presets.ts';
import type { LinkDataset } from '../../run/link.ts';
import { shortHash } from '../../run/linkNames.ts';
import type { FileSize, GraphStatistics, GraphView, OrderingName } from '../../worker/protocol.ts';
import { showAddress } from './address.ts';
import { alone, giveUp } from './alone.ts';
import { answered, trainer } from './engine.ts';
import { replan } from './planActions.ts';
import { isActive } from './run.ts';
import { get, isBusy, type PageGraph, type PageState, presetConfig, set, tell, tellError } from './store.ts';

/** Choosing and deleting graphs. */

/** `as`: what to run on it, where a link says so; otherwise what suits the graph. `url`: where it is to be had. */
export function chooseDataset(id: string, as?: Protocol, url: string | null = null): Promise<boolean> {
  return change(() => trainer.load(id, (as ?? get()).config, 'none'), as, url);
}

/** One that is not here yet, a public graph or a shape: it is brought, and kept with its rows in this order. */
export function bringDataset(id: string, ordering: OrderingName): Promise<boolean> {
  return change(() => trainer.load(id, get().config, ordering));
}

/** How large the files of a public dataset are: where nobody here has counted, this asks its host. */
export function downloadSizes(id: string): Promise<readonly FileSize[]> {
  return answered(trainer.downloadSizes(id));
}

export async function removeDataset(id: string): Promise<void> {
  await answered(trainer.remove(id)).catch(tellError);
  await refreshDatasets();
}

export function cancelLoad(): void {
  giveUp();
  void trainer.cancelLoad();
}

/** What the graph is like. `whole`: its edges too, where they have to be read from the disk. */
export function graphStatistics(whole: boolean): Promise<GraphStatistics> {
  const asked = () => answered(trainer.statistics(whole));
  return whole ? alone(asked) : asked();
}

export async function refreshDatasets(): Promise<void> {
  set({ datasets: await answered(trainer.datasets()) });
}

/** Whether the worker can be asked for another graph; says why not. */
export function mayChange(): boolean {
  if (!isBusy(get())) return true;
  const { run, benchmark, dead } = get();
  const going = benchmark
    ? 'A benchmark is going on: cancel it'
    : 'A graph is being loaded: wait for it, or cancel it,';
  const why = isActive(run) ? 'A run is going on: stop it' : going;
  tell('error', dead ?? `${why} before you change the graph.`);
  return false;
}

/** Shows the graph that `load` brings. Where it fails, the graph that was there stays, with its runs. */
export async function change(
  load: () => Promise<GraphView>,
  as?: Protocol,
  url: string | null = null,
): Promise<boolean> {
  if (!mayChange()) return false;
  set({ loading: true });
  try {
    const graph = await answered(load());
    showGraph({ ...graph, url }, as);
    return true;
  } catch (error) {
    tellError(error);
    return false;
  } finally {
    set({ loading: false, progress: null });
    await refreshDatasets().catch(tellError);
  }
}

type Protocol = Pick<PageState, 'preset' | 'config'>;

/** A new graph brings the preset that suits it, and what was set by hand stays; the one that a link asked for keeps the link's. */
function showGraph(graph: PageGraph, as?: Protocol): void {
  const { config, preset, wanted } = get();
  const asked = as ?? (wanted && isWanted(wanted, graph) ? { preset, config } : null);
  const next = recommendedPreset(config['model.kind'], graph.catalogueId, graph.info.multiLabel);
  const byHand = differences(config, presetConfig(preset));
  set({
    graph,
    preview: null,
    run: null,
    overlaid: [],
    plan: null,
    pinned: null,
    edits: [],
    marked: null,
    notice: null,
    forecast: null,
    wanted: asked ? null : wanted,
  });
  set(asked ?? { preset: next, config: { ...presetConfig(next), ...byHand } });
  showAddress();
  void replan();
}

export function isWanted({ catalogueId, fingerprint, url }: LinkDataset, graph: PageGraph): boolean {
  if (catalogueId !== null) return graph.catalogueId === catalogueId;
  if (fingerprint !== null) return shortHash(graph.info.fingerprint) === fingerprint;
  return Boolean(url) && graph.url === url;
}
