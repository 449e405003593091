import type { Config } from '../config/schema.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import { type Capacity, sortedDegrees, worstCase } from '../graph/capacity.ts';
import { entryOf } from '../graph/csr.ts';
import { OPERATORS } from '../graph/operators.ts';
import { type DesignName, designName } from '../graph/samplingDesign.ts';
import { maxSegments } from '../graph/segments.ts';
import type { Model } from '../model/model.ts';
import { type AnyGraph, inMemory } from '../store/storedGraph.ts';
import { HEAVY, SEGMENT } from '../tensor/ops/spmm.ts';
import { DROPPED, levelName } from './inputs.ts';

/** The sizes behind the symbols of a plan: exact for the whole graph, a bound for batches. */
type MutableSizes = Record<string, number>;

/** Counts of one sparse matrix whose rows have these lengths. */
function exactHalf(sizes: MutableSizes, name: string, degrees: ArrayLike<number>): void {
  let [entries, segments, heavy] = [0, 0, 0];
  for (let row = 0; row < degrees.length; row++) {
    const degree = degrees[row];
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

function columnLengths(indices: Uint32Array, cols: number): Uint32Array {
  const lengths = new Uint32Array(cols);
  for (let e = 0; e < indices.length; e++) lengths[indices[e]]++;
  return lengths;
}

/** 1 for each node that has no self-loop of its own. */
function addedLoops({ rows, indptr, indices }: CsrMatrix): Uint8Array {
  return Uint8Array.from({ length: rows }, (_, v) => (entryOf(indices, indptr[v], indptr[v + 1], v) < 0 ? 1 : 0));
}

/** Exact sizes of `declareFull`, and a bound for `declareDropped` where there is one. */
export function fullSizes(graph: AnyGraph, { operator, hops }: Model, dropped: boolean): MutableSizes {
  const sizes: MutableSizes = {};
  const { adjacency, features } = inMemory(graph);
  if (operator && hops > 0) {
    const added = OPERATORS[operator].selfLoops ? addedLoops(adjacency) : null;
    const half = (name: string, lengths: Uint32Array) =>
      exactHalf(sizes, name, added ? lengths.map((length, node) => length + added[node]) : lengths);
    for (const name of dropped ? ['graph', DROPPED] : ['graph']) {
      half(name, rowLengths(adjacency.indptr));
      if (!graph.symmetric || !OPERATORS[operator].symmetric) {
        half(`${name}ᵀ`, columnLengths(adjacency.indices, adjacency.cols));
      }
    }
  }
  if (features.kind === 'sparse') {
    exactHalf(sizes, 'features', rowLengths(features.indptr));
    exactHalf(sizes, 'featuresᵀ', columnLengths(features.indices, features.cols));
  }
  return sizes;
}

/**
 * Sizes of `declareBatch` for a capacity of the sampler, whose hops are counted from the seeds outwards, while levels are
 * counted from the features inwards. `transposed` as in `declareBatch`.
 */
export function batchSizes(
  graph: AnyGraph,
  { operator, hops }: Model,
  prefix: string,
  capacity: Capacity,
  fanOut: readonly number[],
  transposed = true,
): MutableSizes {
  const sizes: MutableSizes = {};
  const largest = sortedDegrees(graph.adjacency.indptr).sumOfLargest(1, -1);
  const loops = operator && OPERATORS[operator].selfLoops ? 1 : 0;
  sizes[levelName(prefix, hops)] = capacity.nodes[0];
  for (let level = 0; level < hops; level++) {
    const hop = hops - 1 - level;
    sizes[levelName(prefix, level)] = capacity.nodes[hop + 1];
    const targets = capacity.nodes[hop];
    const entries = capacity.edges[hop] + loops * targets;
    const longest = loops + (fanOut[hop] < 0 ? largest : Math.min(largest, fanOut[hop]));
    boundedHalf(sizes, `${prefix}block${level}`, entries, longest);
    if (transposed) boundedHalf(sizes, `${prefix}block${level}ᵀ`, entries, targets);
  }
  const { features } = graph;
  if (features.kind === 'sparse') {
    const rows = capacity.nodes[hops];
    const { sumOfLargest } = sortedDegrees(features.indptr);
    const entries = sumOfLargest(rows, -1);
    boundedHalf(sizes, `${prefix}features`, entries, sumOfLargest(1, -1));
    if (transposed) boundedHalf(sizes, `${prefix}featuresᵀ`, entries, rows);
  }
  return sizes;
}

/** One fan-out per hop, from the seeds outwards; the last one given repeats. */
function fanOuts({ hops }: Model, listed: readonly number[]): number[] {
  return Array.from({ length: hops }, (_, hop) => listed[Math.min(hop, listed.length - 1)]);
}

export interface Sampling {
  readonly batchSize: number;
  /** One per hop, from the seeds outwards; of a pass that changes it, the largest. */
  readonly fanOut: readonly number[];
  readonly design: DesignName;
}

/** How a sampled pass is shaped, for training or for evaluation, which looks at all neighbours alike. */
export function samplingOf(config: Config, model: Model, routine: 'train' | 'evaluate'): Sampling {
  if (routine === 'evaluate') {
    const fanOut = fanOuts(model, config['evaluation.fanOut']);
    return { batchSize: config['evaluation.batchSize'], fanOut, design: 'uniform' };
  }
  const begin = fanOuts(model, config['sampling.fanOut']);
  const end = lastFanOuts(config, model);
  return {
    batchSize: config['sampling.batchSize'],
    fanOut: begin.map((fan, hop) => (fan < 0 ? fan : Math.max(fan, end[hop]))),
    design: designName(config['sampling.bias'], config['sampling.replace']),
  };
}

/** The fan-out of a training epoch, counted from 1: on a straight line from the first epoch's to the last one's. */
export function fanOutAt(config: Config, model: Model, epoch: number): number[] {
  const end = lastFanOuts(config, model);
  const behind = Math.min(1, (epoch - 1) / Math.max(1, config['training.epochs'] - 1));
  return fanOuts(model, config['sampling.fanOut']).map((fan, hop) =>
    fan < 0 ? fan : Math.round(fan + behind * (end[hop] - fan)),
  );
}

function lastFanOuts(config: Config, model: Model): number[] {
  const end = config['sampling.fanOutEnd'];
  return fanOuts(model, end.length > 0 ? end : config['sampling.fanOut']);
}

/** Never below what one seed node alone can need, so that splitting a batch always ends. */
export function atLeastOneSeed(graph: AnyGraph, fanOut: readonly number[], capacity: Capacity): Capacity {
  const one = worstCase(graph.adjacency.indptr, 1, fanOut);
  return {
    nodes: capacity.nodes.map((n, i) => Math.max(n, one.nodes[i])),
    edges: capacity.edges.map((n, i) => Math.max(n, one.edges[i])),
  };
}
