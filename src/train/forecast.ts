import { type Pass, passSetting } from '../config/computeEntries.ts';
import type { Config } from '../config/schema.ts';
import { cpuBytes } from '../device/cpu/bytes.ts';
import { hasAccessors } from '../device/webgpu/shaders.ts';
import { type Capacity, worstCase } from '../graph/capacity.ts';
import { type Model, upTo } from '../model/model.ts';
import { modelOf } from '../model/models.ts';
import type { MemoryBytes } from '../run/record.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { type Limits, makePlan, type Plan } from '../tensor/plan.ts';
import { evaluate } from '../tensor/value.ts';
import type { Routine } from './batchSource.ts';
import { batchSizes, fullSizes, samplingOf } from './capacity.ts';
import { checkpointBytes } from './checkpoint.ts';
import { checkpointFileBytes } from './checkpointSize.ts';
import { decideEvaluation } from './evaluationCost.ts';
import { type Capacities, diskBytes, hostBytes, listBytes } from './hostMemory.ts';
import { shapeOf } from './inputs.ts';
import { type Levels, layerwiseBytes, planLevels } from './layerwise.ts';
import { hasRocAuc, logitsBytes, predictionBytes } from './predictions.ts';
import { probed } from './probe.ts';
import { probeBytes } from './probeMemory.ts';
import { buildProgram, dropsEdges, type TrainingProgram } from './program.ts';
import { evaluatedSplit, seedsOf, splitOf } from './seeds.ts';

/** A run as it would be: its program, its plan, and the bytes it takes in each place. Nothing has run, nothing is allocated. */
export interface Forecast {
  readonly config: Config;
  readonly model: Model;
  readonly training: TrainingProgram;
  readonly plan: Plan;
  /** Largest batches of the sampled passes. */
  readonly capacity: Capacities;
  /** Whether `capacity` is a bound or what a probe of the sampler found. */
  readonly capacityFrom: CapacityFrom;
  /** Of an evaluation layer by layer. */
  readonly levels: Levels | null;
  readonly memory: MemoryBytes;
  /** Host bytes of the probe of a stored graph that found `capacity`: held before the run, and not beside it. 0 where there was none. */
  readonly probing: number;
}

export type CapacityFrom = 'worst case' | 'probe';

export interface ForecastOptions {
  readonly backend: 'webgpu' | 'cpu';
  readonly limits: Limits;
  readonly capacityFrom: CapacityFrom;
  readonly predictOnly?: boolean;
  /** With predictOnly: the hidden layer (of Model.hidden) that is wanted instead of the logits. */
  readonly layer?: number;
  /** Of an evaluation in batches: how large they get, where whoever asks has drawn them. */
  readonly capacity?: Capacity;
  readonly instruments?: Instruments;
}

/** What a run carries besides training; each takes memory, so each is part of the forecast. */
export interface Instruments {
  /** The logits can be read after each evaluation. */
  readonly predictions?: boolean;
  /** A copy of the state is kept on the host, to go on from when the device is lost or the plan changes. */
  readonly checkpoints?: boolean;
  /** Now and then one of them is handed on, and kept as a file. */
  readonly keptCheckpoints?: boolean;
  /** Single kernels can be timed, on a device that has timestamps. */
  readonly timestamps?: boolean;
  /** Bytes of main memory that whoever asks holds meanwhile, and does not give up for it. */
  readonly beside?: number;
}

/** @throws InputError where the device cannot bind a value of the plan, or the configuration does not fit the graph; ProbeNeeded (see probe.ts) */
export function forecastRun(graph: AnyGraph, asked: Config, options: ForecastOptions): Forecast {
  const { predictOnly = false, layer, instruments = {} } = options;
  const config = decideEvaluation(graph, asked, predictOnly);
  const whole = modelOf(config);
  const model = layer === undefined ? whole : upTo(whole, layer);
  const routines: Routine[] = predictOnly ? ['evaluate'] : ['train', 'evaluate'];
  const strategies = { train: config['sampling.strategy'], evaluate: config['evaluation.strategy'] };
  const capacity: Partial<Record<Routine, Capacity>> = {};
  const sizes: Record<string, number> = {};
  let levels: Levels | null = null;
  let probing = 0;
  for (const routine of routines) {
    if (strategies[routine] === 'full') {
      Object.assign(sizes, fullSizes(graph, model, routine === 'train' && dropsEdges(config)));
      continue;
    }
    if (strategies[routine] === 'layerwise') {
      levels = planLevels(graph, model, seedsOf(evaluatedSplit(graph, config), routine, predictOnly), config);
      capacity[routine] = levels.batches.at(-1)!.capacity;
      Object.assign(sizes, levels.sizes);
      continue;
    }
    const found = options.capacity ?? batchCapacity(graph, config, routine, options.capacityFrom, predictOnly, model);
    if (options.capacityFrom === 'probe' && isStored(graph)) {
      const seeds = seedsFor(graph, config, routine, predictOnly).length;
      probing = Math.max(probing, probeBytes(graph, config, seeds, found));
    }
    const { fanOut } = samplingOf(config, model, routine);
    capacity[routine] = found;
    Object.assign(sizes, batchSizes(graph, model, `${routine}.`, found, fanOut, routine === 'train'));
  }
  const shape = shapeOf(graph, config['data.normalizeFeatures']);
  const everyNode = predictOnly || hasRocAuc(graph, config);
  const training = buildProgram(config, shape, model, sizes, {
    predictOnly,
    ...(levels ? { orderBy: { ...sizes, ...levels.whole } } : {}),
    readLogits: everyNode || instruments.predictions === true,
  });
  const on = (key: Pass) => passSetting(config, key) === 'on';
  const half = config['compute.precision'] === 'f16' ? { half: hasAccessors } : {};
  const passes = { fuse: on('compute.fuse'), apart: !on('compute.slots'), tiles: on('compute.autotune'), ...half };
  const plan = makePlan(training.program, options.limits, { ...passes, timestamps: instruments.timestamps });
  const anyFull = routines.some((routine) => strategies[routine] === 'full');
  const readBack = {
    bytes: logitsBytes(training),
    collected: everyNode ? 4 * graph.nodes * (training.logits?.cols ?? 0) : 0,
    held: instruments.predictions ? graph.nodes * predictionBytes(shape.classes) : 0,
    weights: weightsBytes(training, predictOnly),
  };
  const between = levels && layerwiseBytes(graph, config, training.parts!, levels, readBack.bytes);
  let host = hostBytes(graph, config, sizes, capacity, anyFull, readBack, between);
  host += listBytes(graph, config, capacity, predictOnly) + (instruments.beside ?? 0);
  if (options.backend === 'cpu') host += cpuBytes(plan);
  // The old checkpoint is there until the new one is complete.
  if (instruments.checkpoints) host += 2 * checkpointBytes(training);
  // While one is written its values are there, which may be older than both, and its file.
  if (instruments.keptCheckpoints) host += checkpointBytes(training);
  const kept = keptBytes(training, config, instruments);
  const disk = diskBytes(graph, config) + kept.disk;
  const memory = { gpu: options.backend === 'cpu' ? 0 : plan.bytes, host: host + kept.host, disk };
  return { config, model, training, plan, capacity, capacityFrom: options.capacityFrom, levels, memory, probing };
}

/**
 * What the files of kept checkpoints take: one in main memory, from which it is written; two on disk, because the old one goes when the new
 * one is complete.
 *
 * @param events changes by hand, so far
 */
export function keptBytes(
  training: TrainingProgram,
  config: Config,
  { keptCheckpoints }: Instruments,
  events = 0,
): Pick<MemoryBytes, 'host' | 'disk'> {
  const file = keptCheckpoints ? checkpointFileBytes(training, config, events) : 0;
  return { host: file, disk: 2 * file };
}

/**
 * Weights in main memory: of a run all of them when it ends, of which one is turned into another layout at a time; where it only predicts,
 * that one.
 */
function weightsBytes({ parameters }: TrainingProgram, predictOnly: boolean): number {
  let [read, most] = [0, 0];
  for (const { value } of parameters) {
    const bytes = 4 * evaluate(value.rows, {}) * value.cols;
    if (!predictOnly) read += bytes;
    most = Math.max(most, read + bytes);
  }
  return most;
}

/** How large the batches of a sampled pass can get, or were found to get. Throws ProbeNeeded (see probe.ts). */
export function batchCapacity(
  graph: AnyGraph,
  config: Config,
  routine: Routine,
  capacityFrom: CapacityFrom,
  predictOnly = false,
  model = modelOf(config),
): Capacity {
  const sampling = samplingOf(config, model, routine);
  const seeds = seedsFor(graph, config, routine, predictOnly);
  const worst = worstCase(graph.adjacency.indptr, Math.min(sampling.batchSize, seeds.length), sampling.fanOut);
  return capacityFrom === 'worst case' ? worst : probed(graph, config, { routine, seeds, sampling, worst });
}

function seedsFor(graph: AnyGraph, config: Config, routine: Routine, predictOnly: boolean): Uint32Array {
  const split = routine === 'train' ? splitOf(graph, config) : evaluatedSplit(graph, config);
  return seedsOf(split, routine, predictOnly);
}
