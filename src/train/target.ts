import { DeviceError } from '../config/errors.ts';
import { CPU, cpuExecutor } from '../device/cpu/executor.ts';
import type { Executor } from '../device/executor.ts';
import { adapterLimits, describeAdapter, findAdapter, openDevice } from '../device/webgpu/adapter.ts';
import { webgpuExecutor } from '../device/webgpu/executor.ts';
import type { DeviceInfo } from '../run/record.ts';
import { DEFAULT_LIMITS, type Limits, type Plan } from '../tensor/plan.ts';

/** Where a run goes. */
export type Backend = { readonly kind: 'webgpu'; readonly gpu: GPU } | { readonly kind: 'cpu' };

export interface Target {
  readonly limits: Limits;
  readonly device: DeviceInfo;
  /** Opens the device and allocates the plan on it. `close` releases both. */
  open(plan: Plan): Promise<{ executor: Executor; close(): void }>;
}

/** @throws DeviceError where there is no adapter */
export async function findTarget(backend: Backend): Promise<Target> {
  if (backend.kind === 'cpu') {
    // No binding limit on the host; the largest typed array is a few GiB.
    const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 2 ** 32, maxBufferSize: 2 ** 32 };
    const open = async (plan: Plan) => {
      const executor = cpuExecutor(plan);
      return { executor, close: () => executor.destroy() };
    };
    return { limits, device: CPU, open };
  }
  const adapter = await findAdapter(backend.gpu);
  if (!adapter) {
    throw new DeviceError('no WebGPU adapter was found: install a Vulkan driver, or run with --backend cpu.');
  }
  const limits = adapterLimits(adapter);
  const description = describeAdapter(adapter);
  const open = async (plan: Plan) => {
    const device = await openDevice(adapter, limits);
    try {
      const executor = await webgpuExecutor(device, description, plan);
      const close = () => {
        executor.destroy();
        device.destroy();
      };
      return { executor, close };
    } catch (error) {
      device.destroy();
      throw error;
    }
  };
  return { limits, device: description, open };
}
