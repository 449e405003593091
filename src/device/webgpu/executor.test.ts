import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DeviceError } from '../../config/errors.ts';
import { input, newGraph, state } from '../../tensor/graph.ts';
import type { Dispatch } from '../../tensor/op.ts';
import { relu } from '../../tensor/ops/activation.ts';
import { accumulate } from '../../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan, PARAMETER_BLOCKS, type Plan } from '../../tensor/plan.ts';
import { symbol } from '../../tensor/value.ts';
import { gpu as dawn, NO_ADAPTER, testDevice } from '../testing/dawn.ts';
import { randoms, SCALARS } from '../testing/opCase.ts';
import { describeAdapter, findAdapter, openDevice } from './adapter.ts';
import { countBuffers } from './countBuffers.ts';
import { webgpuExecutor } from './executor.ts';

/** What only the WebGPU executor does: it joins and cuts submits, compiles, and can lose its device. */

const step = { sizes: {}, scalars: { ...SCALARS, firstPart: 0 }, key: [1, 2] as const };

/** Copies x to y where there are rows; a batch without rows launches nothing. */
function sized() {
  const g = newGraph();
  const x = input(g, 'x', 'activations', 'f32', symbol('nodes'), 4, 'padded');
  const y = relu(g, x);
  const plan = makePlan({ graph: g, capacity: { nodes: 3 }, results: [], readable: [y] }, DEFAULT_LIMITS);
  return { plan, x, y };
}

/** A running sum of a value that is larger than the staging buffer of large reads. */
function large() {
  const g = newGraph();
  const [rows, cols] = [40_000, 5];
  const x = input(g, 'x', 'activations', 'f32', rows, cols, 'padded');
  const total = state(g, 'total', 'optimizer', rows, cols);
  accumulate(g, total, x);
  const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [x, total] }, DEFAULT_LIMITS);
  return { plan, x, total, length: rows * cols };
}

describe(`WebGPU executor${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());
  const open = (plan: Plan) => webgpuExecutor(gpu.device, gpu.description, plan);

  test.skipIf(NO_ADAPTER)('any number of steps that launch nothing leaves room for the next one', async () => {
    const { plan, x, y } = sized();
    const executor = await open(plan);
    executor.write(
      x,
      Float32Array.from({ length: 12 }, (_, i) => i),
    );
    for (let i = 0; i < 2 * PARAMETER_BLOCKS + 1; i++) await executor.run('main', { ...step, sizes: { nodes: 0 } });
    await executor.run('main', { ...step, sizes: { nodes: 3 } });
    expect([...(await executor.read(y))]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    executor.destroy();
  });

  test.skipIf(NO_ADAPTER)('a step of much work goes in several submits, small steps share one', async () => {
    const { plan, x, total } = large();
    const counted = async (work: number, runs: number) => {
      const three = Array.from({ length: 3 }, () => plan.routines.main).flat();
      const heavy = (d: Dispatch): Dispatch => ({ ...d, at: (s) => ({ ...d.at(s), work }) });
      const { bytes } = plan.buffers.find(({ purpose }) => purpose === 'uniforms')!;
      const buffers = plan.buffers.map((b) => (b.purpose === 'uniforms' ? { ...b, bytes: 3 * bytes } : b));
      const executor = await open({ ...plan, routines: { main: three.map(heavy) }, buffers });
      executor.write(x, randoms(200_000, 1));
      const { submit } = gpu.device.queue;
      let submits = 0;
      gpu.device.queue.submit = function (...args) {
        submits++;
        return submit.apply(this, args);
      };
      for (let i = 0; i < runs; i++) await executor.run('main', step);
      await executor.done();
      gpu.device.queue.submit = submit;
      const out = await executor.read(total);
      executor.destroy();
      return { submits, out };
    };
    expect((await counted(1, PARAMETER_BLOCKS)).submits).toBe(1);
    const [whole, cut] = [await counted(1, 1), await counted(1e12, 1)];
    expect([whole.submits, cut.submits]).toEqual([1, 3]);
    expect(cut.out).toEqual(whole.out);
    expect(cut.out.some((value) => value !== 0)).toBe(true);
  });

  test.skipIf(NO_ADAPTER)('reads asked for at once take turns', async () => {
    const { plan, x, total, length } = large();
    const executor = await open(plan);
    const ones = new Float32Array(length).fill(1);
    executor.write(x, ones);
    await executor.run('main', step);
    const first = executor.read(total);
    const second = executor.read(x);
    expect(await second).toEqual(ones);
    expect(await first).toEqual(ones);
    executor.destroy();
  });

  test.skipIf(NO_ADAPTER)('a read gives what was there when it was asked for, although a write follows', async () => {
    const { plan, x } = sized();
    const executor = await open(plan);
    const [before, after] = [new Float32Array(12).fill(1), new Float32Array(12).fill(2)];
    executor.write(x, before);
    const reading = executor.read(x);
    executor.write(x, after);
    expect(await reading).toEqual(before);
    expect(await executor.read(x)).toEqual(after);
    executor.destroy();
  });

  test.skipIf(NO_ADAPTER)('a kernel that does not compile leaves no buffer behind', async () => {
    const counted = countBuffers(dawn);
    const adapter = (await findAdapter(counted.gpu))!;
    const device = await openDevice(adapter, DEFAULT_LIMITS);
    device.pushErrorScope('validation');
    const edit = (code: string) => code.replace('fn elementwise(', 'fn elementwise(oops ');
    const opened = webgpuExecutor(device, describeAdapter(adapter), sized().plan, { edit });
    await expect(opened).rejects.toThrow();
    expect(counted.peak()).toBeGreaterThan(0);
    expect(counted.held()).toBe(0);
    await device.popErrorScope();
    device.destroy();
  });

  test.skipIf(NO_ADAPTER)('a device that is lost while values are on their way says so', async () => {
    const adapter = (await findAdapter(dawn))!;
    const device = await openDevice(adapter, DEFAULT_LIMITS);
    const { plan, x, total, length } = large();
    const executor = await webgpuExecutor(device, describeAdapter(adapter), plan);
    executor.write(x, new Float32Array(length));
    await executor.run('main', step);
    const reading = executor.read(total).catch((error: unknown) => error);
    device.destroy();
    await device.lost;
    const error = await reading;
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as Error).message).toMatch(/lost|could not be read back/);
    await expect(executor.read(total)).rejects.toThrow(/the device was lost .*run on the CPU/);
    await expect(executor.done()).rejects.toThrow(DeviceError);
    expect(() => executor.write(x, new Float32Array(length))).toThrow(DeviceError);
  });
});
