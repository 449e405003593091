import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DeviceError } from '../config/errors.ts';
import { DEFAULT_LIMITS, type Plan } from '../tensor/plan.ts';
import { cpuBytes } from './cpu/bytes.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { allCases } from './testing/cases.ts';
import { gpu as dawn, NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, runCase } from './testing/opCase.ts';
import { adapterLimits, describeAdapter, findAdapter, openDevice } from './webgpu/adapter.ts';
import { allocate } from './webgpu/allocator.ts';
import { countBuffers } from './webgpu/countBuffers.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

const cases = allCases().filter(({ name }) => /width 33|Adam|42 classes/.test(name));

test.each(cases)('$name: the CPU allocates what cpuBytes says', async (c) => {
  const { plan } = buildCase(c);
  const executor = cpuExecutor(plan);
  expect(executor.ledger.peak).toBe(cpuBytes(plan));
  // Whole pages of WebAssembly's memory.
  expect(cpuBytes(plan) % 65536).toBe(0);
  expect(cpuBytes(plan) - executor.ledger.byPurpose.pages).toBeLessThan(plan.bytes);
  expect(executor.ledger.byPurpose.pages).toBeLessThan(65536);
});

/** What the ledger holds after each of these buffers. */
function sumsOf(buffers: readonly { bytes: number }[]): number[] {
  let held = 0;
  return buffers.map(({ bytes }) => {
    held += bytes;
    return held;
  });
}

test('the CPU tells of each buffer that it allocates', () => {
  const { plan } = buildCase(cases[0]);
  const told: number[] = [];
  const executor = cpuExecutor(plan, { onAllocate: ({ held }) => told.push(held) });
  const values = plan.buffers.filter(({ purpose }) => purpose !== 'uniforms' && purpose !== 'staging');
  expect(told).toEqual(sumsOf([...values, { bytes: executor.ledger.byPurpose.pages }]));
  expect(told.length).toBeGreaterThan(3);
});

test('a CPU without enough memory says so in one sentence', () => {
  const { plan } = buildCase(cases[0]);
  const buffers = plan.buffers.map((buffer, i) => (i === 1 ? { ...buffer, bytes: 2 ** 52 } : buffer));
  const open = () => cpuExecutor({ ...plan, buffers });
  expect(open).toThrow(DeviceError);
  expect(open).toThrow(
    /^there is no memory for the \d{16} bytes of this plan \(Array buffer allocation failed\); set memory/,
  );
});

describe(`bytes on the device${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  const timed = [false, true].flatMap((timestamps) => cases.map((c) => ({ ...c, timestamps })));
  const title = '$name, timestamps $timestamps: plan = ledger = counted outside, and nothing is left';
  test.skipIf(NO_ADAPTER).each(timed)(title, async ({ timestamps, ...c }) => {
    const counted = countBuffers(dawn);
    const adapter = (await findAdapter(counted.gpu))!;
    const device = await openDevice(adapter, adapterLimits(adapter), ['timestamp-query']);
    const built = buildCase(c, DEFAULT_LIMITS, { timestamps });
    const executor = await webgpuExecutor(device, describeAdapter(adapter), built.plan);
    expect(executor.profile !== undefined).toBe(timestamps && device.features.has('timestamp-query'));
    executor.profile?.start();
    await runCase(built, executor);
    await executor.profile?.stop();
    expect(executor.ledger.peak).toBe(built.plan.bytes);
    expect(counted.peak()).toBe(built.plan.bytes);
    expect(Object.values(executor.ledger.byPurpose).reduce((a, b) => a + b, 0)).toBe(built.plan.bytes);
    executor.destroy();
    expect(executor.ledger.held).toBe(0);
    expect(counted.held()).toBe(0);
    device.destroy();
  });

  const { plan } = buildCase(cases[0]);

  test.skipIf(NO_ADAPTER)('the device tells of each buffer that it allocates', async () => {
    const told: number[] = [];
    const allocation = await allocate(gpu.device, plan, { onAllocate: ({ held }) => told.push(held) });
    expect(told).toEqual(sumsOf(plan.buffers));
    allocation.destroy();
  });

  /** The real device, but its nth buffer is refused in some way. */
  function refusing(nth: number, refuse: (descriptor: GPUBufferDescriptor) => GPUBuffer) {
    const alive = new Set<GPUBuffer>();
    let count = 0;
    const device = new Proxy(gpu.device, {
      get(target, key) {
        if (key === 'createBuffer') {
          return (descriptor: GPUBufferDescriptor) => {
            if (++count === nth) return refuse(descriptor);
            const buffer = target.createBuffer(descriptor);
            alive.add(buffer);
            const destroy = buffer.destroy.bind(buffer);
            buffer.destroy = () => {
              alive.delete(buffer);
              return destroy();
            };
            return buffer;
          };
        }
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { device, alive };
  }

  test.skipIf(NO_ADAPTER)('an allocation that throws is a sentence with the numbers, and nothing stays', async () => {
    const { device, alive } = refusing(3, () => {
      throw new Error('no memory');
    });
    const held = plan.buffers[0].bytes + plan.buffers[1].bytes;
    const failed = allocate(device, plan);
    await expect(failed).rejects.toThrow(DeviceError);
    await expect(failed).rejects.toThrow(
      new RegExp(
        `refused ${plan.buffers[2].bytes} bytes for '.*' while ${held} of the planned ${plan.bytes} .*memory\\.gpuBudget`,
      ),
    );
    expect(alive.size).toBe(0);
  });

  test.skipIf(NO_ADAPTER)('an allocation that fails through an error scope is the same sentence', async () => {
    const { device, alive } = refusing(2, (descriptor) =>
      // Over the device's own limit: a real validation error.
      gpu.device.createBuffer({ ...descriptor, size: gpu.limits.maxBufferSize + 4 }),
    );
    // What was refused is not held, although the device handed out an object for it.
    const [first, second] = plan.buffers;
    await expect(allocate(device, plan)).rejects.toThrow(
      new RegExp(
        `^the device refused ${second.bytes} bytes for '.*' while ${first.bytes} of the planned ${plan.bytes} `,
      ),
    );
    expect(alive.size).toBe(0);
  });

  test.skipIf(NO_ADAPTER)('memory that runs out is the same sentence', async () => {
    // Software adapters promise any amount of memory, so the device's answer is put into its mouth.
    const { device, alive } = refusing(4, (descriptor) => gpu.device.createBuffer(descriptor));
    let scopes = 0;
    const short = new Proxy(device, {
      get(target, key) {
        if (key !== 'popErrorScope') return Reflect.get(target, key);
        return async () => {
          const error = await gpu.device.popErrorScope();
          // Two scopes for each buffer; memory is the outer one.
          return ++scopes === 8 ? new GPUOutOfMemoryError('out of device memory') : error;
        };
      },
    });
    const held = plan.buffers.slice(0, 3).reduce((sum, { bytes }) => sum + bytes, 0);
    const failed = allocate(short, plan);
    await expect(failed).rejects.toThrow(DeviceError);
    await expect(failed).rejects.toThrow(`refused ${plan.buffers[3].bytes} bytes`);
    await expect(failed).rejects.toThrow(
      `while ${held} of the planned ${plan.bytes} bytes were held (out of device memory); set `,
    );
    expect(alive.size).toBe(0);
  });

  test.skipIf(NO_ADAPTER)('a buffer that the device really refuses', async () => {
    const bytes = 4 * Math.floor(gpu.limits.maxBufferSize / 4) + 4;
    const buffers: Plan['buffers'] = [{ bytes, purpose: 'activations', label: 'huge' }];
    await expect(allocate(gpu.device, { ...plan, buffers, bytes })).rejects.toThrow(
      `the device refused ${bytes} bytes for 'huge' while 0 of the planned ${bytes} bytes were held`,
    );
  });

  test.skipIf(NO_ADAPTER)('a device that was lost says so at the next call', async () => {
    const adapter = (await findAdapter(dawn))!;
    const device = await openDevice(adapter, DEFAULT_LIMITS);
    const built = buildCase(cases[0]);
    const executor = await webgpuExecutor(device, describeAdapter(adapter), built.plan);
    await runCase(built, executor);
    device.destroy();
    await device.lost;
    await expect(executor.run('main', built.step)).rejects.toThrow(DeviceError);
    expect(() => executor.results()).toThrow(/the device was lost/);
  });
});
