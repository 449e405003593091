import type { Config } from '../config/schema.ts';
import { type Capacity, worstCase } from '../graph/capacity.ts';
import type { Graph } from '../graph/graph.ts';
import { maxSegments } from '../graph/segments.ts';
import type { Model } from '../model/model.ts';
import { HEAVY, SEGMENT } from '../tensor/ops/spmm.ts';
import { levelName } from './inputs.ts';

/** The sizes behind the symbols of a plan: exact for the whole graph, a bound for batches. */
type MutableSizes = Record<string, number>;

/** Counts of one sparse matrix whose rows have these lengths. */
function exactHalf(sizes: MutableSizes, name: string, degrees: ArrayLike<number>, extra: number): void {
  let [entries, segments, heavy] = [0, 0, 0];
  for (let row = 0; row < degrees.length; row++) {
    const degree = degrees[row] + extra;
    entries += degree;
    if (degree <= HEAVY) continue;
    heavy++;
    segments += Math.ceil(degree / SEGMENT);
  }
  Object.assign(sizes, { [`${name}.entries`]: entries, [`${name}.segments`]: segments, [`${name}.heavy`]: heavy });
}

/** A bound for any matrix with at most `entries` entries, none of its rows longer than `longest`. */
function boundedHalf(sizes: MutableSizes, name: string, entries: number, longest: number): void {
  const most = longest <= HEAVY ? { segments: 0, heavy: 0 } : maxSegments(entries, HEAVY, SEGMENT);
  sizes[`${name}.entries`] = entries;
  sizes[`${name}.segments`] = most.segments;
  sizes[`${name}.heavy`] = most.heavy;
}

function rowLengths(indptr: Uint32Array): Uint32Array {
  return Uint32Array.from({ length: indptr.length - 1 }, (_, row) => indptr[row + 1] - indptr[row]);
}

const longest = new WeakMap<Uint32Array, { readonly sums: Float64Array }>();

/** sums[k] = entries in the k longest rows; sorted once per matrix, because the fitter asks for dozens of settings. */
function longestRows(indptr: Uint32Array): { readonly sums: Float64Array } {
  let known = longest.get(indptr);
  if (!known) {
    const lengths = rowLengths(indptr).sort().reverse();
    const sums = new Float64Array(lengths.length + 1);
    for (let k = 0; k < lengths.length; k++) sums[k + 1] = sums[k] + lengths[k];
    known = { sums };
    longest.set(indptr, known);
  }
  return known;
}

function columnLengths(indices: Uint32Array, cols: number): Uint32Array {
  const lengths = new Uint32Array(cols);
  for (let e = 0; e < indices.length; e++) lengths[indices[e]]++;
  return lengths;
}

/** Exact sizes of `declareFull`. The operator has a self-loop in every row. */
export function fullSizes(graph: Graph, model: Model): MutableSizes {
  const sizes: MutableSizes = {};
  const { adjacency, features } = graph;
  if (model.operator) {
    exactHalf(sizes, 'graph', rowLengths(adjacency.indptr), 1);
    if (!graph.symmetric) exactHalf(sizes, 'graphᵀ', columnLengths(adjacency.indices, adjacency.cols), 1);
  }
  if (features.kind === 'sparse') {
    exactHalf(sizes, 'features', rowLengths(features.indptr), 0);
    exactHalf(sizes, 'featuresᵀ', columnLengths(features.indices, features.cols), 0);
  }
  return sizes;
}

/**
 * Sizes of `declareBatch` for a capacity of the sampler. Its hops are counted from the seeds outwards, layers from the
 * features inwards.
 */
export function batchSizes(
  graph: Graph,
  model: Model,
  layers: number,
  prefix: string,
  capacity: Capacity,
  fanOut: readonly number[],
): MutableSizes {
  const sizes: MutableSizes = {};
  const largest = longestRows(graph.adjacency.indptr).sums[1] ?? 0;
  sizes[levelName(prefix, layers)] = capacity.nodes[0];
  for (let layer = 0; model.operator && layer < layers; layer++) {
    const hop = layers - 1 - layer;
    sizes[levelName(prefix, layer)] = capacity.nodes[hop + 1];
    const targets = capacity.nodes[hop];
    const entries = capacity.edges[hop] + targets;
    const longest = 1 + (fanOut[hop] < 0 ? largest : Math.min(largest, fanOut[hop]));
    boundedHalf(sizes, `${prefix}block${layer}`, entries, longest);
    boundedHalf(sizes, `${prefix}block${layer}ᵀ`, entries, targets);
  }
  const { features } = graph;
  if (features.kind === 'sparse') {
    const rows = model.operator ? capacity.nodes[layers] : capacity.nodes[0];
    const { sums } = longestRows(features.indptr);
    const entries = sums[rows];
    boundedHalf(sizes, `${prefix}features`, entries, sums[1] ?? 0);
    boundedHalf(sizes, `${prefix}featuresᵀ`, entries, rows);
  }
  return sizes;
}

/** One fan-out per layer, from the seeds outwards; the last one given repeats. None for a model that ignores the graph. */
export function fanOuts(model: Model, layers: number, listed: readonly number[]): number[] {
  if (!model.operator) return [];
  return Array.from({ length: layers }, (_, hop) => listed[Math.min(hop, listed.length - 1)]);
}

/** The keys of a configuration that shape a sampled pass, for training or for evaluation. */
export function samplingOf(config: Config, routine: 'train' | 'evaluate') {
  return routine === 'train'
    ? { batchSize: config['sampling.batchSize'], fanOut: config['sampling.fanOut'] }
    : { batchSize: config['evaluation.batchSize'], fanOut: config['evaluation.fanOut'] };
}

/** Never below what one seed node alone can need, so that splitting a batch always ends. */
export function atLeastOneSeed(graph: Graph, fanOut: readonly number[], capacity: Capacity): Capacity {
  const one = worstCase(graph.adjacency.indptr, 1, fanOut);
  return {
    nodes: capacity.nodes.map((n, i) => Math.max(n, one.nodes[i])),
    edges: capacity.edges.map((n, i) => Math.max(n, one.edges[i])),
  };
}
