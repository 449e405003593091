import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import { ADAM_CLOCK } from '../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, type Plan } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { takeCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { forecastRun } from './forecast.ts';
import { openRun } from './run.ts';
import { fitJob, type Trained, train } from './session.ts';
import { findTarget } from './target.ts';
import { BACKENDS, CPU } from './testing/backends.ts';
import { curveDistance, expectSameBits } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** Values in half precision: smaller plans, curves near those of f32, and steps that are skipped where a gradient overflows. */

const MODELS = [...KINDS, ...VARIANTS, ...BATCH_NORMS];
const F16 = { 'compute.precision': 'f16' } as const;
const STRATEGIES: [string, Partial<Config>][] = [
  ['full batch', {}],
  ['sampled', SAMPLED],
];
/**
 * Every number is rounded by up to 2^-11 of itself when it is stored: after five epochs a loss is off by that, times the steps from
 * store to store. A maximum that changes its place moves it further.
 */
const NEAR = 0.01;
/** With a scale of 2^16 the first step of this one overflows and is skipped, so its curve is a step behind. */
const SKIPS = { name: 'gcn: layer norm, PReLU, residual, jumping knowledge cat', near: 0.15 };

const planOf = (graph: Graph, changes: Partial<Config>) =>
  forecastRun(graph, configOf({ 'model.layers': 3, ...changes }), {
    backend: 'webgpu',
    limits: DEFAULT_LIMITS,
    capacityFrom: 'worst case',
  }).plan;

describe.each(STRATEGIES)('%s', (_, strategy) => {
  const graph = testGraph({ nodes: 800 });

  test.each(MODELS)('%s: a sound plan, with and without fusion and recomputation', (_, changes) => {
    for (const compiled of ['on', 'off'] as const) {
      for (const again of ['off', 'tree'] as const) {
        const passes = { 'compute.compiled': compiled, 'compute.recompute': again };
        const plan = planOf(graph, { ...changes, ...strategy, ...passes, ...F16 });
        expect(verifyPlan(plan)).toEqual([]);
        expect(plan.placements.some(({ half }) => half)).toBe(true);
      }
    }
  });
});

/** Bytes of the features, activations and gradients of 32 columns and more; a parameter's gradient has no row for each node. */
function denseBytes({ placements }: Plan, nodes: number): number {
  return placements
    .filter(({ piece: { value } }) => value.dtype === 'f32' && value.layout === 'padded')
    .filter(({ piece: { value } }) => value.cols >= 32 && value.rows === nodes)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Heads that begin between two vec4, where several share what an invocation stores. */
const ODD_HEADS = (['gat', 'gatv2'] as const).flatMap((kind) =>
  [true, false].map((concat) => {
    const shape = { 'model.kind': kind, 'model.hidden': 33, 'model.heads': 3, 'model.concat': concat } as const;
    return [`${kind}: heads of ${concat ? 11 : 33}`, shape] as const;
  }),
);

// Counts of ties stay in f32.
const SMALLER: Readonly<Record<string, number>> = { 'sage, max': 0.54, 'sage, max: edges dropped': 0.54 };

test.each([...MODELS, ...ODD_HEADS])(
  '%s: dense values of 32 columns and more take half of the memory',
  (name, changes) => {
    const dense = testGraph({ nodes: 800 });
    const cols = 48;
    const features = { kind: 'dense', rows: 800, cols, values: new Float32Array(800 * cols) } as const;
    const graph = { ...dense, features };
    for (const compiled of ['on', 'off'] as const) {
      const hidden = changes['model.hidden'] === 33 ? 33 : 32;
      const wide = { ...changes, 'model.hidden': hidden, 'compute.compiled': compiled } as const;
      const [half, full] = [{ ...wide, ...F16 }, wide].map((more) => denseBytes(planOf(graph, more), 800));
      expect(full).toBeGreaterThan(0);
      expect(half / full).toBeLessThanOrEqual(SMALLER[name] ?? 0.5);
    }
  },
);

const little = testGraph({ nodes: 300, features: 'sparse' });

// What flows between fused kernels is rounded as what is stored; the CPU works in the same order.
test.each(MODELS)('%s: on the CPU, recomputation changes no bit', async (_, changes) => {
  const config = configOf({ 'training.epochs': 3, 'model.layers': 3, ...changes, ...F16 });
  const run = (more: Partial<Config>) =>
    train({ graph: little, config: { ...config, ...more }, backend: CPU.backend, fit: false });
  expectSameBits(await run({ 'compute.recompute': 'tree' }), await run({}));
});

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  // The hub's row is heavy: two kernels store into one matrix.
  const graph = testGraph({ nodes: 800 });
  const curve = (changes: Partial<Config>, on = backend): Promise<Trained> =>
    train({ graph, config: configOf({ 'training.epochs': 5, ...changes }), backend: on, fit: false });

  test.skipIf(missing).each([...MODELS, ...ODD_HEADS])('%s: near the curve of f32', async (name, changes) => {
    const [half, full] = [await curve({ ...changes, ...F16 }), await curve(changes, CPU.backend)];
    const losses = ({ epochs }: Trained) => epochs.map(({ trainLoss }) => trainLoss);
    expect(losses(half)).not.toEqual(losses(full));
    expect(curveDistance(half.epochs, full.epochs)).toBeLessThan(name === SKIPS.name ? SKIPS.near : NEAR);
  });

  test.skipIf(missing).each(STRATEGIES)('the same bits twice: %s', async (_, changes) => {
    expectSameBits(await curve({ ...changes, ...F16 }), await curve({ ...changes, ...F16 }));
  });

  test.skipIf(missing)('a run that goes on in halves has as many steps behind it', async () => {
    const target = await findTarget(backend);
    const open = (changes: Partial<Config>) => {
      const job = { graph, config: configOf(changes), backend, fit: false };
      return openRun(job, target, fitJob(job, target));
    };
    const [before, after] = [await open({}), await open(F16)];
    try {
      for (let i = 1; i <= 3; i++) await before.train!.epoch(i);
      writeCheckpoint(after, await takeCheckpoint(before, { steps: 3, epochs: [], best: null }, null));
      const clock = after.fit.forecast.training.program.graph.values.find(({ name }) => name === ADAM_CLOCK)!;
      const [first, second] = await after.executor.read(clock);
      expect(first).toBeCloseTo(1 - 0.9 ** 3, 6);
      expect(second).toBeCloseTo(1 - 0.999 ** 3, 6);
    } finally {
      await before.close();
      await after.close();
    }
  });
});
