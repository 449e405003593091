import type { DeviceInfo } from '../../run/record.ts';
import type { Plan } from '../../tensor/plan.ts';
import { halfScratchBytes } from './halfOperands.ts';

/** What the CPU executor is and takes: apart from its kernels, which a page with a GPU never loads. */

export const CPU: DeviceInfo = {
  backend: 'cpu',
  vendor: '',
  architecture: '',
  description: 'CPU executor (WebAssembly, one thread)',
  software: true,
};

/** Bytes that the CPU executor allocates for a plan, in single precision. */
export function cpuBytes(plan: Plan): number {
  const values = plan.buffers.filter(isValueBuffer).reduce((sum, buffer) => sum + buffer.bytes, 0);
  const bytes = values + halfScratchBytes(plan);
  return bytes + unusedOfPages(bytes);
}

export function isValueBuffer({ purpose }: Plan['buffers'][number]): boolean {
  return purpose !== 'uniforms' && purpose !== 'staging';
}

/** What rounding up to whole pages adds; nothing where a plan does not fit into WebAssembly's memory. */
export function unusedOfPages(bytes: number): number {
  return fitsSimd(bytes) ? -bytes & (PAGE - 1) : 0;
}

export const PAGE = 65536;

/** `i8x16.popcnt(i8x16.splat(0))`, the smallest module with vectors: https://github.com/GoogleChromeLabs/wasm-feature-detect */
const VECTORS = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Whether this engine has WebAssembly with vector instructions. */
const SIMD: boolean = typeof WebAssembly === 'object' && WebAssembly.validate(VECTORS);

/** Addresses are 32 bits wide. */
export function fitsSimd(bytes: number): boolean {
  return SIMD && bytes <= 65535 * PAGE;
}
