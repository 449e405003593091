import { differences } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { type Config, SCHEMA } from '../config/schema.ts';
import { LARGEST_HALF } from '../device/half.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { largestForHalf } from './check.ts';
import { decideEvaluation } from './evaluationCost.ts';
import { type CapacityFrom, type Forecast, type ForecastOptions, forecastRun } from './forecast.ts';
import { cacheBytes, diskBytes } from './hostMemory.ts';
import { leavingBeside, ProbeNeeded, ProbeRefused } from './probe.ts';

/**
 * The fitter: the best setting whose plan is inside the memory budget. Strategies know nothing of budgets; they offer a
 * ladder of settings, best first, and the first rung that fits is taken. A full batch first
 * computes values again, then keeps halves. Once both passes sample, each rung takes less memory
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
    if (config['compute.precision'] === 'f32') {
      rungs.push({ 'compute.recompute': 'tree', 'compute.precision': 'f16' });
    }
  }
  const sampled = { 'sampling.strategy': 'neighbor' } as const;
  if (config['sampling.strategy'] === 'full') rungs.push(sampled);
  const exact = config['evaluation.strategy'] !== 'neighbor';
  if (exact) rungs.push({ ...sampled, 'evaluation.strategy': 'layerwise' });
  const finite = config['sampling.fanOut'].map((fan) => (fan < 0 ? 25 : fan));
  let end = config['sampling.fanOutEnd'];
  const perStep = config['sampling.batchSize'] * config['training.accumulate'];
  const smaller = (size: number, fanOut: readonly number[], fanOutEnd: readonly number[]): Partial<Config> => {
    const batchSize = Math.min(size, config['sampling.batchSize']);
    return {
      'sampling.strategy': 'neighbor',
      'sampling.batchSize': batchSize,
      // A step keeps its seeds: less memory is no reason to learn something else.
      'training.accumulate': Math.min(Math.ceil(perStep / batchSize), SCHEMA['training.accumulate'].max),
      'sampling.fanOut': fanOut,
      'sampling.fanOutEnd': fanOutEnd,
      'evaluation.batchSize': Math.min(size, config['evaluation.batchSize']),
    };
  };
  const rung = (size: number, fanOut: readonly number[], fanOutEnd: readonly number[]): Partial<Config> => ({
    ...smaller(size, fanOut, fanOutEnd),
    'evaluation.strategy': 'neighbor',
    'evaluation.fanOut': fanOut,
  });
  let batch = Math.max(config['sampling.batchSize'], config['evaluation.batchSize']);
  if (exact) {
    for (let size = batch; size > SMALL_BATCH; size = Math.ceil(size / 2)) {
      rungs.push({ ...smaller(size, finite, end), 'evaluation.strategy': 'layerwise' });
    }
    rungs.push({ ...sampled, 'evaluation.strategy': 'neighbor' });
  }
  // From here on evaluation samples too: a node with all its neighbours can be most of the graph.
  for (; batch > SMALL_BATCH; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, finite, end));
  let fanOut = finite;
  while ([...fanOut, ...end].some((fan) => fan > 1)) {
    rungs.push(rung(batch, fanOut, end));
    [fanOut, end] = [fanOut, end].map((fans) => fans.map((fan) => Math.ceil(fan / 2)));
  }
  for (; batch > 1; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, fanOut, end));
  rungs.push(rung(1, fanOut, end));
  const seen = new Set<string>();
  return rungs.filter((change) => {
    const name = JSON.stringify({ ...config, ...change });
    return !seen.has(name) && seen.add(name);
  });
}

type Budget = 'memory.gpuBudget' | 'memory.workerBudget' | 'memory.diskBudget';

/** What of a forecast each budget bounds. The plan is the same on the CPU, where its buffers lie in main memory. */
const NEEDS: Readonly<Record<Budget, (forecast: Forecast) => number>> = {
  'memory.gpuBudget': ({ plan }) => plan.bytes,
  'memory.workerBudget': ({ memory }) => memory.host,
  'memory.diskBudget': ({ memory }) => memory.disk,
};
const BUDGETS = Object.keys(NEEDS) as readonly Budget[];

/** What to do where nothing is small enough. */
const ADVICE: Readonly<Record<Budget, string>> = {
  'memory.gpuBudget': 'raise the budget or shrink model.hidden.',
  'memory.workerBudget': 'raise the budget, or keep the graph in a store and sample from it (memory.store).',
  'memory.diskBudget':
    'raise the budget, keep the graph in memory (memory.store=memory), or keep no checkpoints (training.checkpointEvery=0).',
};

/** The same where the graph stays in its store. */
const STORED_ADVICE: typeof ADVICE = {
  ...ADVICE,
  'memory.workerBudget': 'raise the budget, or set sampling.workers lower.',
  'memory.diskBudget': 'raise the budget, or keep no checkpoints (training.checkpointEvery=0).',
};

/**
 * @param search false: only the configuration as it is
 * @throws InputError with the numbers where nothing fits; ProbeNeeded (see probe.ts) before that is known
 */
export function fitRun(
  graph: AnyGraph,
  asked: Config,
  options: Omit<ForecastOptions, 'capacityFrom'>,
  search: boolean,
): Fit {
  const config = decideEvaluation(graph, asked, options.predictOnly ?? false);
  const budgets = BUDGETS.filter((key) => config[key] > 0);
  // A stored graph cannot be taken whole, whatever the budgets are.
  const searching = search && (budgets.length > 0 || isStored(graph));
  const rungs = searching ? ladder(config).filter((change) => canTake(graph, { ...config, ...change }, options)) : [{}];
  let refusal: unknown = null;
  /** Whoever plans has probed for every setting that was tried, within the budget. */
  let probing = 0;
  const tried: Forecast[] = [];
  for (const change of rungs) {
    const candidate = { ...config, ...change };
    for (const capacityFrom of originsOf(graph, candidate, options)) {
      try {
        const first = remembered(graph, candidate, { ...options, capacityFrom });
        tried.push(first);
        probing = Math.max(probing, first.probing);
        const smaller = searching ? smallerCache(graph, first) : null;
        if (smaller) tried.push(remembered(graph, smaller, { ...options, capacityFrom }));
        const forecast = tried.at(-1)!;
        if (budgets.every((key) => NEEDS[key](forecast) <= config[key])) {
          return {
            asked,
            forecast: withProbing(forecast, probing, options.instruments?.beside),
            fitted: differences(forecast.config, asked),
          };
        }
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (error instanceof ProbeRefused) probing = Math.max(probing, error.bytes);
        refusal ??= error;
      }
    }
  }
  if (tried.length === 0) throw refusal;
  throw new InputError(tooLarge(graph, config, budgets, tried, rungs.length > 1));
}

/** Main memory is what planning or running takes, whichever is more: one comes after the other, and both beside what others hold. */
function withProbing(forecast: Forecast, most: number, beside = 0): Forecast {
  const { memory, config } = forecast;
  const probing = Math.min(most, leavingBeside(config, beside)['memory.workerBudget'] || Infinity);
  return { ...forecast, probing, memory: { ...memory, host: Math.max(memory.host, probing + beside) } };
}

/**
 * The worst case never has to split a batch; a probe of the sampler gets by with less, but reads the graph: a stored one only
 * where nothing asks for all of it, which would be refused.
 */
function originsOf(
  graph: AnyGraph,
  config: Config,
  { predictOnly, capacity }: Pick<ForecastOptions, 'predictOnly' | 'capacity'>,
): CapacityFrom[] {
  if (capacity) return ['worst case'];
  const passes = [config['evaluation.strategy'], ...(predictOnly ? [] : [config['sampling.strategy']])];
  const refused = isStored(graph) && passes.includes('full');
  return passes.includes('neighbor') && !refused ? ['worst case', 'probe'] : ['worst case'];
}

/** Half precision is chosen for a GPU alone, which loses no time by it, and only where no feature is too large for it. */
function canTake(graph: AnyGraph, config: Config, { backend }: Pick<ForecastOptions, 'backend'>): boolean {
  return (
    config['compute.precision'] === 'f32' || (backend === 'webgpu' && largestForHalf(graph, config) <= LARGEST_HALF)
  );
}

/** With as much less cache as main memory is short of; null where that does not help. */
function smallerCache(graph: AnyGraph, { config, memory }: Forecast): Config | null {
  const budget = config['memory.workerBudget'];
  if (budget === 0 || memory.host <= budget || diskBytes(graph, config) === 0) return null;
  const left = cacheBytes(graph, config) - (memory.host - budget);
  return left >= SCHEMA['memory.cacheBytes'].min ? { ...config, 'memory.cacheBytes': left } : null;
}

function tooLarge(
  graph: AnyGraph,
  config: Config,
  budgets: readonly Budget[],
  tried: readonly Forecast[],
  searched: boolean,
): string {
  const leastOf = (key: Budget) => Math.min(...tried.map(NEEDS[key]));
  // Where each budget is met by some setting, but none meets all, the first one stands for them.
  const key = budgets.find((budget) => leastOf(budget) > config[budget]) ?? budgets[0];
  const [asked, least] = [NEEDS[key](tried[0]), leastOf(key)];
  const needed = searched ? `${asked}, and the smallest setting tried needs ${least}` : `${least}`;
  const best = isStored(graph) ? STORED_ADVICE[key] : ADVICE[key];
  const advice = searched ? best : 'raise the budget, or let the run be fitted to it.';
  return `${key} is ${config[key]} bytes, but this run needs ${needed}: ${advice}`;
}

/**
 * Makes, and remembers, every forecast that a budget could ask for; yields after each rung, for others to have their turn.
 * A stored graph is not probed before somebody asks: that reads it.
 */
export function* rehearseLadder(
  graph: AnyGraph,
  config: Config,
  options: Omit<ForecastOptions, 'capacityFrom'>,
): Generator<void> {
  for (const change of ladder(decideEvaluation(graph, config, options.predictOnly ?? false))) {
    try {
      // Nothing fits one byte, so both origins of the capacity are tried.
      fitRun(graph, { ...config, ...change, 'memory.gpuBudget': 1 }, options, false);
    } catch (error) {
      if (!(error instanceof InputError || error instanceof ProbeNeeded)) throw error;
    }
    yield;
  }
}

/** Forecasts that are kept per graph: a rung of the ladder leaves up to four. */
const MOST_REMEMBERED = 400;
const memories = new WeakMap<AnyGraph, Map<string, Forecast | InputError>>();

/** A forecast does not depend on the budget, so a slider that moves asks for the same ones again and again. */
function remembered(graph: AnyGraph, config: Config, options: ForecastOptions): Forecast {
  const memory = memories.get(graph) ?? new Map<string, Forecast | InputError>();
  memories.set(graph, memory);
  const unlimited = Object.fromEntries(BUDGETS.map((key) => [key, 0]));
  const { beside = 0, ...instruments } = options.instruments ?? {};
  // What others hold comes and goes, and no plan depends on it.
  const own = { ...options, instruments };
  const name = JSON.stringify([{ ...config, ...unlimited }, own]);
  let found = memory.get(name);
  if (!found) {
    try {
      found = forecastRun(graph, leavingBeside(config, beside), own);
    } catch (error) {
      // What the worker budget has no room for, another one may have.
      if (!(error instanceof InputError) || (error instanceof ProbeRefused && error.budget !== Infinity)) throw error;
      found = error;
    }
    if (memory.size >= MOST_REMEMBERED) memory.delete(memory.keys().next().value!);
    memory.set(name, found);
  }
  if (found instanceof InputError) throw found;
  const { gpu, host, disk } = found.memory;
  return { ...found, config, memory: { gpu, host: host + beside, disk } };
}
