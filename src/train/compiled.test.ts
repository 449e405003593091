import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { DEFAULT_LIMITS, type Plan } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { forecastRun } from './forecast.ts';
import { type Backend, type Trained, train } from './session.ts';
import { BACKENDS, CPU, WEBGPU } from './testing/backends.ts';
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
const graph = testGraph({ nodes: 400, features: 'sparse' });

const planOf = (changes: Partial<Config>, of = graph) =>
  forecastRun(of, configOf({ 'model.layers': 3, ...changes }), {
    backend: 'webgpu',
    limits: DEFAULT_LIMITS,
    capacityFrom: 'worst case',
  }).plan;

test('the graph has heavy rows', () => {
  expect(planOf({}).routines.train.some(({ kernel }) => kernel.startsWith('aggregate.merge'))).toBe(true);
});

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
});

/** The larger of the differences of two curves, compiled and not. */
async function compared(changes: Partial<Config>, backend: Backend): Promise<number> {
  const config = configOf({ 'training.epochs': 50, 'model.layers': 3, ...changes });
  const on = await train({ graph, config, backend, fit: false });
  const off = await train({ graph, config: { ...config, 'compute.compiled': 'off' }, backend, fit: false });
  return curveDistance(on.epochs, off.epochs);
}

describe.each(BACKENDS)('$title: losses of 50 epochs agree to 1e-5', ({ backend, missing }) => {
  test.skipIf(missing).each(MODELS)('%s', async (_, changes) => {
    expect(await compared(changes, backend)).toBeLessThan(1e-5);
  });
});

// Sixteen steps to an epoch: after some hundred of them one pre-activation lies within rounding of a kink, and two runs part.
test.each(MODELS)('sampled, losses of 10 epochs agree to 1e-5: %s', async (_, changes) => {
  expect(await compared({ ...changes, ...SAMPLED, 'training.epochs': 10 }, CPU.backend)).toBeLessThan(1e-5);
});

describe('one pass switched off by itself', () => {
  type Single = 'compute.slots' | 'compute.fuse' | 'compute.reorder';
  // Of dense features, fewer than hidden columns, so that layers which transform first are reordered.
  const dense = testGraph({ nodes: 400 });
  const kernelsOf = ({ routines }: Plan) => routines.train.map(({ kernel }) => kernel);
  const isReordered = (changes: Partial<Config>) =>
    kernelsOf(planOf(changes, dense)).join() !==
    kernelsOf(planOf({ ...changes, 'compute.reorder': 'off' }, dense)).join();

  test('what is reordered: layers that would transform more columns than they gather', () => {
    const names = KINDS.filter(([, changes]) => isReordered(changes)).map(([name]) => name);
    expect(names).toEqual(['gcn', 'sage, mean', 'sage, sum', 'sgc']);
  });

  describe.each(STRATEGIES)('%s', (_, strategy) => {
    test.each(MODELS)('%s: the plan lacks that pass and no other', (_, changes) => {
      const of = (more: Partial<Config>) => planOf({ ...changes, ...strategy, ...more }, dense);
      const on = of({});
      const alone = of({ 'compute.slots': 'off' });
      expect(kernelsOf(alone)).toEqual(kernelsOf(on));
      expect(alone.buffers.length).toBeGreaterThan(on.buffers.length);
      expect(new Set(alone.placements.map(({ buffer }) => buffer)).size).toBe(alone.placements.length);
      const unfused = of({ 'compute.fuse': 'off' });
      expect(unfused.routines.train.length).toBeGreaterThan(on.routines.train.length);
      for (const plan of [alone, unfused, of({ 'compute.reorder': 'off' })]) expect(verifyPlan(plan)).toEqual([]);
    });

    const epochs = strategy === SAMPLED ? 2 : 10;
    const runs = (changes: Partial<Config>, backend: Backend) => {
      const all = { 'model.layers': 3, 'training.epochs': epochs, ...changes, ...strategy };
      const run = (more: Partial<Config>) =>
        train({ graph: dense, config: configOf({ ...all, ...more }), backend, fit: false });
      return { on: run({}), without: (pass: Single): Promise<Trained> => run({ [pass]: 'off' }) };
    };

    // Fused stages work in place on the CPU, in the order of the kernels that they stand for.
    test.each(MODELS)('%s: on the CPU slots and fusion change no bit, the order losses by 1e-5', async (_, changes) => {
      const { on, without } = runs(changes, CPU.backend);
      expectSameBits(await without('compute.slots'), await on);
      expectSameBits(await without('compute.fuse'), await on);
      if (!isReordered({ ...changes, ...strategy })) return;
      expect(curveDistance((await without('compute.reorder')).epochs, (await on).epochs)).toBeLessThan(1e-5);
    });

    const SOME = KINDS.filter(([name]) => ['gcn', 'sage, mean', 'gat', 'gcn2'].includes(name));
    test.skipIf(WEBGPU.missing).each(SOME)(
      `%s: on ${WEBGPU.title} slots change no bit, fusion and order losses by 1e-5`,
      async (_, changes) => {
        const { on, without } = runs(changes, WEBGPU.backend);
        expectSameBits(await without('compute.slots'), await on);
        for (const pass of ['compute.fuse', 'compute.reorder'] as const)
          expect(curveDistance((await without(pass)).epochs, (await on).epochs)).toBeLessThan(1e-5);
      },
    );
  });
});
