import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { input, newGraph, state } from '../tensor/graph.ts';
import type { Dispatch } from '../tensor/op.ts';
import { accumulate } from '../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan, type Plan, RESULT_STAGING } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor, HostArray } from './executor.ts';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, randoms, runCase, SCALARS } from './testing/opCase.ts';
import { difference } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Order, read-backs and layouts: what both executors promise. */

let gpu: Awaited<ReturnType<typeof testDevice>>;
let atDefaults: typeof gpu;
beforeAll(async () => {
  if (NO_ADAPTER) return;
  gpu = await testDevice();
  atDefaults = await testDevice(DEFAULT_LIMITS);
});
afterAll(() => {
  gpu?.device.destroy();
  atDefaults?.device.destroy();
});

const EXECUTORS = [
  { title: 'CPU', skipped: '', open: async (plan: Plan): Promise<Executor> => cpuExecutor(plan) },
  {
    title: `WebGPU${NO_ADAPTER}`,
    skipped: NO_ADAPTER,
    open: (plan: Plan): Promise<Executor> => webgpuExecutor(gpu.device, gpu.description, plan),
  },
];

/** A running sum of ones: after n runs its elements are n. */
function counter() {
  const g = newGraph();
  const ones = input(g, 'ones', 'activations', 'f32', 1, 4, 'padded');
  const total = state(g, 'total', 'results', 1, 4);
  accumulate(g, total, ones);
  const plan = makePlan({ graph: g, capacity: {}, results: [total], readable: [] }, DEFAULT_LIMITS);
  const step = { sizes: {}, scalars: { ...SCALARS, firstPart: 0 }, key: [1, 2] as const };
  return { plan, ones, total, step };
}

describe.each(EXECUTORS)('$title', ({ skipped, open }) => {
  test.skipIf(skipped)('results are those of the moment they were asked for', async () => {
    const { plan, ones, total, step } = counter();
    const executor = await open(plan);
    executor.write(ones, new Float32Array(4).fill(1));
    const seen: number[] = [];
    let pending: Promise<unknown>[] = [];
    for (let n = 1; n <= 40; n++) {
      await executor.run('main', step);
      const results = executor.results();
      // Not awaited: more is queued right behind it.
      pending.push(results.then((values) => seen.push(values.get(total)![0])));
      if (pending.length === RESULT_STAGING - 1) {
        await pending[0];
        pending = pending.slice(1);
      }
    }
    await Promise.all(pending);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    executor.destroy();
  });

  test.skipIf(skipped)('what is written holds for the runs after it, not for those before', async () => {
    const { plan, ones, total, step } = counter();
    const executor = await open(plan);
    // Nothing is awaited on the way, and nothing but the writing itself sends the runs before it to the device.
    for (const value of [1, 10, 100]) {
      executor.write(ones, new Float32Array(4).fill(value));
      executor.run('main', step);
      executor.run('main', step);
    }
    expect((await executor.results()).get(total)![0]).toBe(222);
    executor.destroy();
  });

  test.skipIf(skipped).each([
    ['padded', 7],
    ['padded', 40],
    ['packed', 3],
  ] as const)('fewer rows than the capacity leave the others as they were: %s, %i columns', async (layout, cols) => {
    const rows = 50;
    const g = newGraph();
    const value = input(g, 'v', 'activations', 'f32', rows, cols, layout);
    const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: rows * 16 * 4 };
    const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [value] }, limits);
    expect(plan.placements.length).toBe(cols > 16 ? 3 : 1);
    const executor = await open(plan);
    const before = randoms(rows * cols, 1);
    const after = randoms(30 * cols, 2);
    executor.write(value, before);
    executor.write(value, after);
    expect(await executor.read(value)).toEqual(Float32Array.of(...after, ...before.subarray(30 * cols)));
    executor.destroy();
  });

  test.skipIf(skipped)('done tells the time, later for later work', async () => {
    const { plan, ones, step } = counter();
    const executor = await open(plan);
    executor.write(ones, new Float32Array(4).fill(1));
    const before = performance.now();
    await executor.run('main', step);
    const first = executor.done();
    await executor.run('main', step);
    const second = executor.done();
    expect(await first).toBeGreaterThanOrEqual(before);
    expect(await second).toBeGreaterThanOrEqual(await first);
    executor.destroy();
  });

  test.skipIf(skipped).each([
    ['padded', 1, 1],
    ['padded', 3, 7],
    ['padded', 1000, 33],
    ['padded', 5, 64],
    ['packed', 3, 1],
    ['packed', 1001, 1],
    ['packed', 70_001, 4],
  ] as const)('%s values of %i × %i come back as they were written', async (layout, rows, cols) => {
    for (const dtype of ['f32', 'u32'] as const) {
      const g = newGraph();
      const value = input(g, 'v', 'activations', dtype, rows, cols, layout);
      const small = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: layout === 'padded' ? 96 * rows : 2 ** 27 };
      const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [value] }, small);
      if (layout === 'padded' && cols > 24) expect(plan.placements.length).toBeGreaterThan(1);
      const executor = await open(plan);
      const floats = randoms(rows * cols, 5);
      const data: HostArray = dtype === 'f32' ? floats : new Uint32Array(floats.buffer.slice(0));
      executor.write(value, data);
      const back = await executor.read(value);
      expect(back.constructor).toBe(data.constructor);
      expect(difference(back, data).error).toBe(0);
      executor.destroy();
    }
  });
});

describe(`WebGPU alone${NO_ADAPTER}`, () => {
  const cases = allCases().filter(({ name }) => /width 33|42 classes|Adam/.test(name));

  test.skipIf(NO_ADAPTER)('too many results under way are a programming error', async () => {
    const { plan, step } = counter();
    const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
    await executor.run('main', step);
    const pending = Array.from({ length: RESULT_STAGING }, () => executor.results());
    expect(() => executor.results()).toThrow(/at most 3 results/);
    await Promise.all(pending);
    await executor.results();
    executor.destroy();
  });

  test.skipIf(NO_ADAPTER).each(cases)(
    '$name: twice the same bits, joined, flushed or cut into many submits',
    async (c) => {
      const built = buildCase(c);
      const run = async (plan: Plan, times: number, flush: boolean) => {
        const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
        for (const [value, data] of [...built.inputs, ...built.weights]) executor.write(value, data);
        for (let i = 0; i < times; i++) {
          await executor.run('main', built.step);
          if (flush) await executor.done();
        }
        const arrays: HostArray[] = [];
        for (const value of [...built.outputs, ...built.gradients.values()]) arrays.push(await executor.read(value));
        executor.destroy();
        return arrays;
      };
      // So much work that every dispatch is a submit of its own.
      const heavy = (dispatch: Dispatch): Dispatch => ({ ...dispatch, at: (s) => ({ ...dispatch.at(s), work: 1e12 }) });
      const cut: Plan = { ...built.plan, routines: { main: built.plan.routines.main.map(heavy) } };
      const once = await run(built.plan, 3, false);
      expect(await run(built.plan, 3, false)).toEqual(once);
      expect(await run(built.plan, 3, true)).toEqual(once);
      expect(await run(cut, 3, false)).toEqual(once);
    },
  );

  test.skipIf(NO_ADAPTER).each(cases)("$name: the same bits on a device with WebGPU's default limits", async (c) => {
    const built = buildCase(c);
    const bits: HostArray[][] = [];
    for (const { device, description } of [gpu, atDefaults]) {
      const executor = await webgpuExecutor(device, description, built.plan);
      bits.push(await runCase(built, executor));
      executor.destroy();
    }
    expect(bits[1]).toEqual(bits[0]);
    expect(atDefaults.device.limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(atDefaults.device.limits.maxComputeInvocationsPerWorkgroup).toBe(256);
  });
});

test('poison shows a plan that reads a dead value', async () => {
  // Its gradients have parts that are merged later.
  const c = allCases().find(({ name }) => name === 'matmul tn 301 × 65 × 33')!;
  const built = buildCase(c);
  const good = await runCase(built, cpuExecutor(built.plan, { poison: true }));
  const dying = built.plan.placements.map((p) => (p.resident ? p : { ...p, to: p.from }));
  const early = { ...built.plan, placements: dying };
  const bad = await runCase(built, cpuExecutor(early, { poison: true }));
  expect(good.flatMap((array) => [...array]).some(Number.isNaN)).toBe(false);
  expect(bad.flatMap((array) => [...array]).some(Number.isNaN)).toBe(true);
});
