import { create } from 'zustand';
import { layoutBytes } from '../../worker/embeddingApi.ts';
import type { Metric, Near } from '../../worker/projectorApi.ts';
import type { GraphView, LayerChoice } from '../../worker/protocol.ts';
import { alone } from '../state/alone.ts';
import { answered, trainer } from '../state/engine.ts';
import { replan } from '../state/planActions.ts';
import { isActive } from '../state/run.ts';
import { get, isBusy, set, tellError, usePage } from '../state/store.ts';
import { embeddingBytes, type Told } from './picture.ts';
import * as projector from './projector.ts';

/** The embedding on show: whose it is, its picture, and what is being computed. */

export type Method = 'pca' | 'umap';

export interface EmbeddingState {
  /** What takes longer than a moment, and how much of it is done; `share` null where that is not known. */
  readonly doing: { readonly task: string; readonly share: number | null } | null;
  readonly read: ReadEmbedding | null;
  /** Somebody let go of it: it is not computed again unasked. */
  readonly dismissed: boolean;
  readonly picture: Picture | null;
  readonly method: Method;
  /** Of the layout and of the nearest nodes. */
  readonly metric: Metric;
  readonly neighbours: number;
  readonly minDist: number;
  /** The nodes nearest to the one that is pinned. */
  readonly near: { readonly node: number; readonly list: readonly Near[] } | null;
}

export interface ReadEmbedding {
  readonly graph: GraphView;
  /** The run that trained the model, and the split that it was judged by. */
  readonly run: number;
  readonly split: number;
  readonly told: Told;
}

export interface Picture {
  readonly positions: Float32Array;
  readonly made: Pick<EmbeddingState, 'method' | 'metric' | 'neighbours' | 'minDist'>;
  /** Shares of the variance along the two axes; null of a layout that has none. */
  readonly explained: readonly [number, number] | null;
}

const NOTHING = { doing: null, dismissed: false, read: null, picture: null, near: null } as const;

export const useEmbedding = create<EmbeddingState>(() => ({
  ...NOTHING,
  method: 'pca',
  metric: 'cosine',
  neighbours: 15,
  minDist: 0.1,
}));

const mine = useEmbedding.getState;
const change = useEmbedding.setState;

/** Only the last request for a picture counts. */
let asked = 0;

usePage.subscribe(({ graph }) => {
  if (!mine().read || mine().read?.graph === graph) return;
  projector.end();
  asked++;
  change(NOTHING);
  hold(NONE);
});

/** An embedding, and a layout that is computed, stay while the next run goes on: their bytes are in its forecast and on its ledger. */
function hold(bytes: { readonly embeddingBytes?: number; readonly layoutBytes: number }): void {
  set(bytes);
  const { embeddingBytes, layoutBytes } = get();
  void trainer.beside(embeddingBytes + layoutBytes);
  void replan();
}

const NONE = { embeddingBytes: 0, layoutBytes: 0 };

/** Lets go of the embedding on show. */
export function forget(): void {
  projector.end();
  asked++;
  change({ ...NOTHING, dismissed: true });
  hold(NONE);
}

/** Has the model at hand evaluated up to a layer, and shows where that puts the nodes. */
export async function compute(layer: LayerChoice): Promise<void> {
  const { graph, run } = get();
  if (!graph || run?.status !== 'done' || isBusy(get())) return;
  change({ doing: { task: 'Evaluating the model', share: null } });
  try {
    await alone(async () => {
      const { values, ...told } = await answered(trainer.embedding(layer));
      await projector.open(values, told.cols);
      change({ read: { graph, run: run.id, split: run.config['data.split'], told }, picture: null, near: null });
      hold({ embeddingBytes: embeddingBytes(told, graph.info.nodes), layoutBytes: 0 });
    });
  } catch (error) {
    tellError(error);
    return;
  } finally {
    change({ doing: null });
  }
  await project();
}

/** Makes the picture of the embedding that is there. */
async function project(): Promise<void> {
  const { read, method, metric, neighbours, minDist } = mine();
  if (!read) return;
  const turn = ++asked;
  // What is told comes by another port than the answer, and may come after it.
  let over = false;
  const { nodes } = read.told;
  const tell = (share: number | null) => {
    const task = method === 'pca' ? 'Finding the principal components' : 'Laying out by UMAP';
    if (turn === asked && !over) change({ doing: { task, share } });
  };
  tell(null);
  const made = { method, metric, neighbours, minDist };
  try {
    await projector.cancel();
    if (method === 'pca') {
      const { positions, explained } = await projector.pca(nodes);
      if (turn === asked) change({ picture: { positions, made, explained } });
    } else {
      release();
      if (isActive(get().run)) change({ doing: { task: 'UMAP begins when the run is done', share: null } });
      await whileRunning();
      if (turn !== asked) return;
      tell(null);
      const { graph, told } = read;
      const shape = { rows: graph.info.nodes, shown: told.labels.length, cols: told.cols, metric, neighbours };
      hold({ layoutBytes: layoutBytes(shape) });
      const positions = await projector.umap(nodes, { neighbours, metric, minDist, seed: 0 }, tell);
      if (turn === asked) change({ picture: { positions, made, explained: null } });
    }
  } catch (error) {
    if (turn === asked) tellError(error);
  } finally {
    over = true;
    if (turn === asked) {
      change({ doing: null });
      release();
    }
  }
}

/** No layout is computed any more. */
function release(): void {
  if (get().layoutBytes > 0) hold({ layoutBytes: 0 });
}

/** Settles when no run goes on: one that does has promised what it takes, without the layouts that were not there when it began. */
function whileRunning(): Promise<void> {
  return new Promise((resolve) => {
    const stop = usePage.subscribe(look);
    function look() {
      if (isActive(get().run)) return;
      stop();
      resolve();
    }
    look();
  });
}

/** Another way to make the picture: it is made anew where that changes it. */
export function choose(choice: Partial<Pick<EmbeddingState, 'method' | 'metric' | 'neighbours' | 'minDist'>>): void {
  change(choice);
  if (mine().method === 'umap' || 'method' in choice) void project();
}

/** Gives up what is being computed; the picture stays, and what it was made by. */
export function giveUp(): void {
  if (get().loading) {
    void trainer.cancelLoad();
    return;
  }
  asked++;
  projector.cancel().catch(tellError);
  release();
  const { picture } = mine();
  change({ doing: null, ...picture?.made });
}

/** How many are listed. */
const MOST_NEAR = 10;

/** Finds the nearest nodes to one; null forgets them. */
export async function findNear(node: number | null, read: ReadEmbedding, metric: Metric): Promise<void> {
  if (node === null) {
    change({ near: null });
    return;
  }
  try {
    const list = await projector.nearest(node, metric, MOST_NEAR);
    if (mine().read === read && mine().metric === metric) change({ near: { node, list } });
  } catch (error) {
    tellError(error);
  }
}
