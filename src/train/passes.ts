import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import type { Ledger } from '../device/ledger.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import { transpose } from '../graph/csr.ts';
import { dropEdges, edgeThreshold } from '../graph/dropEdges.ts';
import { rowNormalize } from '../graph/features.ts';
import { graphOperator, type Operator } from '../graph/operators.ts';
import { deriveKey, type Key } from '../graph/random.ts';
import type { Model } from '../model/model.ts';
import { type AnyGraph, inMemory } from '../store/storedGraph.ts';
import { totalWeight } from '../task/classWeights.ts';
import { deviceLabels } from '../task/deviceLabels.ts';
import type { Step } from '../tensor/op.ts';
import type { BatchSource, RecipeName } from './batchSource.ts';
import { samplingOf } from './capacity.ts';
import { type Feed, feedBytes, feedFeatures, feedHalf, newFeed, writeFeed } from './feed.ts';
import { DROPPED, type GraphInputs } from './inputs.ts';
import { prefetched } from './prefetch.ts';
import { type Request, trainingRequests, USE } from './requests.ts';
import { newRooms } from './rooms.ts';
import { learningRate } from './schedule.ts';

/**
 * Passes: how the graph goes through a routine once per epoch. The full batch is resident and runs the routine once; a sampled
 * pass feeds it batch by batch. The model does not know which one it is under.
 */
export interface Pass {
  /** Puts onto the device what stays there. */
  prepare(): void;
  /** Runs the routine over all its seed nodes. `visit` is called after each run, with the seeds whose rows it held. */
  epoch(epoch: number, visit?: (seeds: Uint32Array | null) => Promise<void>): Promise<void>;
}

export interface PassContext {
  /** As it is now: keys that are live may have changed since the plan was made. */
  config: Config;
  readonly graph: AnyGraph;
  readonly model: Model;
  readonly executor: Executor;
  readonly host: Ledger;
  /** Of each class in the loss; null where all are alike. */
  readonly classWeights: Float32Array | null;
  /** Where sampled passes get their batches; null in a run that has none. */
  readonly batches: BatchSource | null;
  readonly root: Key;
  /** Awaited before every optimiser step and every further batch: the place to wait, to change `config`, to end a run by throwing. */
  readonly before: (what: 'step' | 'batch') => Promise<void> | void;
  /** Optimiser steps so far. */
  steps: number;
  /** The epoch under way, from 1; evaluations outside of one leave it as it is. */
  epoch: number;
  /** What the losses of its optimiser steps so far are divided by, for their mean; 0 where they do not add up. */
  lossWeight: number;
  /** Where the time of the current pass goes, in milliseconds. */
  readonly times: Times;
}

export interface Times {
  /** When it began, and what autotune had taken by then. */
  begun: number;
  tuned: number;
  sample: number;
  read: number;
  upload: number;
  /** Paused. */
  waited: number;
}

export const newTimes = (begun = 0, tuned = 0): Times => ({ begun, tuned, sample: 0, read: 0, upload: 0, waited: 0 });

/** @param epoch from 1 */
export function scalarsOf(config: Config, epoch: number): Record<string, number> {
  return {
    lr: learningRate(config, epoch),
    weightDecay: config['training.weightDecay'],
    weightDecayLinear: config['training.weightDecayLinear'],
    momentum: config['training.momentum'],
    clip: config['training.clip'],
    dropout: config['model.dropout'],
    attentionDropout: config['model.attentionDropout'],
    lossScale: 1,
    first: 1,
    firstPart: 1,
  };
}

export function stepOf(
  { config, root, steps, epoch }: PassContext,
  sizes: Step['sizes'],
  scalars: Record<string, number>,
): Step {
  const step = steps + 1;
  return { sizes, scalars: { ...scalarsOf(config, epoch), step, ...scalars }, key: deriveKey(root, steps, USE.step) };
}

/**
 * @param trainWeight what the training loss is divided by
 *
 * The whole graph at once. Where training and evaluation share its inputs, only one of them is prepared.
 */
export function fullPass(
  context: PassContext,
  routine: 'train' | 'evaluate',
  inputs: GraphInputs,
  sizes: Step['sizes'],
  trainWeight: number,
): Pass {
  return {
    prepare() {
      const { host, executor } = context;
      const feed = fullFeed(context, inputs);
      const bytes = feedBytes(feed);
      host.add('operators', bytes);
      writeFeed(executor, feed);
      host.remove('operators', bytes);
    },
    async epoch(epoch, visit) {
      if (routine === 'train') context.epoch = epoch;
      if (routine === 'train') await context.before('step');
      const own = dropsPerStep(inputs) ? feedDropped(context, inputs) : {};
      await context.executor.run(routine, stepOf(context, { ...sizes, ...own }, { lossScale: 1 / trainWeight }));
      if (routine === 'train') context.steps++;
      await visit?.(null);
    },
  };
}

function fullFeed({ config, model, ...context }: PassContext, inputs: GraphInputs): Feed {
  const graph = inMemory(context.graph);
  const feed = newFeed();
  if (model.operator && model.hops > 0 && !dropsPerStep(inputs))
    feedGraph(feed, model.operator, inputs, graph.adjacency);
  const features = config['data.normalizeFeatures'] ? rowNormalize(graph.features) : graph.features;
  feedFeatures(feed, inputs.model.features, features);
  feed.arrays.push([inputs.targets.labels, deviceLabels(graph.labelSets ?? graph.labels)]);
  feed.arrays.push([inputs.targets.mask, Uint32Array.from(graph.splits[config['data.split']])]);
  return feed;
}

/** Whether the graph of these inputs is written anew before each step. */
const dropsPerStep = (inputs: GraphInputs) => inputs.model.blocks[0]?.forward.name === DROPPED;

function feedGraph(feed: Feed, operator: Operator, inputs: GraphInputs, adjacency: CsrMatrix): void {
  const [{ forward, backward }] = inputs.model.blocks;
  const matrix = graphOperator(operator, adjacency);
  feedHalf(feed, forward, matrix);
  if (backward !== forward) feedHalf(feed, backward, transpose(matrix).matrix);
}

/** Puts the graph of one step onto the device; the sizes are its own. */
function feedDropped({ graph, config, model, host, executor, root, steps }: PassContext, inputs: GraphInputs) {
  const key = deriveKey(root, steps, USE.dropEdge);
  const left = dropEdges(inMemory(graph).adjacency, key, edgeThreshold(config['model.dropEdge']));
  const feed = newFeed();
  feedGraph(feed, model.operator!, inputs, left);
  const bytes = feedBytes(feed) + left.indptr.byteLength + left.indices.byteLength + (left.values?.byteLength ?? 0);
  host.add('operators', bytes);
  writeFeed(executor, feed);
  host.remove('operators', bytes);
  return feed.sizes;
}

/**
 * Batches of seed nodes with sampled neighbours. An optimiser step takes `training.accumulate` of them, the last of an epoch
 * what is left; a batch over the plan's capacity is split in halves. Losses and gradients of all these parts add up and
 * are divided once, by the weight of all seeds of the step. Samples, missing edges and dropout depend on the step and on
 * global ids, so the result is that of the seeds in one batch. (Batch norm is not: it takes the statistics of each part.)
 */
export function sampledPass(context: PassContext, routine: 'train' | 'evaluate', seeds: Uint32Array): Pass {
  const { model, executor, host, root, times } = context;
  const batches = context.batches!;
  const training = routine === 'train';
  const weightOf = (batch: Uint32Array) => totalWeight(context.classWeights, context.graph, batch);

  const rooms = newRooms(host);
  const fetch = (request: Request) => fetchSample(context, routine, request, rooms.take());
  const waited = (coming: Promise<Arrival>) => waitedFor(times, coming);

  /** Runs a batch whole, or its halves one after the other. */
  async function run(
    request: Request,
    arrival: Arrival,
    scalars: Record<string, number>,
    visit?: Visit,
  ): Promise<void> {
    const { feed, bytes } = arrival;
    const { seeds } = request;
    if (!feed) {
      const middle = seeds.length >> 1;
      for (const [half, more] of [
        [seeds.slice(0, middle), {}],
        [seeds.slice(middle), { first: 0, firstPart: 0 }],
      ] as const) {
        const part = { ...request, seeds: half };
        await run(part, await waited(fetch(part)), { ...scalars, ...more }, visit);
      }
      return;
    }
    const begun = performance.now();
    writeFeed(executor, feed);
    times.upload += performance.now() - begun;
    host.remove('batch', bytes);
    // A batch gives way before its logits are read.
    if (feed.room && !visit) rooms.keep(feed.room);
    await executor.run(routine, stepOf(context, feed.sizes, scalars));
    await visit?.(seeds);
  }

  return {
    prepare() {},
    async epoch(epoch, visit) {
      if (training) Object.assign(context, { epoch, lossWeight: 0 });
      const { config, steps } = context;
      const groups = training
        ? trainingRequests(config, model, root, seeds, epoch, steps)
        : evaluationRequests(context, seeds);
      const requests = groups.flat();
      const arrivals = prefetched(requests, batches.ahead, fetch, ({ bytes }) => host.remove('batch', bytes));
      try {
        let next = 0;
        for (const [index, group] of groups.entries()) {
          await context.before(training ? 'step' : 'batch');
          const weight = group.reduce((sum, request) => sum + weightOf(request.seeds), 0);
          for (const part of group.keys()) {
            if (part > 0) await context.before('batch');
            const firstPart = part === 0 ? 1 : 0;
            const scalars = { lossScale: 1 / weight, first: index === 0 ? firstPart : 0, firstPart };
            const arrival = await waited(arrivals.next().then(({ value }) => value as Arrival));
            await run(requests[next++], arrival, scalars, visit);
          }
          if (!training) continue;
          await executor.run('update', stepOf(context, {}, {}));
          context.steps++;
          context.lossWeight += weight;
        }
      } finally {
        await arrivals.return();
        rooms.clear();
      }
    },
  };
}

export interface Arrival {
  /** Null where the sample is over the plan's capacity. */
  readonly feed: Feed | null;
  readonly bytes: number;
  readonly sampleMs: number;
  readonly readMs: number;
}

/** Samples around some seeds. What arrives is on the ledger until it is on the device. */
export async function fetchSample(
  { batches, host }: PassContext,
  recipe: RecipeName,
  { seeds, fanOut, key, dropKey }: Request,
  room: ArrayBuffer | null = null,
): Promise<Arrival> {
  const { feed, sampleMs, readMs } = await batches!.sample(recipe, seeds, fanOut, key, dropKey, room);
  const bytes = feed ? feedBytes(feed) + feed.beside : 0;
  host.add('batch', bytes);
  return { feed, bytes, sampleMs, readMs };
}

/** Time spent waiting, shared between sampling and reading as the sampler's own time is: it may have begun long before. */
export async function waitedFor<A extends Arrival>(times: Times, coming: Promise<A>): Promise<A> {
  const begun = performance.now();
  const arrival = await coming;
  const share = (performance.now() - begun) / Math.max(arrival.sampleMs + arrival.readMs, 1e-6);
  times.sample += share * arrival.sampleMs;
  times.read += share * arrival.readMs;
  return arrival;
}

type Visit = (seeds: Uint32Array | null) => Promise<void>;

/** One batch each. Evaluation draws the same sample in every epoch, so that its curve shows the model and not the sampler. */
function evaluationRequests({ config, model, root }: PassContext, seeds: Uint32Array): Request[][] {
  const { batchSize, fanOut } = samplingOf(config, model, 'evaluate');
  return Array.from({ length: Math.ceil(seeds.length / batchSize) }, (_, index) => {
    const batch = seeds.slice(index * batchSize, (index + 1) * batchSize);
    return [{ seeds: batch, fanOut, key: deriveKey(root, index, USE.evaluate), dropKey: null }];
  });
}
