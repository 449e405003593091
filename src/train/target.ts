import { DeviceError, DeviceLostError } from '../config/errors.ts';
import { CPU } from '../device/cpu/bytes.ts';
import type { Executor } from '../device/executor.ts';
import type { Ledger } from '../device/ledger.ts';
import type { Tiling, Tilings } from '../device/tiling.ts';
import { adapterLimits, describeAdapter, findAdapter, openDevice } from '../device/webgpu/adapter.ts';
import { webgpuExecutor } from '../device/webgpu/executor.ts';
import type { DeviceInfo, RunRecord } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { DEFAULT_LIMITS, type Limits, type Plan, TIMESTAMPS } from '../tensor/plan.ts';

/** Where a run goes. */
export type Backend =
  | {
      readonly kind: 'webgpu';
      readonly gpu: GPU;
      /** Kernels are tuned where their tiles can be remembered. */
      readonly tilings?: Tilings;
      /** A run that is repeated: on its own device, kernels run in its tiles. */
      readonly repeats?: Pick<RunRecord, 'engine' | 'device' | 'tiles'>;
    }
  | { readonly kind: 'cpu' };

export interface Target {
  readonly limits: Limits;
  readonly device: DeviceInfo;
  /** Opens the device and allocates the plan on it; `onAllocate` is called after each buffer. */
  open(plan: Plan, onAllocate?: (ledger: Ledger) => void): Promise<OpenTarget>;
}

export interface OpenTarget {
  readonly executor: Executor;
  /** Makes the device go away as a driver reset would; nothing on the CPU. */
  lose(): void;
  /** Releases everything. */
  close(): void;
}

/** @throws DeviceError where there is no adapter */
export async function findTarget(backend: Backend): Promise<Target> {
  if (backend.kind === 'cpu') {
    // No binding limit on the host; the largest typed array is a few GiB.
    const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 2 ** 32, maxBufferSize: 2 ** 32 };
    const open = async (plan: Plan, onAllocate?: (ledger: Ledger) => void) => {
      // All kernels once more: nothing that a page with a GPU should wait for.
      const { cpuExecutor } = await import('../device/cpu/executor.ts');
      const executor = cpuExecutor(plan, { onAllocate });
      return { executor, lose: () => {}, close: () => executor.destroy() };
    };
    return { limits, device: CPU, open };
  }
  const adapter = await findAdapter(backend.gpu);
  if (!adapter) {
    throw new DeviceError('no WebGPU adapter was found: install a Vulkan driver, or run on the CPU.');
  }
  const limits = adapterLimits(adapter);
  const description = describeAdapter(adapter);
  // An adapter gives one device; a run that goes on in another plan asks for another.
  let unused: GPUAdapter | null = adapter;
  const open = async (plan: Plan, onAllocate?: (ledger: Ledger) => void) => {
    const source = unused ?? (await findAdapter(backend.gpu));
    unused = null;
    if (!source) throw new DeviceLostError('the WebGPU adapter is gone; reload, or run on the CPU');
    const timed = plan.buffers.some(({ label }) => label === TIMESTAMPS);
    const device = await openDevice(source, limits, timed ? ['timestamp-query'] : []);
    try {
      const { repeats, tilings } = backend;
      const known = repeats && isOwn(repeats, description) ? { tiling: { ...repeats.tiles } } : null;
      const tuning = known ?? (tilings && (await remembered(tilings, description)));
      const executor = await webgpuExecutor(device, description, plan, { onAllocate, ...tuning });
      const close = () => {
        executor.destroy();
        device.destroy();
      };
      return { executor, lose: () => device.destroy(), close };
    } catch (error) {
      device.destroy();
      throw error;
    }
  };
  return { limits, device: description, open };
}

/** Whether the run is one of this version on this device: another has other kernels, or likes others. */
function isOwn({ engine, device }: Pick<RunRecord, 'engine' | 'device'>, here: DeviceInfo): boolean {
  const names = ({ backend, vendor, architecture, description }: DeviceInfo) =>
    JSON.stringify([backend, vendor, architecture, description]);
  return engine === ENGINE_VERSION && names(device) === names(here);
}

/** Raised when kernels, or how they are timed, change so much that what was chosen before is worth little. */
const TUNING = 4;

/** The tiles that are known of a device. Another version of the engine has other kernels. */
async function remembered(tilings: Tilings, { vendor, architecture, description }: DeviceInfo) {
  const name = [ENGINE_VERSION, TUNING, vendor, architecture, description].join(' ');
  const onTuned = (tiling: Tiling) => void tilings.write(name, tiling);
  return { tiling: await tilings.read(name), onTuned };
}
