import { describe, expect, it } from 'vitest';
import { openDawn } from './dawn.ts';
import { findDrivers } from './drivers.ts';

const NOWHERE = { manifest: '/nonexistent/driver.json', name: 'a driver that is not there' };

describe('findDrivers', () => {
  const chromium = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const env = { PLAYWRIGHT_BROWSERS_PATH: '/nonexistent' };

  it('asks the system first and SwiftShader beside a browser last', () => {
    expect(findDrivers(env, 'linux', (path) => path === chromium)).toEqual([
      { manifest: null, name: "the system's Vulkan driver" },
      { manifest: chromium, name: `SwiftShader (${chromium})` },
    ]);
    expect(findDrivers(env, 'linux', () => false)).toHaveLength(1);
  });

  it('tries nothing but what the user named', () => {
    for (const variable of ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES']) {
      const drivers = findDrivers({ ...env, [variable]: '/x.json' }, 'linux', () => true);
      expect(drivers).toEqual([{ manifest: null, name: `the Vulkan driver in ${variable} (/x.json)` }]);
    }
  });

  it('leaves Windows and macOS to Dawn', () => {
    expect(findDrivers({}, 'darwin', () => true)).toHaveLength(1);
    expect(findDrivers({}, 'win32', () => true)).toHaveLength(1);
  });
});

describe.runIf(process.platform === 'linux')('openDawn', () => {
  it('goes on to the next driver where one gives no adapter', async () => {
    const dawn = await openDawn([NOWHERE, ...findDrivers()]);
    if (typeof dawn === 'string') throw new Error(dawn);
    expect(dawn.driver).not.toBe(NOWHERE.name);
    const adapter = await dawn.gpu.requestAdapter({ powerPreference: 'high-performance' });
    const device = await adapter?.requestDevice();
    expect(device?.limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
    device?.destroy();
    await device?.lost;
    dawn.close();
  });

  it('says what it tried where there is none, and leaves the environment as it was', async () => {
    const before = process.env.VK_DRIVER_FILES;
    expect(await openDawn([NOWHERE])).toBe('no WebGPU adapter from a driver that is not there');
    expect(process.env.VK_DRIVER_FILES).toBe(before);
  });
});
