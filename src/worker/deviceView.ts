import { CPU } from '../device/cpu/bytes.ts';
import { adapterLimits, describeAdapter } from '../device/webgpu/adapter.ts';
import type { DeviceView } from './protocol.ts';

/** What the page is told of the adapter, or of why there is none. */
export function deviceView(
  adapter: GPUAdapter | null,
  processor: boolean,
): Omit<DeviceView, 'noStorage' | 'storageNote'> {
  if (adapter) {
    const features = [...adapter.features].sort();
    const timestamps = adapter.features.has('timestamp-query');
    return {
      info: describeAdapter(adapter),
      fallback: null,
      features,
      limits: { ...adapterLimits(adapter) },
      timestamps,
    };
  }
  const fallback = processor
    ? 'The processor was chosen.'
    : 'gpu' in navigator
      ? 'This browser has WebGPU but found no graphics adapter for it.'
      : 'This browser has no WebGPU.';
  return { info: CPU, fallback, features: [], limits: {}, timestamps: true };
}
