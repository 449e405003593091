import type { Config } from '../config/schema.ts';
import { batchBytes, type Capacity } from '../graph/capacity.ts';
import { OPERATORS } from '../graph/operators.ts';
import type { Model } from '../model/model.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { HEAVY, SEGMENT } from '../tensor/ops/spmm.ts';
import type { Level, Part } from '../tensor/passes/cut.ts';
import { evaluate, type Sizes, type Value } from '../tensor/value.ts';
import { halfBytes, sparseFeatureBytes, targetBytes } from './hostMemory.ts';
import { type BatchInputs, type GraphInputs, levelName } from './inputs.ts';

/**
 * Evaluation layer by layer over the whole graph, as `inference` in PyTorch Geometric's examples of GraphSAGE: every level of rows
 * is computed for all nodes, batch after batch with all their neighbours, and kept in main memory, before the next
 * level begins. Exact, and each edge is gathered once per hop, instead of once for every batch that it is near to.
 * (https://github.com/pyg-team/pytorch_geometric/blob/master/examples/reddit.py)
 */
export interface Levels {
  /** One more than there are hops. */
  readonly batches: readonly LevelBatches[];
  /** Of the parts' plans: a bound that is reached, found from the row offsets alone. */
  readonly sizes: Sizes;
  /** The same for all nodes at once, by which the order of gathering and transforming is chosen: that of the full batch. */
  readonly whole: Sizes;
}

/** The nodes whose rows a level computes, in batches. */
export interface LevelBatches {
  /** Ascending; null: all nodes. */
  readonly nodes: Uint32Array | null;
  /** Where each batch begins among them, and the end of the last one. */
  readonly cuts: Uint32Array;
  readonly capacity: Capacity;
}

const PREFIX = 'evaluate.';

/** What the parts of a model of so many hops are called, and their rows. */
export function levelNames(hops: number): Level[] {
  return Array.from({ length: hops + 1 }, (_, level) => ({
    routine: level === hops ? 'evaluate' : `evaluate.${level}`,
    rows: levelName(PREFIX, level),
    sources: `${PREFIX}sources${level}`,
  }));
}

/** @param seeds the nodes whose logits are wanted; the levels before the last one are computed for all nodes */
export function planLevels(graph: AnyGraph, { operator, hops }: Model, seeds: Uint32Array, config: Config): Levels {
  const { nodes, adjacency, features } = graph;
  const batchSize = config['evaluation.batchSize'];
  const loops = operator && OPERATORS[operator].selfLoops ? 1 : 0;
  const sizes: Record<string, number> = {};
  const whole: Record<string, number> = {};
  const inner = batchesOf(adjacency.indptr, null, batchSize, nodes);
  const batches = levelNames(hops).map(({ rows, sources }, level): LevelBatches => {
    const list = level === hops ? seeds : null;
    whole[rows] = nodes;
    if (level === 0) {
      const { cuts, targets } = rowBatches(list?.length ?? nodes, batchSize);
      sizes[rows] = targets;
      if (features.kind === 'sparse') largestHalf(sizes, `${PREFIX}features`, features.indptr, list, cuts, 0);
      return { nodes: list, cuts, capacity: { nodes: [targets], edges: [] } };
    }
    const { cuts, capacity } = list ? batchesOf(adjacency.indptr, list, batchSize, nodes) : inner;
    const block = `${PREFIX}block${level - 1}`;
    [sizes[rows], sizes[sources]] = capacity.nodes;
    largestHalf(sizes, block, adjacency.indptr, list, cuts, loops);
    whole[`${block}.entries`] = adjacency.indptr[nodes] + loops * nodes;
    return { nodes: list, cuts, capacity };
  });
  return { batches, sizes, whole };
}

/** Batches of at most `batchSize` rows, whatever they gather. */
function rowBatches(count: number, batchSize: number): { cuts: Uint32Array; targets: number } {
  const batches = Math.ceil(count / batchSize);
  const cuts = Uint32Array.from({ length: batches + 1 }, (_, i) => Math.min(count, i * batchSize));
  return { cuts, targets: Math.min(count, batchSize) };
}

/**
 * Batches of at most `batchSize` nodes with at most twice as many edges as that many nodes have on average, or those of a single
 * node: a batch that falls on hubs is shorter.
 */
function batchesOf(
  indptr: Uint32Array,
  list: Uint32Array | null,
  batchSize: number,
  graphNodes: number,
): { cuts: Uint32Array; capacity: Capacity } {
  const count = list?.length ?? graphNodes;
  const most = (2 * batchSize * indptr[graphNodes]) / Math.max(1, graphNodes);
  const cuts = [0];
  let [targets, sources, edges] = [0, 0, 0];
  let [begin, own] = [0, 0];
  const close = (end: number) => {
    cuts.push(end);
    targets = Math.max(targets, end - begin);
    edges = Math.max(edges, own);
    sources = Math.max(sources, Math.min(graphNodes, end - begin + own));
    [begin, own] = [end, 0];
  };
  for (let i = 0; i < count; i++) {
    const node = list ? list[i] : i;
    const degree = indptr[node + 1] - indptr[node];
    if (i > begin && (i - begin === batchSize || own + degree > most)) close(i);
    own += degree;
  }
  if (count > begin) close(count);
  return { cuts: Uint32Array.from(cuts), capacity: { nodes: [targets, sources], edges: [edges] } };
}

/** Sizes of the sparse matrix of a batch, whose rows are those of `indptr` and `extra` entries each: the largest of all batches. */
function largestHalf(
  sizes: Record<string, number>,
  name: string,
  indptr: Uint32Array,
  list: Uint32Array | null,
  cuts: Uint32Array,
  extra: number,
): void {
  const most = { entries: 0, segments: 0, heavy: 0 };
  for (let batch = 0; batch + 1 < cuts.length; batch++) {
    let [entries, segments, heavy] = [0, 0, 0];
    for (let i = cuts[batch]; i < cuts[batch + 1]; i++) {
      const row = list ? list[i] : i;
      const degree = indptr[row + 1] - indptr[row] + extra;
      entries += degree;
      if (degree <= HEAVY) continue;
      heavy++;
      segments += Math.ceil(degree / SEGMENT);
    }
    most.entries = Math.max(most.entries, entries);
    most.segments = Math.max(most.segments, segments);
    most.heavy = Math.max(most.heavy, heavy);
  }
  for (const [what, count] of Object.entries(most)) sizes[`${name}.${what}`] = count;
}

/** What the batches of a part are fed: its block, and of features and targets only what it reads. */
export function partInputs({ level, reads }: Part, { model, targets }: GraphInputs): BatchInputs {
  const last = level === model.blocks.length;
  const first = level === 0;
  const read = reads.find(({ from }) => from === model.features);
  const names = levelNames(model.blocks.length)[level];
  return {
    model: {
      features: first ? model.features : (read?.into ?? null),
      blocks: first ? [] : [model.blocks[level - 1]],
      ids: first ? [model.ids[0]] : [model.ids[level - 1], model.ids[level]],
    },
    targets: last ? targets : null,
    levels: first ? [names.rows] : [names.sources, names.rows],
    featureLevel: read?.at === 'targets' ? 1 : 0,
  };
}

/** Host bytes of the rows of a value for all nodes. */
const keptBytes = ({ cols }: Value, nodes: number) => 4 * nodes * cols;

/** Host bytes of where batches begin. */
export function cutsBytes(batches: readonly LevelBatches[]): number {
  return [...new Set(batches.map(({ cuts }) => cuts))].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** After which part each kept value is given up, by its place among the parts. */
export function lastReads(parts: readonly Part[]): ReadonlyMap<Value, number> {
  return new Map(parts.flatMap(({ reads }, place) => reads.map(({ from }) => [from, place] as const)));
}

/** Host bytes at the most. */
export interface LayerwiseBytes {
  /** Of one sample. */
  readonly sample: number;
  /** Of what is kept between levels, and moves to and from the device. */
  readonly rows: number;
  /** Of where batches begin, which is known as long as the run goes on. */
  readonly cuts: number;
}

/** What an evaluation layer by layer takes beside the graph. */
export function layerwiseBytes(
  graph: AnyGraph,
  config: Config,
  parts: readonly Part[],
  { batches, sizes }: Levels,
  logits: number,
): LayerwiseBytes {
  const last = lastReads(parts);
  const ends = new Map(parts.flatMap(({ keeps }, place) => keeps.map((value) => [value, place] as const)));
  const tables = parts.map(({ level, reads, routine, keeps }, place) => {
    const { capacity } = batches[level];
    const rowsOf = (value: Value) => 4 * evaluate(value.rows, sizes) * value.cols;
    const fed = reads.filter(({ from }) => ends.has(from)).reduce((sum, { into }) => sum + rowsOf(into), 0);
    const back = Math.max(routine === 'evaluate' ? logits : 0, ...keeps.map(rowsOf));
    let kept = 0;
    for (const [value, begin] of ends) {
      if (begin <= place && place <= last.get(value)!) kept += keptBytes(value, graph.nodes);
    }
    const features = featureBytes(graph, config, sizes, level, reads.find(({ from }) => !ends.has(from))?.into ?? null);
    const block = level > 0 ? halfBytes(sizes, `${PREFIX}block${level - 1}`, capacity.nodes[0]) : 0;
    const lists =
      4 * capacity.nodes.reduce((sum, n) => sum + n, 0) +
      (routine === 'evaluate' ? targetBytes(graph) : 0) * capacity.nodes[0];
    const sample = batchBytes(capacity, graph.adjacency.values !== null) + block + lists + features;
    return { sample, rows: kept + fed + back };
  });
  return {
    sample: Math.max(...tables.map(({ sample }) => sample)),
    cuts: cutsBytes(batches),
    rows: Math.max(...tables.map(({ rows }) => rows)),
  };
}

/** Feature rows of one batch of a part, beside their normalised values: as it reads them, or of the first part all. */
function featureBytes(graph: AnyGraph, config: Config, sizes: Sizes, level: number, read: Value | null): number {
  const { features } = graph;
  if (level > 0 && !read) return 0;
  const rows = read ? evaluate(read.rows, sizes) : sizes[levelName(PREFIX, 0)];
  const copies = config['data.normalizeFeatures'] ? 2 : 1;
  if (features.kind === 'dense') return copies * 4 * rows * features.cols;
  return sparseFeatureBytes(sizes, PREFIX, rows, features.cols) + (copies - 1) * 4 * sizes[`${PREFIX}features.entries`];
}
