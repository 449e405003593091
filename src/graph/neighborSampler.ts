import type { CsrMatrix } from '../formats/matrix.ts';
import { type Block, blockBytes, type SampledBatch } from './block.ts';
import { entryOf } from './csr.ts';
import { shuffled } from './draw.ts';
import { deriveKey, type Key } from './random.ts';
import type { RowRequest, Rows } from './request.ts';
import { type DesignName, type Draws, SAMPLING_DESIGNS, type SamplingDesign } from './samplingDesign.ts';

/**
 * Neighbour sampling, hop by hop from the seeds outwards (Hamilton, Ying, Leskovec: "Inductive representation learning on
 * large graphs", NeurIPS 2017). Which neighbours a node keeps depends on (key, hop, its global id) alone: not on the other
 * nodes of the batch, their order, the store or the number of workers.
 */

/** Rows asked for at once: an answer holds whole rows, so this bounds what lies in memory beside the batch. */
export const REQUEST_ROWS = 4096;

/** Host bytes of the sampler's table from global to local numbers, a word per node, and of the bits that sort a batch's nodes. */
export function samplerScratchBytes(nodes: number): number {
  return 4 * nodes + 4 * Math.ceil(nodes / 32);
}

/** How whoever bounds what a sample takes watches over it. None of it changes what is drawn. */
export interface SampleWatch {
  /** Where the rows end that are asked for at once, of which targets[begin] is the first. */
  readonly endOf: (targets: Uint32Array, begin: number) => number;
  /** Told the bytes of what was made of the sample, before more is asked for. May throw. */
  readonly took: (bytes: number) => void;
}

const UNWATCHED: SampleWatch = { endOf: (_, begin) => begin + REQUEST_ROWS, took: () => {} };

/**
 * Samples the blocks of one batch.
 *
 * `seeds`: distinct global ids. `fanOut[0]` belongs to the hop nearest the seeds, as in PyTorch Geometric; -1 takes all
 * neighbours. `design` says how they are drawn. `locals`: a Uint32Array of one zero per node of the graph; the sampler leaves it all zero, also when it is
 * stopped half-way, so one array serves all batches of a worker, one after another.
 *
 * A block's nodes are its targets, then the new ones ascending: the result is reproducible, local numbers stay the same from
 * hop to hop, and the store is read in order.
 */
export function* sampleNeighbors(
  seeds: Uint32Array,
  fanOut: readonly number[],
  key: Key,
  locals: Uint32Array,
  design: DesignName = 'uniform',
  watch: SampleWatch = UNWATCHED,
): Generator<RowRequest, SampledBatch, Rows> {
  const blocks: Block[] = [];
  let nodes = seeds;
  try {
    for (let i = 0; i < seeds.length; i++) {
      if (seeds[i] >= locals.length) throw new RangeError(`Seed ${seeds[i]} is not one of ${locals.length} nodes.`);
      if (locals[seeds[i]] !== 0) throw new RangeError(`Seed ${seeds[i]} occurs twice in a batch.`);
      locals[seeds[i]] = i + 1;
    }
    for (let hop = 0; hop < fanOut.length; hop++) {
      const block: Block = yield* sampleHop(
        nodes,
        fanOut[hop],
        deriveKey(key, hop, 0),
        locals,
        SAMPLING_DESIGNS[design],
        watch,
      );
      blocks.unshift(block);
      nodes = block.nodes;
      watch.took(blockBytes(block));
    }
    return { seeds, blocks };
  } finally {
    for (let i = 0; i < nodes.length; i++) locals[nodes[i]] = 0;
  }
}

/** The batches of one epoch: a shuffle of the training nodes, cut. Within a batch ids ascend, which the store likes. */
export function epochBatches(trainNodes: Uint32Array, batchSize: number, key: Key): Uint32Array[] {
  const order = shuffled(trainNodes, key);
  const batches: Uint32Array[] = [];
  for (let at = 0; at < order.length; at += batchSize) batches.push(order.slice(at, at + batchSize).sort());
  return batches;
}

function* sampleHop(
  targets: Uint32Array,
  fanOut: number,
  key: Key,
  locals: Uint32Array,
  design: SamplingDesign,
  watch: SampleWatch,
): Generator<RowRequest, Block, Rows> {
  const parts: Sample[] = [];
  for (let begin = 0, end = 0; begin < targets.length; begin = end) {
    end = watch.endOf(targets, begin);
    const rows = targets.slice(begin, end);
    const answer = (yield { table: 'neighbors', rows, orWhole: true }) as Rows<CsrMatrix>;
    const whole = answer.first === null;
    const part = sampleRows(whole ? targets : rows, answer, fanOut, key, design);
    watch.took(sampleBytes(part));
    parts.push(part);
    if (whole) break;
  }
  const { counts, sources, edgeIds, values, importance, loops } = joinSamples(parts, targets.length);
  const nodes = numberNodes(targets, sources, locals);
  for (let e = 0; e < sources.length; e++) sources[e] = locals[sources[e]] - 1;
  const indptr = new Uint32Array(targets.length + 1);
  for (let i = 0; i < targets.length; i++) indptr[i + 1] = indptr[i] + counts[i];
  const adjacency: CsrMatrix = {
    kind: 'sparse',
    rows: targets.length,
    cols: nodes.length,
    indptr,
    indices: sources,
    values,
  };
  return { nodes, targets: targets.length, adjacency, edgeIds, importance, loops };
}

/** Kept entries of some rows, in their order; `counts` counts them by row. */
interface Sample {
  readonly counts: Uint32Array;
  /** Global ids. */
  readonly sources: Uint32Array;
  readonly edgeIds: Uint32Array;
  readonly values: Float32Array | null;
  readonly importance: Float32Array | null;
  /** By row. */
  readonly loops: Float32Array | null;
}

function sampleBytes({ counts, sources, edgeIds, values, importance, loops }: Sample): number {
  return [counts, sources, edgeIds, values, importance, loops].reduce(
    (sum, array) => sum + (array?.byteLength ?? 0),
    0,
  );
}

function sampleRows(
  nodes: Uint32Array,
  { table: { indptr, indices, values: weights }, first }: Rows<CsrMatrix>,
  fanOut: number,
  key: Key,
  { exhausts, draw }: SamplingDesign,
): Sample {
  const counts = new Uint32Array(nodes.length);
  let [room, longest, complete] = [0, 0, true];
  for (let i = 0; i < nodes.length; i++) {
    const row = first ? i : nodes[i];
    const degree = indptr[row + 1] - indptr[row];
    const all = fanOut < 0 || (exhausts && degree <= fanOut) || degree === 0;
    const most = all ? degree : Math.min(degree, fanOut);
    room += most;
    if (all) continue;
    complete = false;
    longest = Math.max(longest, most);
  }
  // Where entries lie in the table: found first and read after, so that reads do not wait for each other.
  const edgeIds = new Uint32Array(room);
  const importance = complete ? null : new Float32Array(room).fill(1);
  const draws: Draws = { positions: new Uint32Array(longest), importance: new Float32Array(longest) };
  let kept = 0;
  for (let i = 0; i < nodes.length; i++) {
    const row = first ? i : nodes[i];
    const begin = indptr[row];
    const degree = indptr[row + 1] - begin;
    if (fanOut < 0 || (exhausts && degree <= fanOut) || degree === 0) {
      for (let k = 0; k < degree; k++) edgeIds[kept + k] = begin + k;
      counts[i] = degree;
    } else {
      counts[i] = draw(degree, fanOut, weights, begin, key, nodes[i], draws);
      for (let k = 0; k < counts[i]; k++) {
        edgeIds[kept + k] = begin + draws.positions[k];
        importance![kept + k] = draws.importance[k];
      }
    }
    kept += counts[i];
  }
  const loops = weights && new Float32Array(nodes.length).fill(1);
  for (let i = 0; loops && i < nodes.length; i++) {
    const row = first ? i : nodes[i];
    const loop = entryOf(indices, indptr[row], indptr[row + 1], nodes[i]);
    if (loop >= 0) loops[i] = weights[loop];
  }
  const sources = new Uint32Array(kept);
  for (let e = 0; e < kept; e++) sources[e] = indices[edgeIds[e]];
  const values = weights && new Float32Array(kept);
  if (values) for (let e = 0; e < kept; e++) values[e] = weights![edgeIds[e]];
  if (first) {
    for (let i = 0, e = 0; i < nodes.length; i++) {
      for (const end = e + counts[i]; e < end; e++) edgeIds[e] += first[i] - indptr[i];
    }
  }
  // Where draws met, less was kept than there was room for.
  const full = kept === room;
  return {
    counts,
    sources,
    edgeIds: full ? edgeIds : edgeIds.slice(0, kept),
    values,
    importance: full ? importance : (importance?.slice(0, kept) ?? null),
    loops,
  };
}

/** Appends the sources that are not in the batch yet, ascending, to the targets, and numbers them in `locals` (local + 1). */
function numberNodes(targets: Uint32Array, sources: Uint32Array, locals: Uint32Array): Uint32Array {
  const fresh = new Uint32Array(Math.min(sources.length, locals.length));
  let count = 0;
  for (let e = 0; e < sources.length; e++) {
    const source = sources[e];
    if (locals[source] !== 0) continue;
    locals[source] = 1;
    fresh[count++] = source;
  }
  const nodes = new Uint32Array(targets.length + count);
  nodes.set(targets);
  nodes.set(fresh.subarray(0, count), targets.length);
  sortIds(nodes.subarray(targets.length), locals.length);
  for (let i = targets.length; i < nodes.length; i++) locals[nodes[i]] = i + 1;
  return nodes;
}

/** Sorts different numbers below `bound`: by a bit for each, where going through all bits is less work than comparing. */
function sortIds(ids: Uint32Array, bound: number): void {
  if (ids.length * BITS_PER_ID < bound) {
    ids.sort();
    return;
  }
  const bits = new Uint32Array(Math.ceil(bound / 32));
  for (let i = 0; i < ids.length; i++) bits[ids[i] >>> 5] |= 1 << (ids[i] & 31);
  for (let word = 0, next = 0; next < ids.length; word++) {
    for (let left = bits[word]; left !== 0; left &= left - 1) ids[next++] = 32 * word + 31 - Math.clz32(left & -left);
  }
}

/** Sorting an id takes about as long as going through 32 words of bits. */
const BITS_PER_ID = 1024;

function joinSamples(parts: readonly Sample[], targets: number): Sample {
  if (parts.length === 1) return parts[0];
  const kept = parts.reduce((sum, part) => sum + part.sources.length, 0);
  const joined = {
    counts: new Uint32Array(targets),
    sources: new Uint32Array(kept),
    edgeIds: new Uint32Array(kept),
    values: parts.some((part) => part.values) ? new Float32Array(kept) : null,
    importance: parts.some((part) => part.importance) ? new Float32Array(kept).fill(1) : null,
    loops: parts.some((part) => part.loops) ? new Float32Array(targets) : null,
  };
  let [row, entry] = [0, 0];
  for (const part of parts) {
    joined.counts.set(part.counts, row);
    joined.sources.set(part.sources, entry);
    joined.edgeIds.set(part.edgeIds, entry);
    if (part.values) joined.values!.set(part.values, entry);
    if (part.importance) joined.importance!.set(part.importance, entry);
    if (part.loops) joined.loops!.set(part.loops, row);
    row += part.counts.length;
    entry += part.sources.length;
  }
  return joined;
}
