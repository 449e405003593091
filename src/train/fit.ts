import { differences } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { type Config, SCHEMA } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import { type CapacityFrom, type Forecast, type ForecastOptions, forecastRun } from './forecast.ts';

/**
 * The fitter: the best setting whose plan is inside the memory budget. Strategies know nothing of budgets; they offer a
 * ladder of settings, best first, and the first rung that fits is taken. A full batch first computes values again. Once both passes sample, each rung takes less memory
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

/** From the one that keeps most to the one that keeps least: slower, but every number stays as it is. */
const RECOMPUTATION = ['off', 'segments', 'tree'] as const;

/** Settings from what was asked for down to the smallest, as changes to the configuration. */
export function ladder(config: Config): Partial<Config>[] {
  const rungs: Partial<Config>[] = [{}];
  if (config['sampling.strategy'] === 'full') {
    const more = RECOMPUTATION.slice(RECOMPUTATION.indexOf(config['compute.recompute']) + 1);
    rungs.push(...more.map((recompute) => ({ 'compute.recompute': recompute })));
  }
  const sampled = { 'sampling.strategy': 'neighbor' } as const;
  if (config['sampling.strategy'] === 'full') rungs.push(sampled);
  if (config['evaluation.strategy'] === 'full') rungs.push({ ...sampled, 'evaluation.strategy': 'neighbor' });
  // From here on evaluation samples too: a node with all its neighbours can be most of the graph.
  const finite = config['sampling.fanOut'].map((fan) => (fan < 0 ? 25 : fan));
  let end = config['sampling.fanOutEnd'];
  const perStep = config['sampling.batchSize'] * config['training.accumulate'];
  const rung = (size: number, fanOut: readonly number[], fanOutEnd: readonly number[]): Partial<Config> => {
    const batchSize = Math.min(size, config['sampling.batchSize']);
    return {
      'sampling.strategy': 'neighbor',
      'evaluation.strategy': 'neighbor',
      'sampling.batchSize': batchSize,
      // A step keeps its seeds: less memory is no reason to learn something else.
      'training.accumulate': Math.min(Math.ceil(perStep / batchSize), SCHEMA['training.accumulate'].max),
      'sampling.fanOut': fanOut,
      'sampling.fanOutEnd': fanOutEnd,
      'evaluation.batchSize': Math.min(size, config['evaluation.batchSize']),
      'evaluation.fanOut': fanOut,
    };
  };
  let batch = Math.max(config['sampling.batchSize'], config['evaluation.batchSize']);
  for (; batch > SMALL_BATCH; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, finite, end));
  let fanOut = finite;
  while ([...fanOut, ...end].some((fan) => fan > 1)) {
    rungs.push(rung(batch, fanOut, end));
    [fanOut, end] = [fanOut, end].map((fans) => fans.map((fan) => Math.ceil(fan / 2)));
  }
  for (; batch > 1; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, fanOut, end));
  rungs.push(rung(1, fanOut, end));
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
        const forecast = remembered(graph, candidate, { ...options, capacityFrom });
        if (budget === 0 || forecast.plan.bytes <= budget)
          return { asked: config, forecast, fitted: differences(candidate, config) };
        needs.push(forecast.plan.bytes);
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

/** Makes, and remembers, every forecast that a budget could ask for; yields after each rung, for others to have their turn. */
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
    yield;
  }
}

/** Forecasts that are kept per graph: more than a ladder has rungs. */
const MOST_REMEMBERED = 160;
const memories = new WeakMap<Graph, Map<string, Forecast | InputError>>();

/** A forecast does not depend on the budget, so a slider that moves asks for the same ones again and again. */
function remembered(graph: Graph, config: Config, options: ForecastOptions): Forecast {
  const memory = memories.get(graph) ?? new Map<string, Forecast | InputError>();
  memories.set(graph, memory);
  const name = JSON.stringify([{ ...config, 'memory.gpuBudget': 0 }, options]);
  let found = memory.get(name);
  if (!found) {
    try {
      found = forecastRun(graph, config, options);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found = error;
    }
    if (memory.size >= MOST_REMEMBERED) memory.delete(memory.keys().next().value!);
    memory.set(name, found);
  }
  if (found instanceof InputError) throw found;
  return { ...found, config };
}

function samples(config: Config, predictOnly: boolean): boolean {
  return config['evaluation.strategy'] === 'neighbor' || (!predictOnly && config['sampling.strategy'] === 'neighbor');
}
