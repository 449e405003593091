import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { modelOf } from '../model/models.ts';
import { fanOutAt, samplingOf } from './capacity.ts';
import { batchCapacity } from './forecast.ts';
import { train } from './session.ts';
import { CPU } from './testing/backends.ts';
import { configOf, ONE_BATCH, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCHES, play } from './testing/play.ts';

/** A fan-out that changes from epoch to epoch. */

const scheduled = (fanOut: readonly number[], fanOutEnd: readonly number[], epochs: number) =>
  configOf({ ...SAMPLED, 'sampling.fanOut': fanOut, 'sampling.fanOutEnd': fanOutEnd, 'training.epochs': epochs });
const along = (config: Config) =>
  Array.from({ length: config['training.epochs'] }, (_, i) => fanOutAt(config, modelOf(config), i + 1));

describe('fanOutAt', () => {
  test('moves linearly to the end, rounded; the last number given repeats', () => {
    expect(along(scheduled([2, 9], [10], 5))).toEqual([
      [2, 9],
      [4, 9],
      [6, 10],
      [8, 10],
      [10, 10],
    ]);
  });

  test('is constant where there is no end, stays beyond the last epoch, and a run of one epoch begins', () => {
    expect(along(scheduled([4, 3], [], 3))).toEqual(Array(3).fill([4, 3]));
    const config = scheduled([4], [8], 3);
    expect(fanOutAt(config, modelOf(config), 9)).toEqual([8, 8]);
    expect(along(scheduled([4], [8], 1))).toEqual([[4, 4]]);
  });

  test('leaves a hop that takes all as it is', () => {
    expect(along(scheduled([-1, 3], [5, 1], 3))).toEqual([
      [-1, 3],
      [-1, 2],
      [-1, 1],
    ]);
  });

  test('is never over what the plan is made for, whichever end is larger', () => {
    const graph = testGraph();
    for (const config of [scheduled([2, 5], [6, 1], 4), scheduled([6, 1], [2, 5], 4)]) {
      const { fanOut } = samplingOf(config, modelOf(config), 'train');
      expect(fanOut).toEqual([6, 5]);
      const constant = { ...config, 'sampling.fanOut': fanOut, 'sampling.fanOutEnd': [] };
      const planned = batchCapacity(graph, config, 'train', 'worst case');
      expect(planned).toEqual(batchCapacity(graph, constant, 'train', 'worst case'));
    }
  });
});

describe('a run', () => {
  const graph = testGraph({ weighted: true });
  const losses = async (config: Config) => {
    const { epochs } = await train({ graph, config, backend: CPU.backend, fit: false });
    return epochs.map(({ trainLoss }) => trainLoss);
  };
  // Nothing is learned or dropped: an epoch's loss depends on its samples alone.
  const still = { ...ONE_BATCH, 'model.dropout': 0, 'training.lr': 0, 'training.epochs': 3 } as const;

  test('with a schedule has the samples of each fan-out in its epoch', async () => {
    const moving = await losses(configOf({ ...still, 'sampling.fanOut': [1], 'sampling.fanOutEnd': [3] }));
    for (const [i, fan] of [1, 2, 3].entries()) {
      const constant = await losses(configOf({ ...still, 'sampling.fanOut': [fan] }));
      expect(moving[i]).toBe(constant[i]);
      expect(new Set(constant).size).toBe(3);
    }
  });

  test('draws as it is told, and a change of the end by hand replays', async () => {
    const few = { ...still, 'sampling.fanOut': [2] } as const;
    const by = { 'sampling.bias': 'weight' } as const;
    const replaced = { 'sampling.replace': true } as const;
    const curves = [{}, by, replaced, { ...by, ...replaced }].map((way) => losses(configOf({ ...few, ...way })));
    expect(new Set((await Promise.all(curves)).map(String)).size).toBe(4);
    const job = { graph };
    const { run, replanned } = await play(CPU.backend, BATCHES, { after: { 4: { 'sampling.fanOutEnd': [40] } }, job });
    expect(replanned).toHaveLength(1);
    const again = await play(CPU.backend, BATCHES, { job: { ...job, events: run.events } });
    expect(again.run.result.curveHash).toBe(run.result.curveHash);
  });

  test('evaluates on uniform samples, however it trains', async () => {
    const config = configOf({ ...SAMPLED, 'sampling.bias': 'weight', 'sampling.replace': true });
    expect(samplingOf(config, modelOf(config), 'evaluate')).toMatchObject({ design: 'uniform', fanOut: [5, 5] });
    expect(samplingOf(config, modelOf(config), 'train').design).toBe('weightReplaced');
  });
});
