import { InputError } from '../config/errors.ts';
import { type Config, SCHEMA } from '../config/schema.ts';
import { blockBytes, type SampledBatch } from '../graph/block.ts';
import { type Capacity, endWithin } from '../graph/capacity.ts';
import { sampleNeighbors, samplerScratchBytes } from '../graph/neighborSampler.ts';
import { seedKey } from '../graph/random.ts';
import type { RowRequest, Rows } from '../graph/request.ts';
import { modelOf } from '../model/models.ts';
import type { DeviceInfo } from '../run/record.ts';
import { drive } from '../store/graphStore.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { attentionOf, type NodeAttention, type PlaceOf } from './attentionWeights.ts';
import { type OpenBatchSource, sampler } from './batchSource.ts';
import { type Asked, openOpinion } from './opinion.ts';
import { sampledPass } from './passes.ts';
import { NO_PREDICTION, predictionOf, probabilities, withLogits } from './predictions.ts';
import { leavingBeside } from './probe.ts';
import { PROBE_ENTRIES } from './probeMemory.ts';

/**
 * What given weights say of one node of a graph that stays in its store. The node is a batch of one seed with all its neighbours, as many
 * hops deep as the model sees: what the whole graph would say of it, to the bit, and read row by row.
 */
export interface NodeOpinion {
  /** Its likeliest class, of several labels the strongest. */
  readonly classIndex: number;
  /** Null where they are no numbers. */
  readonly probabilities: Float32Array | null;
  /** Null where the model has none. */
  readonly attention: NodeAttention | null;
  /** Where it was computed. */
  readonly device: DeviceInfo;
}

export interface NodeOpinionJob extends Asked {
  /** Only its outline is read. */
  readonly graph: AnyGraph;
  readonly node: number;
  /** Gives the rows of that graph; its cache is among what the caller holds. */
  readonly serve: (request: RowRequest) => Promise<Rows>;
}

/** One seed, all neighbours, full precision; kernels are not tuned for one batch. */
const ONE_NODE = {
  'sampling.strategy': 'neighbor',
  'sampling.workers': 0,
  'evaluation.strategy': 'neighbor',
  'evaluation.batchSize': 1,
  'evaluation.fanOut': [-1],
  'evaluation.nodes': 0,
  'compute.precision': 'f32',
  'compute.autotune': 'off',
  // Whoever serves the rows has a cache of its own.
  'memory.cacheBytes': SCHEMA['memory.cacheBytes'].min,
} as const satisfies Partial<Config>;

/** Host bytes of what is drawn around the node, at the most. */
const MOST_SAMPLE = 256 * 2 ** 20;

/**
 * @throws InputError where the node sees more of the graph than there is room for, or the weights are those of another model; as `serve`;
 *   DeviceError
 */
export async function nodeOpinionOf(job: NodeOpinionJob): Promise<NodeOpinion> {
  const { node, serve } = job;
  // A graph of its own, so that what is planned for this one node is forgotten with it.
  const graph = { ...job.graph };
  const config = { ...job.config, ...ONE_NODE };
  const { blocks } = await surroundings(job);
  const openBatchSource: OpenBatchSource = async (_graph, spec, _place, host) => {
    host.add('sampler', samplerScratchBytes(graph.nodes));
    return { sample: sampler(spec, serve), ahead: 0, diskBytes: 0, close: async () => {} };
  };
  const about = { graph, openBatchSource, capacity: capacityOf(blocks) };
  // The places of its nodes are read from them in the end.
  const beside = blocks.reduce((sum, block) => sum + blockBytes(block), job.beside ?? 0);
  const { run, device, attentionBy } = await openOpinion(about, { ...job, config, beside });
  try {
    let row = new Float32Array();
    const pass = sampledPass(run.context, 'evaluate', Uint32Array.of(node));
    await pass.epoch(0, () =>
      withLogits(run, (logits) => {
        row = logits.slice(0, graph.classNames.length);
      }),
    );
    const layers = await attentionBy((layer) => placesIn(blocks[layer].nodes));
    const several = graph.labelSets !== null;
    const [classIndex] = predictionOf(row, several);
    return {
      classIndex,
      probabilities: classIndex === NO_PREDICTION ? null : probabilities(row, several),
      attention: layers.length > 0 ? attentionOf(layers, neighboursOf(blocks), node) : null,
      device,
    };
  } finally {
    await run.close();
  }
}

/** The blocks of the node, from which the evaluation learns how large they are; it draws them again. */
function surroundings({ graph, node, config, serve, beside }: NodeOpinionJob): Promise<SampledBatch> {
  const { hops } = modelOf(config);
  const { name, nodes, adjacency } = graph;
  const most = Math.min(MOST_SAMPLE, leavingBeside(config, beside)['memory.workerBudget'] || Infinity);
  let taken = 0;
  const watch = {
    endOf: (targets: Uint32Array, begin: number) => endWithin(adjacency.indptr, PROBE_ENTRIES, targets, begin),
    took(bytes: number) {
      taken += bytes;
      if (taken <= most) return;
      throw new InputError(
        `What this model sees of ${name} around node ${node}, ${hops} hops with all neighbours, takes more than ${most} bytes: ` +
          'choose a node with fewer neighbours.',
      );
    },
  };
  const fanOut = Array.from({ length: hops }, () => -1);
  const seeds = Uint32Array.of(node);
  return drive(sampleNeighbors(seeds, fanOut, seedKey(0), new Uint32Array(nodes), 'uniform', watch), serve);
}

/** Exactly as large as they are. */
function capacityOf(blocks: SampledBatch['blocks']): Capacity {
  const outwards = blocks.toReversed();
  return {
    nodes: [1, ...outwards.map(({ nodes }) => nodes.length)],
    edges: outwards.map(({ edgeIds }) => edgeIds.length),
  };
}

function placesIn(nodes: Uint32Array): PlaceOf {
  const places = new Map(Array.from(nodes, (node, place) => [node, place]));
  return (node) => places.get(node)!;
}

/** Of the seed: the last block is its own. */
function neighboursOf(blocks: SampledBatch['blocks']): Uint32Array {
  const { nodes, adjacency } = blocks.at(-1)!;
  return adjacency.indices.map((place) => nodes[place]);
}
