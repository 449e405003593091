import { epochBatches, REQUEST_ROWS, type SampleWatch, sampleNeighbors } from './neighborSampler.ts';
import { deriveKey, type Key } from './random.ts';
import type { RowRequest, Rows } from './request.ts';
import type { DesignName } from './samplingDesign.ts';

/**
 * How large the blocks of a sampled batch can get. A plan allocates for a capacity before the first batch: the worst case
 * where the budget allows it, otherwise what a seeded probe of the sampler found plus a margin.
 */
export interface Capacity {
  /** nodes[h] targets and nodes[h + 1] sources of hop h, hop 0 nearest the seeds; one number more than there are hops. */
  readonly nodes: readonly number[];
  /** Sampled edges of each hop, without the self-loops that an operator adds. */
  readonly edges: readonly number[];
}

/**
 * A bound that no batch exceeds; `seeds` is the most seeds in one: min(batch size, seed nodes). T targets have at most as many sampled edges as the T nodes of largest degree would; their
 * sources are the targets and at most one new node per edge, and never more than all nodes.
 */
export function worstCase(indptr: Uint32Array, seeds: number, fanOut: readonly number[]): Capacity {
  const graphNodes = indptr.length - 1;
  const degrees = sortedDegrees(indptr);
  const nodes = [Math.min(seeds, graphNodes)];
  const edges: number[] = [];
  for (const [hop, fan] of fanOut.entries()) {
    const most = degrees.sumOfLargest(nodes[hop], fan);
    edges.push(most);
    nodes.push(Math.min(graphNodes, nodes[hop] + most));
  }
  return { nodes, edges };
}

interface SortedDegrees {
  /** Sum over the `count` largest degrees (all, where there are fewer), each cut at `most` where that is not negative. */
  sumOfLargest(count: number, most: number): number;
}

const sorted = new WeakMap<Uint32Array, SortedDegrees>();

/** Host bytes of what `sortedDegrees` remembers of a matrix with so many rows. */
export const sortedDegreesBytes = (rows: number) => 12 * rows + 8;

/** Sorted once per matrix: the fitter asks for dozens of settings, and a slider for dozens of fits a second. */
export function sortedDegrees(indptr: Uint32Array): SortedDegrees {
  let known = sorted.get(indptr);
  if (known) return known;
  const nodes = indptr.length - 1;
  const degrees = new Uint32Array(nodes);
  for (let v = 0; v < nodes; v++) degrees[v] = indptr[v + 1] - indptr[v];
  degrees.sort();
  /** largest[k] = sum of the k largest. */
  const largest = new Float64Array(nodes + 1);
  for (let k = 0; k < nodes; k++) largest[k + 1] = largest[k] + degrees[nodes - 1 - k];
  const countAbove = (most: number) => {
    let [low, high] = [0, nodes];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (degrees[middle] > most) high = middle;
      else low = middle + 1;
    }
    return nodes - low;
  };
  known = {
    sumOfLargest(count, most) {
      const taken = Math.min(count, nodes);
      if (most < 0) return largest[taken];
      const cut = Math.min(taken, countAbove(most));
      return cut * most + largest[taken] - largest[cut];
    },
  };
  sorted.set(indptr, known);
  return known;
}

/** Host bytes of a sampled batch of that size, every array counted: offsets, loops, sources, edge ids, importance, weights, nodes. */
export function batchBytes({ nodes, edges }: Capacity, weighted: boolean): number {
  const perEdge = weighted ? 16 : 12;
  const perTarget = weighted ? 8 : 4;
  const ofHop = (e: number, hop: number) => perTarget * nodes[hop] + 4 + 4 * nodes[hop + 1] + perEdge * e;
  return 4 * nodes[0] + edges.reduce((sum, e, hop) => sum + ofHop(e, hop), 0);
}

export interface ProbeOptions {
  readonly trainNodes: Uint32Array;
  readonly batchSize: number;
  readonly fanOut: readonly number[];
  readonly design?: DesignName;
  readonly key: Key;
  /** How many batches to draw at the most. */
  readonly batches: number;
  /** Once the neighbours of so many nodes were asked for, no further batch is drawn: large ones differ little. Default: never. */
  readonly rows?: number;
  /** What to add to the largest seen, as a fraction: 0.2 adds a fifth. */
  readonly margin: number;
  readonly worst: Capacity;
  /** The sampler's scratch: one zero per node. */
  readonly locals: Uint32Array;
  /** `letGo` comes when a batch was counted and is held no longer. */
  readonly watch?: SampleWatch & { letGo(): void };
}

/** Bytes that a watch is told of at the most while a batch of that size is sampled: its blocks, and the parts they were made of. */
export const watchedBytes = (capacity: Capacity, weighted: boolean) => 2 * batchBytes(capacity, weighted);

/** Where to cut a request that begins with targets[begin], so that its rows have no more entries than `most`, but for a single row. */
export function endWithin(indptr: Uint32Array, most: number, targets: Uint32Array, begin: number): number {
  let entries = 0;
  for (let i = begin; i < Math.min(targets.length, begin + REQUEST_ROWS); i++) {
    entries += indptr[targets[i] + 1] - indptr[targets[i]];
    if (entries > most && i > begin) return i;
  }
  return begin + REQUEST_ROWS;
}

/**
 * Draws batches as training does and returns the largest sizes seen plus the margin, never above the worst case. Not a
 * bound: a batch above it is possible and has to be split. A generator like the sampler, so it runs against any store.
 */
export function* probe(options: ProbeOptions): Generator<RowRequest, Capacity, Rows> {
  const { trainNodes, batchSize, fanOut, design, key, rows = Infinity, margin, worst, locals, watch } = options;
  const nodes = new Array<number>(fanOut.length + 1).fill(0);
  const edges = new Array<number>(fanOut.length).fill(0);
  const drawn = options.batches * Math.min(1, trainNodes.length);
  let asked = 0;
  for (let batch = 0, epoch = 0; batch < drawn && asked < rows; epoch++) {
    for (const seeds of epochBatches(trainNodes, batchSize, deriveKey(key, epoch, 0))) {
      if (batch++ >= drawn || asked >= rows) break;
      const { blocks } = yield* sampleNeighbors(seeds, fanOut, deriveKey(key, epoch, batch), locals, design, watch);
      nodes[0] = Math.max(nodes[0], seeds.length);
      for (let hop = 0; hop < fanOut.length; hop++) {
        const block = blocks[fanOut.length - 1 - hop];
        asked += block.targets;
        nodes[hop + 1] = Math.max(nodes[hop + 1], block.nodes.length);
        edges[hop] = Math.max(edges[hop], block.edgeIds.length);
      }
      watch?.letGo();
    }
  }
  const widen = (seen: number, bound: number) => Math.min(bound, Math.ceil(seen * (1 + margin)));
  return {
    // The number of seeds is known, not sampled.
    nodes: nodes.map((seen, i) => (i === 0 ? seen : widen(seen, worst.nodes[i]))),
    edges: edges.map((seen, i) => widen(seen, worst.edges[i])),
  };
}
