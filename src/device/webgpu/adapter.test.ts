import { expect, test } from 'vitest';
import { DeviceError } from '../../config/errors.ts';
import { DEFAULT_LIMITS } from '../../tensor/plan.ts';
import { NO_ADAPTER, adapter as real, testDevice } from '../testing/dawn.ts';
import { adapterLimits, describeAdapter, findAdapter, openDevice } from './adapter.ts';

/** What adapters call themselves, through Dawn and in Chrome. */
const info = (vendor: string, architecture: string, description: string, isFallbackAdapter = false) =>
  ({ info: { vendor, architecture, description, device: '', isFallbackAdapter } }) as GPUAdapter;

test.each([
  ['lavapipe', info('mesa', '', 'llvmpipe (LLVM 19.1.7, 256 bits)')],
  ['SwiftShader', info('google', 'swiftshader', 'SwiftShader Device (LLVM 10.0.0)')],
  ['SwiftShader without a description', info('google', 'swiftshader', '')],
  ['WARP', info('microsoft', '', 'Microsoft Basic Render Driver')],
  ['a fallback adapter of any name', info('', '', '', true)],
])('%s is software', (_, adapter) => {
  expect(describeAdapter(adapter).software).toBe(true);
});

test.each([
  ['NVIDIA', info('nvidia', 'ampere', 'NVIDIA GeForce RTX 3060')],
  ['Intel', info('intel', 'gen-12lp', 'Intel(R) Iris(R) Xe Graphics (TGL GT2)')],
  ['AMD through Mesa', info('amd', 'rdna-3', 'AMD Radeon RX 7600 (RADV NAVI33)')],
  ['Apple', info('apple', 'metal-3', '')],
  ['a browser that says nothing', info('', '', '')],
])('%s is a GPU', (_, adapter) => {
  expect(describeAdapter(adapter)).toMatchObject({ backend: 'webgpu', software: false });
});

test('no adapter is null, not an exception', async () => {
  expect(await findAdapter({ requestAdapter: async () => null } as unknown as GPU)).toBeNull();
});

test('an adapter that gives no device is named in the sentence', async () => {
  const adapter = {
    ...info('acme', '', 'Acme 3000'),
    features: new Set(),
    requestDevice: () => Promise.reject(new Error('all in use')),
  } as unknown as GPUAdapter;
  const opened = openDevice(adapter, DEFAULT_LIMITS);
  await expect(opened).rejects.toThrow(DeviceError);
  await expect(opened).rejects.toThrow(/^the adapter 'Acme 3000' gave no device: all in use$/);
});

test('features are asked for where they are wanted and the adapter has them', async () => {
  const asked: GPUDeviceDescriptor[] = [];
  const adapter = {
    ...info('acme', '', 'Acme 3000'),
    features: new Set(['timestamp-query', 'shader-f16', 'subgroups']),
    requestDevice: async (descriptor: GPUDeviceDescriptor) => asked.push(descriptor),
  } as unknown as GPUAdapter;
  await openDevice(adapter, DEFAULT_LIMITS);
  await openDevice(adapter, DEFAULT_LIMITS, ['timestamp-query', 'rg11b10ufloat-renderable']);
  expect(asked.map(({ requiredFeatures }) => requiredFeatures)).toEqual([
    ['subgroups'],
    ['subgroups', 'timestamp-query'],
  ]);
});

test.skipIf(NO_ADAPTER)(`a device has the limits that were asked for, not more${NO_ADAPTER}`, async () => {
  const all = await testDevice();
  expect(adapterLimits(real!)).toEqual(all.limits);
  expect(Object.keys(all.limits).sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
  for (const limit of Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[]) {
    expect(all.device.limits[limit], limit).toBe(all.limits[limit]);
  }
  all.device.destroy();
  await expect(openDevice(real!, { ...all.limits, maxBufferSize: 2 ** 52 })).rejects.toThrow(DeviceError);
});
