import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { forecastRun } from './forecast.ts';
import { train } from './session.ts';
import { CPU, WEBGPU } from './testing/backends.ts';
import { curveDistance, expectSameBits } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** Compiled and not: fused kernels and shared buffers against one kernel per operation and one buffer per value. */

const MODELS = [...KINDS, ...VARIANTS, ...BATCH_NORMS];
const STRATEGIES: [string, Partial<Config>][] = [
  ['full batch', {}],
  ['sampled', SAMPLED],
];
// The hub's row is heavy: two kernels store into one matrix.
const graph = testGraph({ nodes: 800, features: 'sparse' });

const planOf = (changes: Partial<Config>) =>
  forecastRun(graph, configOf({ 'model.layers': 3, ...changes }), {
    backend: 'webgpu',
    limits: DEFAULT_LIMITS,
    capacityFrom: 'worst case',
  }).plan;

describe.each(STRATEGIES)('%s', (_, strategy) => {
  test.each(MODELS)('%s: fewer dispatches and fewer bytes, and a plan that WebGPU accepts', (_, changes) => {
    const on = planOf({ ...changes, ...strategy });
    const off = planOf({ ...changes, ...strategy, 'compute.compiled': 'off' });
    expect(verifyPlan(on)).toEqual([]);
    expect(verifyPlan(off)).toEqual([]);
    expect(on.routines.train.length).toBeLessThan(off.routines.train.length);
    expect(on.bytes).toBeLessThan(off.bytes);
    // Every value of a plan that is not compiled is alone in its buffer.
    expect(new Set(off.placements.map(({ buffer }) => buffer)).size).toBe(off.placements.length);
  });

  // The CPU does the same work in the same order, in place.
  test.each(MODELS)('%s: the same bits on the CPU', async (_, changes) => {
    const config = configOf({ 'training.epochs': 3, 'model.layers': 3, ...changes, ...strategy });
    const on = await train({ graph, config, backend: CPU.backend, fit: false });
    const off = await train({
      graph,
      config: { ...config, 'compute.compiled': 'off' },
      backend: CPU.backend,
      fit: false,
    });
    expectSameBits(on, off);
  });
});

test.skipIf(WEBGPU.missing).each(MODELS)(
  `on ${WEBGPU.title}, losses of 50 epochs agree to 1e-5: %s`,
  async (_, changes) => {
    const config = configOf({ 'training.epochs': 50, 'model.layers': 3, ...changes });
    const { backend } = WEBGPU;
    const on = await train({ graph, config, backend, fit: false });
    const off = await train({ graph, config: { ...config, 'compute.compiled': 'off' }, backend, fit: false });
    expect(curveDistance(on.epochs, off.epochs)).toBeLessThan(1e-5);
  },
);
