import { differences } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import { type CapacityFrom, type Forecast, type ForecastOptions, forecastRun } from './forecast.ts';

/**
 * The fitter: the best setting whose plan is inside the memory budget. Strategies know nothing of budgets; they offer a
 * ladder of settings, best first, and the first rung that fits is taken. Once both passes sample, each rung takes less memory
 * than the one before; the step from the full batch to sampling may take more on a small graph.
 */
export interface Fit {
  /** What was asked for; `forecast.config` is what fits. */
  readonly asked: Config;
  readonly forecast: Forecast;
  /** The keys that differ from what was asked for. */
  readonly fitted: Partial<Config>;
}

/** Below this a batch is too small to learn well from: fan-outs shrink first. */
const SMALL_BATCH = 16;

/** Settings from what was asked for down to the smallest, as changes to the configuration. */
export function ladder(config: Config): Partial<Config>[] {
  const rungs: Partial<Config>[] = [{}];
  const sampled = { 'sampling.strategy': 'neighbor' } as const;
  if (config['sampling.strategy'] === 'full') rungs.push(sampled);
  if (config['evaluation.strategy'] === 'full') rungs.push({ ...sampled, 'evaluation.strategy': 'neighbor' });
  // From here on evaluation samples too: a node with all its neighbours can be most of the graph.
  const finite = config['sampling.fanOut'].map((fan) => (fan < 0 ? 25 : fan));
  const rung = (batchSize: number, fanOut: readonly number[]): Partial<Config> => ({
    'sampling.strategy': 'neighbor',
    'evaluation.strategy': 'neighbor',
    'sampling.batchSize': Math.min(batchSize, config['sampling.batchSize']),
    'sampling.fanOut': fanOut,
    'evaluation.batchSize': Math.min(batchSize, config['evaluation.batchSize']),
    'evaluation.fanOut': fanOut,
  });
  let batch = Math.max(config['sampling.batchSize'], config['evaluation.batchSize']);
  for (; batch > SMALL_BATCH; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, finite));
  let fanOut = finite;
  while (fanOut.some((fan) => fan > 1)) {
    rungs.push(rung(batch, fanOut));
    fanOut = fanOut.map((fan) => Math.ceil(fan / 2));
  }
  for (; batch > 1; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, fanOut));
  rungs.push(rung(1, fanOut));
  return rungs;
}

/**
 * @param search false: only the configuration as it is
 * @throws InputError with the numbers where nothing fits
 */
export function fitRun(
  graph: Graph,
  config: Config,
  options: Omit<ForecastOptions, 'capacityFrom'>,
  search: boolean,
): Fit {
  const budget = config['memory.gpuBudget'];
  const rungs = search && budget > 0 ? ladder(config) : [{}];
  let refusal: unknown = null;
  const needs: number[] = [];
  for (const change of rungs) {
    const candidate = { ...config, ...change };
    // The worst case never has to split a batch; a probe of the sampler gets by with less.
    const origins: CapacityFrom[] = samples(candidate, options.predictOnly ?? false)
      ? ['worst case', 'probe']
      : ['worst case'];
    for (const capacityFrom of origins) {
      try {
        const how = { ...options, capacityFrom };
        const bytes = rememberedBytes(graph, candidate, how);
        if (budget === 0 || bytes <= budget) {
          return {
            asked: config,
            forecast: remembered(graph, candidate, how),
            fitted: differences(candidate, config),
          };
        }
        needs.push(bytes);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refusal ??= error;
      }
    }
  }
  if (needs.length === 0) throw refusal;
  const least = Math.min(...needs);
  const needed = rungs.length > 1 ? `${needs[0]}, and the smallest setting tried needs ${least}` : least;
  throw new InputError(
    `memory.gpuBudget is ${budget} bytes, but this run needs ${needed}: ` +
      (rungs.length > 1
        ? 'raise the budget or shrink model.hidden.'
        : 'raise the budget, or let the run be fitted to it.'),
  );
}

/**
 * Makes, and remembers, the forecasts that a budget could ask for, as far as there is room for them; yields after each rung,
 * for others to have their turn.
 */
export function* rehearseLadder(
  graph: Graph,
  config: Config,
  options: Omit<ForecastOptions, 'capacityFrom'>,
): Generator<void> {
  for (const change of ladder(config)) {
    try {
      // Nothing fits one byte, so both origins of the capacity are tried.
      fitRun(graph, { ...config, ...change, 'memory.gpuBudget': 1 }, options, false);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
    if (memoryOf(graph).forgetting) return;
    yield;
  }
}

/** What was found out about a graph. */
interface Memory {
  /** Bytes of every plan that was asked for, or why there is none. */
  readonly bytes: Map<string, number | InputError>;
  /** Whole forecasts, the oldest first. */
  readonly whole: Map<string, Forecast>;
  /** Dispatches in all of them: a plan of a deep model has hundreds, and takes megabytes of the heap. */
  dispatches: number;
  /** Whether one had to go. */
  forgetting: boolean;
}

/** A ladder of plans of ordinary models; a few plans of one with 16 layers. */
const MOST_DISPATCHES = 12_000;
const memories = new WeakMap<Graph, Memory>();

function memoryOf(graph: Graph): Memory {
  const found = memories.get(graph) ?? { bytes: new Map(), whole: new Map(), dispatches: 0, forgetting: false };
  memories.set(graph, found);
  return found;
}

const dispatchesOf = ({ plan }: Forecast) => Object.values(plan.routines).reduce((sum, list) => sum + list.length, 0);

/** A forecast does not depend on the budget, so a slider that moves asks for the same ones again and again. */
const nameOf = (config: Config, options: ForecastOptions) =>
  JSON.stringify([{ ...config, 'memory.gpuBudget': 0 }, options]);

function rememberedBytes(graph: Graph, config: Config, options: ForecastOptions): number {
  const { bytes } = memoryOf(graph);
  const name = nameOf(config, options);
  let found = bytes.get(name);
  if (found === undefined) {
    try {
      found = remembered(graph, config, options).plan.bytes;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found = error;
    }
    bytes.set(name, found);
  }
  if (found instanceof InputError) throw found;
  return found;
}

function remembered(graph: Graph, config: Config, options: ForecastOptions): Forecast {
  const memory = memoryOf(graph);
  const name = nameOf(config, options);
  let found = memory.whole.get(name);
  if (!found) {
    found = forecastRun(graph, config, options);
    memory.whole.set(name, found);
    memory.dispatches += dispatchesOf(found);
    for (const [oldest, forecast] of memory.whole) {
      if (memory.dispatches <= MOST_DISPATCHES || oldest === name) break;
      memory.whole.delete(oldest);
      memory.dispatches -= dispatchesOf(forecast);
      memory.forgetting = true;
    }
  }
  return { ...found, config };
}

function samples(config: Config, predictOnly: boolean): boolean {
  return config['evaluation.strategy'] === 'neighbor' || (!predictOnly && config['sampling.strategy'] === 'neighbor');
}
