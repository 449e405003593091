import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { input, newGraph, state } from '../../tensor/graph.ts';
import type { Dispatch } from '../../tensor/op.ts';
import { accumulate } from '../../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan, PARAMETER_BLOCKS, type Plan } from '../../tensor/plan.ts';
import { NO_ADAPTER, testDevice } from '../testing/dawn.ts';
import { SCALARS } from '../testing/opCase.ts';
import { webgpuExecutor } from './executor.ts';

/** How far the host runs ahead of the device, on a device that says when its work is done only when it is told to. */

const stepOf = (work: number) => ({ sizes: {}, scalars: { ...SCALARS, firstPart: 0, work }, key: [1, 2] as const });
const small = stepOf(1);

/** Three sums, each with as much work as the step says. */
function threeDispatches(): Plan {
  const g = newGraph();
  const ones = input(g, 'ones', 'activations', 'f32', 1, 4, 'padded');
  for (const name of ['a', 'b', 'c']) accumulate(g, state(g, name, 'parameters', 1, 4), ones);
  const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [] }, DEFAULT_LIMITS);
  const heavy = (dispatch: Dispatch): Dispatch => ({
    ...dispatch,
    at: (s) => ({ ...dispatch.at(s), work: s.scalars.work }),
  });
  return { ...plan, routines: { main: plan.routines.main.map(heavy) } };
}

/** Lets promises that can settle do so. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe(`submits in flight${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  /** The real device with a clock of its own: `unfinished` are the submits that it has not called done. */
  function slowDevice() {
    const unfinished: (() => void)[] = [];
    const bound = (target: object, key: string | symbol) => {
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    };
    const queue = new Proxy(gpu.device.queue, {
      get: (target, key) =>
        key === 'onSubmittedWorkDone'
          ? () => new Promise<void>((resolve) => unfinished.push(resolve))
          : bound(target, key),
    });
    const device = new Proxy(gpu.device, { get: (target, key) => (key === 'queue' ? queue : bound(target, key)) });
    return { device, unfinished };
  }

  test.skipIf(NO_ADAPTER)('a run in several submits waits until two are left, not for one of them', async () => {
    const { device, unfinished } = slowDevice();
    const executor = await webgpuExecutor(device, gpu.description, threeDispatches());
    for (let n = 0; n < 4; n++) {
      let accepted = false;
      // Far more than the work that has been timed so far: every dispatch becomes a submit of its own.
      const run = executor.run('main', stepOf(10 ** (12 + 9 * n))).then(() => {
        accepted = true;
      });
      await settle();
      expect(unfinished).toHaveLength(n === 0 ? 3 : 5);
      while (unfinished.length > 2) {
        expect(accepted).toBe(false);
        unfinished.shift()!();
        await settle();
      }
      expect(accepted).toBe(true);
      await run;
    }
    executor.destroy();
  });

  test.skipIf(NO_ADAPTER)('small steps wait for nothing until three submits are full', async () => {
    const { device, unfinished } = slowDevice();
    const executor = await webgpuExecutor(device, gpu.description, threeDispatches());
    for (let n = 1; n < 3 * PARAMETER_BLOCKS; n++) await executor.run('main', small);
    expect(unfinished).toHaveLength(2);
    let accepted = false;
    executor.run('main', small).then(() => {
      accepted = true;
    });
    await settle();
    expect([unfinished.length, accepted]).toEqual([3, false]);
    unfinished.shift()!();
    await settle();
    expect(accepted).toBe(true);
    executor.destroy();
  });

  test.skipIf(NO_ADAPTER)('done waits for the last submit', async () => {
    const { device, unfinished } = slowDevice();
    const executor = await webgpuExecutor(device, gpu.description, threeDispatches());
    await executor.run('main', small);
    let time = 0;
    const done = executor.done().then((at) => {
      time = at;
    });
    await settle();
    expect([unfinished.length, time]).toEqual([1, 0]);
    const before = performance.now();
    unfinished.shift()!();
    await done;
    expect(time).toBeGreaterThanOrEqual(before);
    executor.destroy();
  });
});
