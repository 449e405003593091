import { describe, expect, test } from 'vitest';
import { DeviceError, DeviceLostError } from '../../config/errors.ts';
import { input, newGraph, state } from '../../tensor/graph.ts';
import { accumulate } from '../../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan } from '../../tensor/plan.ts';
import { gpu as dawn, NO_ADAPTER, testDevice } from '../testing/dawn.ts';
import { SCALARS } from '../testing/opCase.ts';
import { describeAdapter, findAdapter, openDevice } from './adapter.ts';
import { countBuffers } from './countBuffers.ts';
import { webgpuExecutor } from './executor.ts';

/** A device that goes away: every call that waits ends, and says that it was this. */

const step = { sizes: {}, scalars: { ...SCALARS, firstPart: 0 }, key: [1, 2] as const };

/** A running sum, large enough that many steps keep the device busy. */
function sums() {
  const g = newGraph();
  const x = input(g, 'x', 'activations', 'f32', 40_000, 16, 'padded');
  const total = state(g, 'total', 'optimizer', 40_000, 16);
  const result = state(g, 'result', 'results', 1, 4);
  accumulate(g, total, x);
  const plan = makePlan({ graph: g, capacity: {}, results: [result], readable: [x, total] }, DEFAULT_LIMITS);
  return { plan, x, total };
}

/** The device, but nothing that takes time ever ends: as browsers may leave it when the device is lost. */
function silent(device: GPUDevice): GPUDevice {
  const never = () => new Promise(() => {});
  const proxy = (target: object, changes: Record<string, (made: unknown) => unknown>): unknown =>
    new Proxy(target, {
      get(_, key) {
        const value = Reflect.get(target, key);
        const bound = typeof value === 'function' ? value.bind(target) : value;
        return key in changes ? changes[key as string](bound) : bound;
      },
    });
  const queue = proxy(device.queue, { onSubmittedWorkDone: () => never });
  return proxy(device, {
    queue: () => queue,
    createBuffer: (create) => (descriptor: GPUBufferDescriptor) => {
      const buffer = (create as GPUDevice['createBuffer'])(descriptor);
      buffer.mapAsync = never as GPUBuffer['mapAsync'];
      return buffer;
    },
  }) as GPUDevice;
}

describe.skipIf(NO_ADAPTER)(`a lost device${NO_ADAPTER}`, () => {
  test.each([
    ['that says so everywhere', (device: GPUDevice) => device],
    ['that leaves every wait pending', silent],
  ])('%s: all that waits rejects', async (_, wrap) => {
    const { device, description } = await testDevice();
    const { plan, total } = sums();
    const executor = await webgpuExecutor(wrap(device), description, plan);
    const waits: Promise<unknown>[] = [];
    const run = async () => {
      for (;;) await executor.run('main', step);
    };
    waits.push(run(), executor.results(), executor.read(total), executor.read(total), executor.done());
    const settled = Promise.allSettled(waits);
    device.destroy();
    const reasons = (await settled).map((result) => (result.status === 'rejected' ? result.reason : result));
    for (const reason of reasons) expect(reason).toBeInstanceOf(DeviceLostError);
    expect(String(reasons[0])).toMatch(/^DeviceError: the device was lost .*; reload, or run on the CPU$/);
    await expect(executor.run('main', step)).rejects.toThrow(DeviceLostError);
    executor.destroy();
    expect(executor.ledger.held).toBe(0);
  });

  test.each([0, 1, 5])('after %i buffers: opening rejects, and nothing stays', async (after) => {
    const counted = countBuffers(dawn);
    const adapter = (await findAdapter(counted.gpu))!;
    const device = await openDevice(adapter, DEFAULT_LIMITS);
    let allocated = 0;
    const onAllocate = () => {
      if (++allocated === after) device.destroy();
    };
    if (after === 0) device.destroy();
    const opened = webgpuExecutor(device, describeAdapter(adapter), sums().plan, { onAllocate });
    await expect(opened).rejects.toThrow(DeviceLostError);
    expect(counted.held()).toBe(0);
  });

  test('a refused command is an error of another kind, until the device is lost', async () => {
    const { device, description, limits } = await testDevice();
    const { plan } = sums();
    const executor = await webgpuExecutor(device, description, plan);
    const told = new Promise((resolve) => device.addEventListener('uncapturederror', resolve));
    device.createBuffer({ size: limits.maxBufferSize + 4, usage: GPUBufferUsage.STORAGE });
    await told;
    const refused = await executor.run('main', step).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DeviceError);
    expect(refused).not.toBeInstanceOf(DeviceLostError);
    expect(String(refused)).toMatch(/the device refused a command \(.+\); run again/);
    device.destroy();
    await device.lost;
    await expect(executor.done()).rejects.toThrow(DeviceLostError);
    executor.destroy();
  });

  test('a read-back that fails on a device that lives is not a lost device', async () => {
    const { device, description } = await testDevice();
    const { plan, total } = sums();
    const executor = await webgpuExecutor(device, description, plan);
    const reading = executor.read(total).catch((error: unknown) => error);
    executor.destroy();
    const error = await reading;
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).not.toBeInstanceOf(DeviceLostError);
    device.destroy();
  });
});
