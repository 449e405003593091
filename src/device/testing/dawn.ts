import { create, globals } from 'webgpu';
import type { Limits } from '../../tensor/plan.ts';
import { adapterLimits, describeAdapter, findAdapter, openDevice } from '../webgpu/adapter.ts';

/** The real Dawn for kernel tests. `npm test` puts a Vulkan driver into VK_DRIVER_FILES; without one there is no adapter. */
Object.assign(globalThis, globals);

// Collected before its devices are destroyed, this object takes the process with it.
export const gpu: GPU = create(['disable-dawn-features=timestamp_quantization']);
export const adapter = await findAdapter(gpu);

/** Why GPU tests are skipped; empty where they run. */
export const NO_ADAPTER = adapter ? '' : ' (skipped: Dawn found no adapter; set VK_DRIVER_FILES or run npm test)';

/** A device of its own, with the adapter's limits where none are given. An adapter gives one device: each has its own. */
export async function testDevice(limits?: Limits, wanted: readonly GPUFeatureName[] = []) {
  const own = await findAdapter(gpu);
  if (!own) throw new Error('no adapter');
  const asked = limits ?? adapterLimits(own);
  return { device: await openDevice(own, asked, wanted), limits: asked, description: describeAdapter(own) };
}
