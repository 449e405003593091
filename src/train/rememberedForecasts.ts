import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { type Forecast, type ForecastOptions, forecastRun } from './forecast.ts';
import { leavingBeside, ProbeRefused } from './probe.ts';

/**
 * A forecast does not depend on the budgets, so a slider that moves asks for the same ones again and again. What each comes to is
 * remembered, and the forecasts themselves as far as there is room: a plan of 16 layers takes two megabytes of the heap.
 */

/** What a setting comes to. */
export interface Cost extends Pick<Forecast, 'config' | 'memory' | 'probing'> {
  /** Of the plan's buffers, wherever they lie. */
  readonly planned: number;
}

interface Memory {
  readonly costs: Map<string, Cost | InputError>;
  /** The oldest first. */
  readonly forecasts: Map<string, Forecast>;
  /** In all of them. */
  dispatches: number;
}

/** Per graph: several ladders, of which each rung leaves up to four. */
const MOST_COSTS = 2000;
/** Per graph: the ladder of an ordinary model several times over, some hundred megabytes of a deep one. */
const MOST_DISPATCHES = 40_000;

const BUDGETS_OFF = { 'memory.gpuBudget': 0, 'memory.workerBudget': 0, 'memory.diskBudget': 0 } as const;

const memories = new WeakMap<AnyGraph, Memory>();

function memoryOf(graph: AnyGraph): Memory {
  const memory = memories.get(graph) ?? { costs: new Map(), forecasts: new Map(), dispatches: 0 };
  memories.set(graph, memory);
  return memory;
}

/** What others hold comes and goes, and no plan depends on it. */
function own({ instruments = {}, ...options }: ForecastOptions): [options: ForecastOptions, beside: number] {
  const { beside = 0, ...rest } = instruments;
  return [{ ...options, instruments: rest }, beside];
}

const nameOf = (config: Config, options: ForecastOptions) => JSON.stringify([{ ...config, ...BUDGETS_OFF }, options]);

/** @throws as `forecastRun` */
export function costOf(graph: AnyGraph, config: Config, asked: ForecastOptions): Cost {
  const [options, beside] = own(asked);
  const memory = memoryOf(graph);
  const name = nameOf(config, options);
  const found = memory.costs.get(name) ?? firstCost(graph, config, options, beside, name);
  if (found instanceof InputError) throw found;
  return withBeside(found, config, beside);
}

/** The forecast itself, made again where it is not remembered. */
export function forecastOf(graph: AnyGraph, config: Config, asked: ForecastOptions): Forecast {
  const [options, beside] = own(asked);
  const name = nameOf(config, options);
  const found = memoryOf(graph).forecasts.get(name) ?? make(graph, config, options, beside, name);
  return withBeside(found, config, beside);
}

/** The same under the budgets of now, with what others hold now. */
function withBeside<F extends Pick<Forecast, 'config' | 'memory'>>(found: F, config: Config, beside: number): F {
  const { gpu, host, disk } = found.memory;
  return { ...found, config, memory: { gpu, host: host + beside, disk } };
}

function make(graph: AnyGraph, config: Config, options: ForecastOptions, beside: number, name: string): Forecast {
  const memory = memoryOf(graph);
  const made = forecastRun(graph, leavingBeside(config, beside), options);
  const { forecasts } = memory;
  forecasts.set(name, made);
  memory.dispatches += dispatchesOf(made);
  for (const [oldest, forecast] of forecasts) {
    if (memory.dispatches <= MOST_DISPATCHES) break;
    forecasts.delete(oldest);
    memory.dispatches -= dispatchesOf(forecast);
  }
  return made;
}

const dispatchesOf = ({ plan }: Forecast) => Object.values(plan.routines).reduce((sum, list) => sum + list.length, 0);

function firstCost(graph: AnyGraph, config: Config, options: ForecastOptions, beside: number, name: string) {
  const { costs } = memoryOf(graph);
  let found: Cost | InputError;
  try {
    const { memory, probing, plan } = make(graph, config, options, beside, name);
    found = { config, memory, probing, planned: plan.bytes };
  } catch (error) {
    // What the worker budget has no room for, another one may have.
    if (!(error instanceof InputError) || (error instanceof ProbeRefused && error.budget !== Infinity)) throw error;
    found = error;
  }
  if (costs.size >= MOST_COSTS) costs.delete(costs.keys().next().value!);
  costs.set(name, found);
  return found;
}
