import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { forecastRun } from './forecast.ts';
import { train } from './session.ts';
import { BACKENDS } from './testing/backends.ts';
import { curveDistance, expectSameBits } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** Values in half precision: smaller plans, and curves near those of f32. */

const MODELS = [...KINDS, ...VARIANTS, ...BATCH_NORMS];
const STRATEGIES: [string, Partial<Config>][] = [
  ['full batch', {}],
  ['sampled', SAMPLED],
];
/**
 * A number is rounded by up to 2^-11 of itself each time it is stored. After ten epochs a loss is off by some of that; a maximum that
 * changes its place, or a step that is skipped because the loss scale is still too large, moves it further.
 */
const NEAR = 0.03;

// The hub's row is heavy: two kernels store into one matrix.
const graph = testGraph({ nodes: 800, features: 'dense' });

const planOf = (changes: Partial<Config>) =>
  forecastRun(graph, configOf({ 'model.layers': 3, ...changes }), {
    backend: 'webgpu',
    limits: DEFAULT_LIMITS,
    capacityFrom: 'worst case',
  }).plan;

describe.each(STRATEGIES)('%s', (_, strategy) => {
  test.each(MODELS)('%s: a sound plan, with and without fusion and recomputation', (_, changes) => {
    for (const compiled of ['on', 'off'] as const) {
      for (const again of ['off', 'tree'] as const) {
        const plan = planOf({
          ...changes,
          ...strategy,
          'compute.precision': 'f16',
          'compute.compiled': compiled,
          'compute.recompute': again,
        });
        expect(verifyPlan(plan)).toEqual([]);
        expect(plan.placements.some(({ half }) => half)).toBe(true);
      }
    }
  });
});

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each(MODELS)('%s: near the curve of f32, and the same bits twice', async (_, changes) => {
    const config = configOf({ 'training.epochs': 10, 'model.layers': 3, ...changes });
    const run = (more: Partial<Config>) => train({ graph, config: { ...config, ...more }, backend, fit: false });
    const half = await run({ 'compute.precision': 'f16' });
    expect(curveDistance(half.epochs, (await run({})).epochs)).toBeLessThan(NEAR);
    expectSameBits(await run({ 'compute.precision': 'f16' }), half);
  });
});
