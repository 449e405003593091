import { differences } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { type Config, SCHEMA } from '../config/schema.ts';
import { LARGEST_HALF } from '../device/half.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { largestForHalf } from './check.ts';
import { decideEvaluation } from './evaluationCost.ts';
import type { CapacityFrom, Forecast, ForecastOptions } from './forecast.ts';
import { cacheBytes, diskBytes } from './hostMemory.ts';
import { ladder, recomputed } from './ladder.ts';
import { leavingBeside, ProbeNeeded, ProbeRefused } from './probe.ts';
import { recomputationNotes } from './recomputationNotes.ts';
import { type Cost, costOf, forecastOf } from './rememberedForecasts.ts';

/**
 * The fitter: the best setting whose plan is inside the memory budgets. Strategies know nothing of budgets; they offer a
 * ladder of settings (ladder.ts), best first, and the first rung that fits is taken.
 */
export interface Fit {
  /** What was asked for; `forecast.config` is what fits. */
  readonly asked: Config;
  readonly forecast: Forecast;
  /** The keys that differ from what was asked for. */
  readonly fitted: Partial<Config>;
  /** What whoever asked should know, as sentences. */
  readonly notes: readonly string[];
}

type Budget = 'memory.gpuBudget' | 'memory.workerBudget' | 'memory.diskBudget';

/** What of a forecast each budget bounds. The plan is the same on the CPU, where its buffers lie in main memory. */
const NEEDS: Readonly<Record<Budget, (cost: Cost) => number>> = {
  'memory.gpuBudget': ({ planned }) => planned,
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
  let refusal: unknown = null;
  /** Whoever plans has probed for every setting that was tried, within the budget. */
  let probing = 0;
  const tried: Cost[] = [];
  for (const change of searching ? settings(graph, config, options) : [{}]) {
    const candidate = { ...config, ...change };
    for (const capacityFrom of originsOf(graph, candidate, options)) {
      const how = { ...options, capacityFrom };
      try {
        const first = costOf(graph, candidate, how);
        tried.push(first);
        probing = Math.max(probing, first.probing);
        const smaller = searching ? smallerCache(graph, first) : null;
        if (smaller) tried.push(costOf(graph, smaller, how));
        const cost = tried.at(-1)!;
        if (budgets.every((key) => NEEDS[key](cost) <= config[key])) {
          const forecast = forecastOf(graph, cost.config, how);
          return {
            asked,
            forecast: withProbing(forecast, probing, options.instruments?.beside),
            fitted: differences(forecast.config, asked),
            notes: recomputationNotes(graph, forecast, how),
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
  throw new InputError(tooLarge(graph, config, budgets, tried, searching));
}

/** What is tried, in its order, as changes to the configuration. A model that only predicts has nothing to compute again. */
function settings(
  graph: AnyGraph,
  config: Config,
  options: Omit<ForecastOptions, 'capacityFrom'>,
): Iterable<Partial<Config>> {
  const rungs = ladder(config).filter((change) => canTake(graph, { ...config, ...change }, options));
  if (options.predictOnly) return rungs;
  return recomputed(config, rungs, (change) => {
    try {
      return costOf(graph, { ...config, ...change }, { ...options, capacityFrom: 'worst case' }).planned;
    } catch (error) {
      if (error instanceof InputError) return Infinity;
      throw error;
    }
  });
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
function smallerCache(graph: AnyGraph, { config, memory }: Cost): Config | null {
  const budget = config['memory.workerBudget'];
  if (budget === 0 || memory.host <= budget || diskBytes(graph, config) === 0) return null;
  const left = cacheBytes(graph, config) - (memory.host - budget);
  return left >= SCHEMA['memory.cacheBytes'].min ? { ...config, 'memory.cacheBytes': left } : null;
}

function tooLarge(
  graph: AnyGraph,
  config: Config,
  budgets: readonly Budget[],
  tried: readonly Cost[],
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
  for (const change of settings(graph, decideEvaluation(graph, config, options.predictOnly ?? false), options)) {
    try {
      // Nothing fits one byte, so both origins of the capacity are tried.
      fitRun(graph, { ...config, ...change, 'memory.gpuBudget': 1 }, options, false);
    } catch (error) {
      if (!(error instanceof InputError || error instanceof ProbeNeeded)) throw error;
    }
    yield;
  }
}
