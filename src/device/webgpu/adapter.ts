import { DeviceError } from '../../config/errors.ts';
import type { DeviceInfo } from '../../run/record.ts';
import { DEFAULT_LIMITS, type Limits } from '../../tensor/plan.ts';

/** Adapters and devices. `gpu` is `navigator.gpu` in a page and Dawn's object in Node. */

/** The fastest adapter, or null where there is none. */
export async function findAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

/** The limits that plans look at, as this adapter offers them. */
export function adapterLimits(adapter: GPUAdapter): Limits {
  return Object.fromEntries(
    Object.keys(DEFAULT_LIMITS).map((key) => [key, adapter.limits[key as keyof Limits]]),
  ) as unknown as Limits;
}

/** What kernels use where there is such a thing: some of their tiles (src/tensor/tiles.ts). */
const USEFUL: readonly GPUFeatureName[] = ['subgroups'];

/**
 * @param limits what to ask for: the adapter's own, or WebGPU's defaults
 * @param wanted more features to ask for where the adapter has them
 */
export async function openDevice(
  adapter: GPUAdapter,
  limits: Limits,
  wanted: readonly GPUFeatureName[] = [],
): Promise<GPUDevice> {
  const requiredFeatures = [...USEFUL, ...wanted].filter((feature) => adapter.features.has(feature));
  try {
    return await adapter.requestDevice({ requiredFeatures, requiredLimits: { ...limits } });
  } catch (error) {
    throw new DeviceError(`the adapter '${adapter.info.description}' gave no device: ${(error as Error).message}`);
  }
}

export function describeAdapter({ info }: GPUAdapter): DeviceInfo {
  const { vendor, architecture, description } = info;
  return { backend: 'webgpu', vendor, architecture, description, software: isSoftware(info) };
}

/** Adapters that imitate a GPU on the CPU: lavapipe (Mesa's llvmpipe), SwiftShader, WARP. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render|software/i;

function isSoftware(info: GPUAdapterInfo): boolean {
  return (
    info.isFallbackAdapter || SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.description} ${info.device}`)
  );
}
