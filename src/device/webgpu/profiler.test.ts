import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DeviceLostError } from '../../config/errors.ts';
import { input, newGraph } from '../../tensor/graph.ts';
import type { Dispatch } from '../../tensor/op.ts';
import { relu } from '../../tensor/ops/activation.ts';
import { matmul } from '../../tensor/ops/matmul.ts';
import { DEFAULT_LIMITS, makePlan } from '../../tensor/plan.ts';
import { symbol } from '../../tensor/value.ts';
import { allCases } from '../testing/cases.ts';
import { adapter, NO_ADAPTER, testDevice } from '../testing/dawn.ts';
import { buildCase, randoms, runCase, SCALARS } from '../testing/opCase.ts';
import { webgpuExecutor } from './executor.ts';
import { durationOf, placeLaunches } from './profiler.ts';

/** Times of single kernels: all of them, none invented, and no result changed by it. */

test.each([
  ['what the clock says', 1_000_000n, 3_500_000n, 10, 2.5],
  ['nothing, below one step of the clock', 1_000_000n, 1_000_000n, 10, 0],
  ['all of the time that the host waited', 1_000_000n, 11_000_000n, 10, 10],
] as const)('a duration is %s', (_, begin, end, elapsed, ms) => {
  expect(durationOf(begin, end, elapsed)).toBe(ms);
});

test.each([
  ['a beginning that was lost', 0n, 3_500_000n, 10],
  ['an end that was lost', 1_000_000n, 0n, 10],
  ['both', 0n, 0n, 10],
  ['an end before the beginning', 3_500_000n, 1_000_000n, 10],
  ['a dispatch that took longer than the host waited for it', 1_000_000n, 101_000_000n, 10],
] as const)('there is no duration in %s', (_, begin, end, elapsed) => {
  expect(durationOf(begin, end, elapsed)).toBeNull();
});

/** Stamps of dispatches from pairs of milliseconds on the device's clock. */
const stamps = (...pairs: readonly (readonly [number, number])[]) =>
  BigUint64Array.from(pairs.flat(), (ms) => BigInt(Math.round(ms * 1e6)));

const HOST = { started: 100, submitted: 102, collected: 110 };

test.each([
  ['at the submit', stamps([7000, 7001], [7001, 7003]), HOST, [102, 103, 103, 105]],
  [
    'earlier where the run is longer than what follows its last submit',
    stamps([5, 9], [9, 12]),
    { ...HOST, submitted: 109 },
    [103, 107, 107, 110],
  ],
  ['one after the other, where the device did two at once', stamps([5, 7], [6, 8]), HOST, [102, 104, 104, 105]],
  ['within one that lasted longer, as nothing', stamps([5, 8], [6, 7]), HOST, [102, 105, 105, 105]],
] as const)('launches are placed %s', (_, times, host, expected) => {
  const placed = placeLaunches(times, [0, 1], host);
  expect(placed.map(({ dispatch }) => dispatch)).toEqual([0, 1]);
  expect(placed.flatMap(({ begin, end }) => [begin, end])).toEqual(expected);
});

test.each([
  ['that was lost', stamps([0, 6], [6, 7], [7, 9])],
  ['that takes longer than the host waited', stamps([5, 500], [6, 7], [7, 9])],
] as const)('a launch %s has no place, the others do', (_, times) => {
  expect(placeLaunches(times, [0, 1, 2], HOST)).toEqual([
    { dispatch: 1, begin: 102, end: 103 },
    { dispatch: 2, begin: 103, end: 105 },
  ]);
});

test('launches after a reset of the clock have no place, nor have those that were not launched', () => {
  expect(placeLaunches(stamps([50, 51], [51, 52], [1, 2]), [0, 2], HOST)).toEqual([
    { dispatch: 0, begin: 102, end: 103 },
  ]);
  expect(placeLaunches(stamps([50, 51]), [], HOST)).toEqual([]);
});

const step = (nodes: number) => ({ sizes: { nodes }, scalars: SCALARS, key: [1, 2] as const });

/** Two routines; `count` products in the first. */
function products(count: number) {
  const g = newGraph();
  g.routine = 'train';
  const x = input(g, 'x', 'activations', 'f32', symbol('nodes'), 8, 'padded');
  const w = input(g, 'w', 'parameters', 'f32', 8, 8, 'padded');
  let y = x;
  for (let i = 0; i < count; i++) y = matmul(g, y, w);
  g.routine = 'evaluate';
  const z = relu(g, x);
  const program = { graph: g, capacity: { nodes: 300 }, results: [], readable: [y, z] };
  const plan = makePlan(program, DEFAULT_LIMITS, { timestamps: true });
  return { plan, untimed: makePlan(program, DEFAULT_LIMITS), x, w, y };
}

const NO_TIMESTAMPS =
  NO_ADAPTER || (adapter?.features.has('timestamp-query') ? '' : ' (skipped: the adapter has no timestamps)');

describe.skipIf(NO_TIMESTAMPS)(`profiling${NO_TIMESTAMPS}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    gpu = await testDevice(undefined, ['timestamp-query']);
  });
  afterAll(() => gpu?.device.destroy());

  test('there is none on a device without timestamps, nor in a plan without', async () => {
    const { plan, untimed } = products(1);
    const timed = await webgpuExecutor(gpu.device, gpu.description, untimed);
    expect(timed.profile).toBeUndefined();
    timed.destroy();
    const bare = await testDevice();
    const executor = await webgpuExecutor(bare.device, bare.description, plan);
    expect(executor.profile).toBeUndefined();
    executor.destroy();
    bare.device.destroy();
  });

  test('every dispatch that was launched between start and stop, as often as it was', async () => {
    const { plan, x, w } = products(3);
    const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
    executor.write(x, randoms(2400, 1));
    executor.write(w, randoms(64, 2));
    const { held, peak } = executor.ledger;
    const profile = executor.profile!;
    await executor.run('train', step(300));
    expect(await profile.stop()).toEqual([]);
    const from = performance.now();
    profile.start();
    for (let i = 0; i < 5; i++) await executor.run('train', step(300));
    await executor.run('evaluate', step(300));
    // Launches nothing, so there is nothing to time.
    await executor.run('evaluate', step(0));
    const times = await profile.stop();
    const elapsed = performance.now() - from;
    await executor.run('evaluate', step(300));
    await executor.done();

    expect(times.map(({ routine, dispatch, launches }) => [routine, dispatch, launches])).toEqual([
      ['train', 0, 5],
      ['train', 1, 5],
      ['train', 2, 5],
      ['evaluate', 0, 1],
    ]);
    const sum = times.reduce((total, { ms }) => total + ms, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(elapsed + 1);
    expect(await profile.stop()).toEqual([]);
    expect([executor.ledger.held, executor.ledger.peak]).toEqual([held, peak]);
    executor.destroy();
  });

  test('each launch is told, in the order of the runs, within what the host saw of them', async () => {
    const { plan } = products(3);
    const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
    const told: [routine: string, dispatch: number, begin: number, end: number][] = [];
    executor.profile!.start((...launch) => told.push(launch));
    const moments = [performance.now()];
    for (let i = 0; i < 3; i++) {
      await executor.run('train', step(300));
      expect(told.map(([, dispatch]) => dispatch)).toEqual([0, 1, 2]);
      moments.push(...told.splice(0).flatMap(([, , begin, end]) => [begin, end]), performance.now());
    }
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    await executor.profile!.stop();
    await executor.run('train', step(300));
    executor.profile!.start();
    await executor.run('train', step(300));
    await executor.profile!.stop();
    expect(told).toEqual([]);
    executor.destroy();
  });

  test('start begins anew', async () => {
    const { plan } = products(1);
    const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
    const profile = executor.profile!;
    profile.start();
    await executor.run('train', step(300));
    profile.start();
    await executor.run('evaluate', step(300));
    expect((await profile.stop()).map(({ routine }) => routine)).toEqual(['evaluate']);
    executor.destroy();
  });

  test('more dispatches than a set of queries holds', async () => {
    const { plan } = products(2050);
    const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
    executor.profile!.start();
    await executor.run('train', step(4));
    const times = await executor.profile!.stop();
    expect(times.map(({ dispatch }) => dispatch)).toEqual(Array.from({ length: 2050 }, (_, i) => i));
    executor.destroy();
  });

  test('a step that goes in several submits is timed whole', async () => {
    const { plan } = products(3);
    const heavy = (d: Dispatch): Dispatch => ({ ...d, at: (s) => ({ ...d.at(s), work: 1e15 }) });
    const routines = { ...plan.routines, train: plan.routines.train.map(heavy) };
    const executor = await webgpuExecutor(gpu.device, gpu.description, { ...plan, routines });
    executor.profile!.start();
    await executor.run('train', step(300));
    const times = await executor.profile!.stop();
    expect(times.map(({ dispatch, launches }) => [dispatch, launches])).toEqual([0, 1, 2].map((i) => [i, 1]));
    executor.destroy();
  });

  test('runs that nobody waits for are carried out in order, timed or not', async () => {
    const { plan, x, w, y } = products(3);
    const results = [];
    for (const profiled of [false, true]) {
      const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
      executor.write(x, randoms(2400, 1));
      if (profiled) executor.profile!.start();
      const runs: Promise<void>[] = [];
      for (let i = 0; i < 7; i++) {
        executor.write(w, randoms(64, i));
        runs.push(executor.run('train', step(300)));
      }
      const out = executor.read(y);
      await Promise.all(runs);
      results.push(await out);
      const times = await executor.profile!.stop();
      if (profiled) expect(times[0].launches).toBeGreaterThan(0);
      executor.destroy();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0].some((value) => value !== 0)).toBe(true);
  });

  test.each(allCases().filter(({ name }) => /width 33|Adam|42 classes|33 × 257/.test(name)))(
    '$name: the same bits',
    async (c) => {
      const built = buildCase(c, DEFAULT_LIMITS, { timestamps: true });
      const plain = await webgpuExecutor(gpu.device, gpu.description, built.plan);
      const expected = await runCase(built, plain);
      plain.destroy();
      const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan);
      executor.profile!.start();
      expect(await runCase(built, executor)).toEqual(expected);
      const launches = built.plan.routines.main.map(
        (dispatch) => built.steps.filter((each) => dispatch.at(each).threads > 0).length,
      );
      const times = await executor.profile!.stop();
      for (const time of times) expect(time.launches).toBeLessThanOrEqual(launches[time.dispatch]);
      // Lost queries are left out; here nothing should be lost.
      expect(times).toHaveLength(launches.filter((count) => count > 0).length);
      executor.destroy();
    },
  );

  test('a device that is lost while times are on their way says so', async () => {
    const own = await testDevice(undefined, ['timestamp-query']);
    const executor = await webgpuExecutor(own.device, own.description, products(3).plan);
    executor.profile!.start();
    const run = executor.run('train', step(300));
    const stopped = executor.profile!.stop();
    own.device.destroy();
    const [first, second] = await Promise.allSettled([run, stopped]);
    expect(first).toMatchObject({ reason: expect.any(DeviceLostError) });
    expect(second).toMatchObject({ reason: expect.any(DeviceLostError) });
    executor.destroy();
  });
});
