import type { CsrMatrix } from '../formats/matrix.ts';
import type { Block, SampledBatch } from './block.ts';
import { sampleBelow, shuffled } from './draw.ts';
import { deriveKey, type Key } from './random.ts';
import type { RowRequest, Rows } from './request.ts';

/**
 * Uniform neighbour sampling without replacement, hop by hop from the seeds outwards (Hamilton, Ying, Leskovec: "Inductive
 * representation learning on large graphs", NeurIPS 2017). Which neighbours a node keeps depends on (key, hop, its global
 * id) alone: not on the other nodes of the batch, their order, the store or the number of workers.
 */

/** Rows asked for at once: an answer holds whole rows, so this bounds what lies in memory beside the batch. */
export const REQUEST_ROWS = 4096;

/** Host bytes of the sampler's table from global to local numbers: one word per node, as much as `indptr` takes anyway. */
export function samplerScratchBytes(nodes: number): number {
  return 4 * nodes;
}

/**
 * Samples the blocks of one batch.
 *
 * `seeds`: distinct global ids. `fanOut[0]` belongs to the hop nearest the seeds, as in PyTorch Geometric; -1 takes all
 * neighbours. `locals`: a Uint32Array of one zero per node of the graph; the sampler leaves it all zero, also when it is
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
      const block: Block = yield* sampleHop(nodes, fanOut[hop], deriveKey(key, hop, 0), locals);
      blocks.unshift(block);
      nodes = block.nodes;
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
): Generator<RowRequest, Block, Rows> {
  const parts: Sample[] = [];
  for (let begin = 0; begin < targets.length; begin += REQUEST_ROWS) {
    const rows = targets.slice(begin, begin + REQUEST_ROWS);
    const answer = yield { table: 'neighbors', rows };
    parts.push(sampleRows(rows, answer.table as CsrMatrix, answer.first!, fanOut, key));
  }
  const { degrees, sources, edgeIds, values, importance } = joinSamples(parts, targets.length);
  const nodes = numberNodes(targets, sources, locals);
  for (let e = 0; e < sources.length; e++) sources[e] = locals[sources[e]] - 1;
  const indptr = new Uint32Array(targets.length + 1);
  for (let i = 0; i < targets.length; i++) indptr[i + 1] = indptr[i] + degrees[i];
  const adjacency: CsrMatrix = {
    kind: 'sparse',
    rows: targets.length,
    cols: nodes.length,
    indptr,
    indices: sources,
    values,
  };
  return { nodes, targets: targets.length, adjacency, edgeIds, importance };
}

/** Kept entries of some rows, in their order; `degrees` counts them by row. */
interface Sample {
  readonly degrees: Uint32Array;
  /** Global ids. */
  readonly sources: Uint32Array;
  readonly edgeIds: Uint32Array;
  readonly values: Float32Array | null;
  readonly importance: Float32Array | null;
}

function sampleRows(nodes: Uint32Array, table: CsrMatrix, first: Uint32Array, fanOut: number, key: Key): Sample {
  const { indptr, indices } = table;
  const degrees = new Uint32Array(nodes.length);
  let kept = 0;
  for (let i = 0; i < nodes.length; i++) {
    const degree = indptr[i + 1] - indptr[i];
    degrees[i] = fanOut < 0 ? degree : Math.min(degree, fanOut);
    kept += degrees[i];
  }
  const complete = kept === indices.length;
  const sources = new Uint32Array(kept);
  const edgeIds = new Uint32Array(kept);
  const values = table.values && new Float32Array(kept);
  const importance = complete ? null : new Float32Array(kept).fill(1);
  const chosen = new Uint32Array(complete ? 0 : fanOut);
  for (let i = 0, next = 0; i < nodes.length; i++) {
    const degree = indptr[i + 1] - indptr[i];
    const all = degree === degrees[i];
    if (!all) sampleBelow(degree, degrees[i], key, nodes[i], chosen);
    for (let k = 0; k < degrees[i]; k++, next++) {
      const position = all ? k : chosen[k];
      sources[next] = indices[indptr[i] + position];
      edgeIds[next] = first[i] + position;
      if (values) values[next] = table.values![indptr[i] + position];
      if (!all) importance![next] = degree / degrees[i];
    }
  }
  return { degrees, sources, edgeIds, values, importance };
}

/** Appends the sources that are not in the batch yet, ascending, to the targets, and numbers them in `locals` (local + 1). */
function numberNodes(targets: Uint32Array, sources: Uint32Array, locals: Uint32Array): Uint32Array {
  let count = targets.length;
  const fresh: number[] = [];
  for (let e = 0; e < sources.length; e++) {
    if (locals[sources[e]] !== 0) continue;
    locals[sources[e]] = ++count;
    fresh.push(sources[e]);
  }
  const nodes = new Uint32Array(count);
  nodes.set(targets);
  nodes.set(Uint32Array.from(fresh).sort(), targets.length);
  for (let i = targets.length; i < count; i++) locals[nodes[i]] = i + 1;
  return nodes;
}

function joinSamples(parts: readonly Sample[], targets: number): Sample {
  if (parts.length === 1) return parts[0];
  const kept = parts.reduce((sum, part) => sum + part.sources.length, 0);
  const joined = {
    degrees: new Uint32Array(targets),
    sources: new Uint32Array(kept),
    edgeIds: new Uint32Array(kept),
    values: parts.some((part) => part.values) ? new Float32Array(kept) : null,
    importance: parts.some((part) => part.importance) ? new Float32Array(kept).fill(1) : null,
  };
  let [row, entry] = [0, 0];
  for (const part of parts) {
    joined.degrees.set(part.degrees, row);
    joined.sources.set(part.sources, entry);
    joined.edgeIds.set(part.edgeIds, entry);
    if (part.values) joined.values!.set(part.values, entry);
    if (part.importance) joined.importance!.set(part.importance, entry);
    row += part.degrees.length;
    entry += part.sources.length;
  }
  return joined;
}
