import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Block } from '../graph/block.ts';
import { dropBlockEdges, edgeThreshold } from '../graph/dropEdges.ts';
import { sampleNeighbors } from '../graph/neighborSampler.ts';
import { seedKey } from '../graph/random.ts';
import type { RowRequest, Rows } from '../graph/request.ts';
import { modelOf } from '../model/models.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { samplingOf } from './capacity.ts';
import { type Request, stepsOfEpoch, trainingRequests } from './requests.ts';
import { seedsOf, splitOf } from './seeds.ts';

/**
 * What one seed node brings into its batch. Which neighbours a node keeps depends on the step, the hop and its own id alone, so
 * what is drawn for a seed by itself is exactly its part of the batch in which it trains.
 */

/** The step at which a seed is looked at, and what its neighbours are drawn by. */
export interface SeedDraw {
  readonly seed: number;
  /** From 1. */
  readonly epoch: number;
  /** Within the epoch, from 1. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** How many seeds its batch has; null where it does not train the model: then it is looked at as if it were in the first step. */
  readonly batchSeeds: number | null;
  readonly request: Request;
}

/**
 * @param config what runs: of a fitted run with what was fitted. What was changed by hand meanwhile is not known here.
 * @param node null: the first seed of the epoch's first batch
 * @throws InputError where the run takes no samples, or the split has no training nodes
 */
export function seedDraw(graph: AnyGraph, config: Config, node: number | null, epoch: number): SeedDraw {
  if (config['sampling.strategy'] === 'full') {
    throw new InputError(
      'This run takes the whole graph in every step: set sampling.strategy to neighbor to see a batch.',
    );
  }
  const trainNodes = seedsOf(splitOf(graph, config), 'train', false);
  if (trainNodes.length === 0)
    throw new InputError(`The split of ${graph.name} has no training nodes: choose another.`);
  const stepsPerEpoch = stepsOfEpoch(trainNodes.length, config);
  const root = seedKey(config['training.seed']);
  const before = (epoch - 1) * stepsPerEpoch;
  const steps = trainingRequests(config, modelOf(config), root, trainNodes, epoch, before);
  const seed = node ?? steps[0][0].seeds[0];
  for (const [index, batches] of steps.entries()) {
    const request = batches.find(({ seeds }) => seeds.includes(seed));
    if (request) return { seed, epoch, step: index + 1, stepsPerEpoch, batchSeeds: request.seeds.length, request };
  }
  return { seed, epoch, step: 1, stepsPerEpoch, batchSeeds: null, request: steps[0][0] };
}

/** What a hop adds. */
export interface HopAccount {
  /** -1: all neighbours. */
  readonly fanOut: number;
  /** Nodes that draw: all that are there so far. */
  readonly targets: number;
  /** Edges that were drawn, and how many of those DropEdge takes away again. */
  readonly edges: number;
  readonly missing: number;
  /** Nodes that were not there before; the other edges lead to nodes that are there already, or that came by another edge. */
  readonly added: number;
}

/** The blocks of one seed, seen from it outwards. */
export interface SeedBlocks {
  /** Global ids: the seed, then hop by hop the nodes that came with it, ascending. */
  readonly nodes: Uint32Array;
  readonly hops: readonly HopAccount[];
  /** Per hop, target and source of each edge that is left, by their places in `nodes`. */
  readonly edges: readonly Uint32Array[];
}

/** @param locals the sampler's scratch: one zero per node */
export function* sampledBlocks(
  { seed, request }: SeedDraw,
  config: Config,
  locals: Uint32Array,
): Generator<RowRequest, SeedBlocks, Rows> {
  const { design } = samplingOf(config, modelOf(config), 'train');
  const { fanOut, key, dropKey } = request;
  const seeds = Uint32Array.of(seed);
  const { blocks } = yield* sampleNeighbors(seeds, fanOut, key, locals, design);
  const threshold = edgeThreshold(config['model.dropEdge']);
  const outwards = blocks.toReversed();
  const left = outwards.map((block) => (dropKey ? dropBlockEdges(block, dropKey, threshold) : block));
  return {
    nodes: blocks[0]?.nodes ?? seeds,
    hops: outwards.map((block, hop) => ({
      fanOut: fanOut[hop],
      targets: block.targets,
      edges: block.edgeIds.length,
      missing: block.edgeIds.length - left[hop].edgeIds.length,
      added: block.nodes.length - block.targets,
    })),
    edges: left.map(pairsOf),
  };
}

function pairsOf({ targets, adjacency: { indptr, indices } }: Block): Uint32Array {
  const pairs = new Uint32Array(2 * indices.length);
  for (let target = 0; target < targets; target++) {
    for (let e = indptr[target]; e < indptr[target + 1]; e++) pairs.set([target, indices[e]], 2 * e);
  }
  return pairs;
}
