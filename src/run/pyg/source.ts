import type { Config } from '../../config/schema.ts';
import type { DatasetInfo, RunEvent } from '../record.ts';

/** What a script for PyTorch Geometric is made of: a run, and where its graph comes from there. */

/** Of the catalogue, what PyTorch Geometric has too, with the same nodes, edges and splits. `splits`: a mask has a column for each. */
export const PUBLIC = {
  cora: { dataset: 'Planetoid', name: 'Cora', splits: false },
  citeseer: { dataset: 'Planetoid', name: 'CiteSeer', splits: false },
  pubmed: { dataset: 'Planetoid', name: 'PubMed', splits: false },
  tolokers: { dataset: 'HeterophilousGraphDataset', name: 'Tolokers', splits: true },
  minesweeper: { dataset: 'HeterophilousGraphDataset', name: 'Minesweeper', splits: true },
} as const;

/** What a script must know of a graph in an .npz. */
export interface FileLayout {
  /** Features are CSR parts, not `x`. */
  readonly sparse: boolean;
  /** Edges have weights. */
  readonly weighted: boolean;
  /** Some nodes have an edge to themselves. */
  readonly loops: boolean;
}

export type PygSource = { readonly public: keyof typeof PUBLIC } | { readonly file: FileLayout };

export interface PygRun {
  /** What ran: fitted keys included, so that evaluation.strategy is not `auto`. */
  readonly config: Config;
  readonly dataset: DatasetInfo;
  readonly source: PygSource;
  /** What was changed by hand while it ran. */
  readonly events: readonly RunEvent[];
}

/** The dataset of PyTorch Geometric that a catalogue id stands for; null where the graph must come from a file. */
export function publicSource(catalogueId: string | null): PygSource | null {
  return catalogueId !== null && Object.hasOwn(PUBLIC, catalogueId)
    ? { public: catalogueId as keyof typeof PUBLIC }
    : null;
}

/** A dataset's name, of which only what is harmless in a path and in Python is left. */
export function stemOf({ name }: DatasetInfo): string {
  return name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'graph';
}

/** Names of the script and of its graph, which is not called like the file that a graph is usually read from. */
export function fileNames(dataset: DatasetInfo, config: Config): { readonly script: string; readonly graph: string } {
  const stem = stemOf(dataset);
  return { script: `${stem}-${config['model.kind']}.py`, graph: `${stem}-pyg.npz` };
}

/** Edges have weights that a script can read. */
export function hasWeights({ source }: PygRun): boolean {
  return 'file' in source && source.file.weighted;
}

export function hasLoops({ source }: PygRun): boolean {
  return 'file' in source && source.file.loops;
}

/** Nodes have several classes, each a decision of its own. */
export function hasSeveralLabels({ dataset }: PygRun): boolean {
  return dataset.multiLabel === true;
}

/** Kinds that multiply by D^-1/2 (A + I) D^-1/2, edge weights counted; the others count edges, there as here. */
export function usesDegrees(config: Config): boolean {
  return ['gcn', 'appnp', 'sgc', 'gcn2'].includes(config['model.kind']);
}

/** Whether a NeighborLoader is there. What Edgewise evaluates layer by layer is evaluated at once here: the figures are the same. */
export function samples(config: Config): boolean {
  return config['sampling.strategy'] === 'neighbor' || config['evaluation.strategy'] === 'neighbor';
}

/** Hops are the model's depth in neighbours; a perceptron has none. */
export function hopsOf(config: Config): number {
  const { 'model.kind': kind, 'model.layers': layers, 'model.steps': steps } = config;
  return kind === 'mlp' ? 0 : kind === 'appnp' || kind === 'sgc' ? steps : layers;
}

/** What the model is called with, `of` being the graph or a batch; `how` goes to `normalised`, where that is called. */
export function modelArguments(run: PygRun, of: string, how = ''): string {
  const { config } = run;
  if (config['model.kind'] === 'mlp') return `${of}.x`;
  if (usesDegrees(config) && samples(config)) return `${of}.x, *normalised(${of}${how})`;
  return `${of}.x, ${of}.edge_index${usesDegrees(config) && hasWeights(run) ? `, ${of}.edge_weight` : ''}`;
}

/** The parameters of the model's forward, behind self. */
export function forwardParameters(run: PygRun): string {
  const { config } = run;
  if (config['model.kind'] === 'mlp') return 'x';
  const weights = usesDegrees(config) && (samples(config) || hasWeights(run));
  return `x, edge_index${weights ? ', edge_weight' : ''}`;
}
