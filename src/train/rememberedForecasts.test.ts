import { expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { ForecastOptions } from './forecast.ts';
import { forecastRun } from './forecast.ts';
import { costOf, forecastOf } from './rememberedForecasts.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { OPTIONS } from './testing/largeGraph.ts';

const options: ForecastOptions = { ...OPTIONS, capacityFrom: 'worst case' };

test('a cost is that of the forecast; budgets and what others hold change no plan', () => {
  const graph = testGraph();
  const config = configOf(SAMPLED);
  const { plan, memory, probing } = forecastRun(graph, config, options);
  expect(costOf(graph, config, options)).toEqual({ config, memory, probing, planned: plan.bytes });
  const forecast = forecastOf(graph, config, options);
  const tight: Config = { ...config, 'memory.gpuBudget': 1, 'memory.workerBudget': 1_000_000 };
  const beside = { ...options, instruments: { beside: 1000 } };
  const again = forecastOf(graph, tight, beside);
  expect(again.plan).toBe(forecast.plan);
  expect(again.config).toEqual(tight);
  expect(again.memory).toEqual({ ...memory, host: memory.host + 1000 });
  expect(costOf(graph, tight, beside)).toMatchObject({ config: tight, memory: again.memory, planned: plan.bytes });
});

test('a refusal is remembered, too', () => {
  const graph = testGraph({ nodes: 800, features: 'identity' });
  const limits = { ...OPTIONS.limits, maxStorageBufferBindingSize: 2048 };
  const errors = [0, 1].map(() => {
    try {
      return costOf(graph, configOf(), { ...options, limits });
    } catch (error) {
      return error;
    }
  });
  expect(errors[0]).toBeInstanceOf(Error);
  expect(errors[1]).toBe(errors[0]);
});

test('plans of deep models give way to later ones, and are made again to the same bytes', () => {
  const graph = testGraph({ nodes: 60 });
  const deep = (hidden: number) => configOf({ 'model.kind': 'gcn2', 'model.layers': 64, 'model.hidden': hidden });
  const first = forecastOf(graph, deep(4), options);
  const dispatches = Object.values(first.plan.routines).reduce((sum, { length }) => sum + length, 0);
  expect(forecastOf(graph, deep(4), options).plan).toBe(first.plan);
  for (let more = 1; more * dispatches <= 40_000; more++) costOf(graph, deep(4 + more), options);
  const anew = forecastOf(graph, deep(4), options);
  expect(anew.plan).not.toBe(first.plan);
  expect(anew.plan.bytes).toBe(first.plan.bytes);
  expect(costOf(graph, deep(4), options).planned).toBe(first.plan.bytes);
});
