import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import type { Plan } from '../tensor/plan.ts';
import { openRun } from './run.ts';
import { fitJob } from './session.ts';
import { findTarget, type OpenTarget } from './target.ts';
import { BACKENDS } from './testing/backends.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { VARIANTS } from './testing/models.ts';
import { sampledRun } from './testing/sampledRun.ts';

/** In half precision, steps whose gradients overflow are skipped whole, and the scale of the loss follows. */

const F16 = { 'compute.precision': 'f16' } as const;

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  const graph = testGraph({ nodes: 800 });

  /** A run whose scale was set by hand: log2 of it is 16 + power. */
  async function scaled(changes: Partial<Config>, state: readonly number[], epochs: number) {
    const job = { graph, config: configOf({ ...changes, ...F16 }), backend, fit: false };
    const target = await findTarget(backend);
    const fit = fitJob(job, target);
    const run = await openRun(job, target, fit);
    try {
      const { parameters, lossScale, program } = fit.forecast.training;
      const states = program.graph.values.filter(
        ({ purpose, name }) => purpose === 'optimizer' && /moment|velocity|clock/.test(name),
      );
      const read = () =>
        Promise.all([...parameters.map(({ value }) => value), ...states].map((value) => run.executor.read(value)));
      run.executor.write(lossScale!, Float32Array.from(state));
      const before = await read();
      for (let i = 1; i <= epochs; i++) await run.train!.epoch(i);
      const scale = [...(await run.executor.read(lossScale!))];
      return { before, after: await read(), scale, steps: run.context.steps };
    } finally {
      await run.close();
    }
  }

  const CASES: [string, Partial<Config>][] = [
    ['Adam', {}],
    ['SGD, clipped', { 'training.optimizer': 'sgd', 'training.clip': 1 }],
  ];

  test.skipIf(missing).each(CASES)('an overflow skips the step and halves the scale: %s', async (_, changes) => {
    const { before, after, scale } = await scaled(changes, [0, 7, 60, 0], 2);
    expect(after).toEqual(before);
    // Both steps overflowed: the scale of the second was 2^75.
    expect(scale).toEqual([2 ** -75, 0, 58, 1]);
  });

  test.skipIf(missing).each(CASES)('after 2,000 good steps the scale doubles: %s', async (_, changes) => {
    const { before, after, scale } = await scaled(changes, [0, 1998, 0, 0], 3);
    expect(after).not.toEqual(before);
    expect(scale).toEqual([2 ** -17, 1, 1, 0]);
  });

  test.skipIf(missing)('a first step that overflows at a scale of 2^16', async () => {
    const [, changes] = VARIANTS.find(([name]) => name === 'gcn: layer norm, PReLU, residual, jumping knowledge cat')!;
    const { before, after, scale } = await scaled(changes, [0, 0, 0, 0], 1);
    expect(after).toEqual(before);
    expect(scale).toEqual([2 ** -16, 0, -1, 1]);
  });

  const BATCHES = { ...SAMPLED, 'sampling.batchSize': 50, 'training.accumulate': 3 } as const;

  test.skipIf(missing).each(CASES)('of several batches to a step, all that overflow: %s', async (_, changes) => {
    const { before, after, scale, steps } = await scaled({ ...changes, ...BATCHES }, [0, 7, 60, 0], 1);
    expect(steps).toBeGreaterThan(1);
    expect(after).toEqual(before);
    // Once for each step, not for each batch.
    expect(scale).toEqual([2 ** (steps - 77), 0, 60 - steps, 1]);
  });

  /** Of each step: its parts, whether it changed parameters or what the optimiser keeps, and the scale after it. */
  interface Seen {
    readonly parts: number;
    readonly changed: boolean;
    readonly scale: readonly number[];
  }

  /** An executor that puts a number into the gradient of the last parameter after the first part of the second step. */
  function spoiling({ executor, close }: OpenTarget, plan: Plan, number: number, seen: Seen[]): Executor {
    const values = plan.placements.map(({ piece }) => piece.value);
    const gradient = values.findLast(({ name }) => name.endsWith(' gradient'))!;
    const lossScale = values.find(({ name }) => name === 'loss scale')!;
    const kept = values.filter(({ name, purpose }) =>
      purpose === 'parameters' ? !name.endsWith('at its best') : /moment|velocity|clock/.test(name),
    );
    const read = () => Promise.all(kept.map((value) => executor.read(value)));
    let parts = 0;
    return {
      ...executor,
      destroy: close,
      async run(routine, step) {
        const before = routine === 'update' ? await read() : [];
        await executor.run(routine, step);
        if (routine === 'train' && ++parts === 1 && seen.length === 1) {
          const summed = await executor.read(gradient);
          summed[summed.length - 1] = number;
          executor.write(gradient, summed);
        }
        if (routine !== 'update') return;
        const after = await read();
        const changed = after.some((array, i) => array.some((x, at) => x !== before[i][at]));
        seen.push({ parts, changed, scale: [...(await executor.read(lossScale))] });
        parts = 0;
      },
    };
  }

  const SPLIT: [string, Partial<Config>, number][] = [
    ['three batches', BATCHES, 1],
    ['parts of a batch', { ...BATCHES, 'sampling.batchSize': 150, 'training.accumulate': 1 }, 0.3],
  ];
  const NUMBERS = [Number.NaN, Number.NEGATIVE_INFINITY];
  const spoilt = SPLIT.flatMap(([name, changes, shrink]) => NUMBERS.map((x) => [x, name, changes, shrink] as const));

  test.skipIf(missing).each(spoilt)(
    '%d in the gradient of the first of %s skips that step and no other',
    async (number, _, changes, shrink) => {
      const target = await findTarget(backend);
      const seen: Seen[] = [];
      await sampledRun(graph, configOf({ ...changes, ...F16, 'training.epochs': 1 }), shrink, async (plan) =>
        spoiling(await target.open(plan), plan, number, seen),
      );
      expect(Math.min(...seen.slice(0, 2).map(({ parts }) => parts))).toBeGreaterThan(1);
      expect(seen.slice(0, 3).map(({ changed, scale }) => ({ changed, scale }))).toEqual([
        { changed: true, scale: [2 ** -16, 1, 0, 0] },
        { changed: false, scale: [2 ** -16, 0, -1, 1] },
        { changed: true, scale: [2 ** -15, 1, -1, 0] },
      ]);
    },
  );
});
