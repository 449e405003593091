import type { CsrMatrix, Matrix } from '../formats/matrix.ts';
import { blockBytes, type SampledBatch } from '../graph/block.ts';
import type { Capacity } from '../graph/capacity.ts';
import { transpose } from '../graph/csr.ts';
import { dropBlockEdges, edgeThreshold, keptDegrees } from '../graph/dropEdges.ts';
import { rowNormalize } from '../graph/features.ts';
import { sampleNeighbors } from '../graph/neighborSampler.ts';
import { blockOperator, OPERATORS, type Operator } from '../graph/operators.ts';
import type { Key } from '../graph/random.ts';
import { type DenseTable, type RowRequest, type Rows, roomFor, type TableName } from '../graph/request.ts';
import type { DesignName } from '../graph/samplingDesign.ts';
import { isSparse } from '../model/model.ts';
import { deviceLabels } from '../task/deviceLabels.ts';
import { type Feed, feedFeatures, feedHalf, newFeed } from './feed.ts';
import type { BatchInputs } from './inputs.ts';

/** How batches of one pass are made: plain data, so that a sampler in a worker can be told. */
export interface BatchRecipe {
  readonly inputs: BatchInputs;
  /** What the model aggregates with; null for one that ignores the graph. */
  readonly operator: Operator | null;
  readonly normalizeFeatures: boolean;
  /** How neighbours are drawn. */
  readonly design: DesignName;
  /** Share of the edges that is missing in each training step. */
  readonly dropEdge: number;
  /** SPLIT code of each node by global id; null where the inputs have no targets. */
  readonly mask: Uint8Array | null;
  readonly capacity: Capacity;
}

/**
 * @param fanOut one per hop, from the seeds outwards; none for a model that ignores the graph
 * @param locals the sampler's scratch: one zero per node
 * @param dropKey decides which edges are missing; null where none is
 * @param room what an earlier feed held its features in, and nobody else uses: they go there, where they fit
 *
 * Samples one batch and arranges everything that the device needs of it. A generator like the samplers: it asks for rows
 * and does no I/O. Returns null where the sample is over the capacity: then the caller splits the seeds.
 */
export function* assembleBatch(
  recipe: BatchRecipe,
  seeds: Uint32Array,
  fanOut: readonly number[],
  key: Key,
  locals: Uint32Array,
  dropKey: Key | null = null,
  room: ArrayBuffer | null = null,
): Generator<RowRequest, Feed | null, Rows> {
  const { operator, capacity, mask } = recipe;
  const { model, targets, levels, featureLevel } = recipe.inputs;
  const batch = yield* sampleNeighbors(seeds, fanOut, key, locals, recipe.design);
  if (!fits(batch, capacity)) return null;
  const feed = newFeed();
  const sources = (level: number) => batch.blocks[level]?.nodes ?? seeds;
  feed.sizes[levels[batch.blocks.length]] = seeds.length;
  const threshold = edgeThreshold(recipe.dropEdge);
  for (const [layer, sampled] of batch.blocks.entries()) {
    feed.beside += blockBytes(sampled);
    const block = dropKey ? dropBlockEdges(sampled, dropKey, threshold) : sampled;
    feed.sizes[levels[layer]] = block.nodes.length;
    const degree = OPERATORS[operator!].degrees ? yield* degreesOfNodes(block.nodes, dropKey, threshold) : null;
    const matrix = blockOperator(operator!, block, degree);
    const { forward, backward } = model.blocks[layer];
    feedHalf(feed, forward, matrix);
    if (backward !== forward) feedHalf(feed, backward, transpose(matrix).matrix);
  }
  model.ids.forEach((ids, level) => {
    feed.arrays.push([ids!, sources(level)]);
  });
  if (model.features) {
    const nodes = sources(featureLevel);
    feed.room = roomOf(recipe, nodes.length, room);
    const rows = (yield* rowsOf('features', nodes, feed.room)) as Matrix;
    feed.beside += feed.room ? feed.room.byteLength : (rows.values?.byteLength ?? 0);
    if (!recipe.normalizeFeatures) feed.beside -= rows.values?.byteLength ?? 0;
    feedFeatures(feed, model.features, recipe.normalizeFeatures ? rowNormalize(rows) : rows);
  }
  if (targets && mask) {
    const labels = yield* rowsOf('labels', seeds);
    feed.arrays.push([targets.labels, deviceLabels(labels.kind === 'sparse' ? labels : labels.values)]);
    feed.arrays.push([targets.mask, Uint32Array.from(seeds, (seed) => mask[seed])]);
  }
  return feed;
}

/** In the whole graph, without the edges that are missing in this step. */
function* degreesOfNodes(
  nodes: Uint32Array,
  dropKey: Key | null,
  threshold: number,
): Generator<RowRequest, Float32Array, Rows> {
  if (dropKey) return yield* keptDegrees(nodes, dropKey, threshold);
  return ((yield* rowsOf('degree', nodes)) as DenseTable).values as Float32Array;
}

function* rowsOf(
  table: TableName,
  rows: Uint32Array,
  into: ArrayBuffer | null = null,
): Generator<RowRequest, CsrMatrix | DenseTable, Rows> {
  const answer = yield { table, rows, into: into ?? undefined };
  return answer.table;
}

/** Null for sparse features: how large they are is known with their rows. */
function roomOf({ inputs, capacity }: BatchRecipe, rows: number, offered: ArrayBuffer | null): ArrayBuffer | null {
  const { features } = inputs.model;
  if (!features || isSparse(features)) return null;
  return roomFor(4 * features.cols, rows, capacity.nodes[capacity.nodes.length - 1 - inputs.featureLevel], offered);
}

function fits({ seeds, blocks }: SampledBatch, { nodes, edges }: Capacity): boolean {
  const hops = blocks.length;
  return (
    seeds.length <= nodes[0] &&
    blocks.every((block, layer) => {
      const hop = hops - 1 - layer;
      return block.nodes.length <= nodes[hop + 1] && block.edgeIds.length <= edges[hop];
    })
  );
}
