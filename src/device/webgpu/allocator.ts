import { DeviceError } from '../../config/errors.ts';
import type { Plan } from '../../tensor/plan.ts';
import { BULK, RESULTS, UNIFORMS } from '../../tensor/plan.ts';
import { type Ledger, newLedger } from '../ledger.ts';

/** The one place that creates GPU buffers: exactly those of the plan, all at once, each in the ledger. */
export interface Allocation {
  /** Aligned with plan.buffers. */
  readonly buffers: readonly GPUBuffer[];
  readonly ledger: Ledger;
  destroy(): void;
}

/**
 * @throws DeviceError that says what was asked for, what was held and what to change; everything is released first
 */
export async function allocate(device: GPUDevice, plan: Plan): Promise<Allocation> {
  const ledger = newLedger();
  const buffers: GPUBuffer[] = [];
  const destroy = () => {
    buffers.forEach((buffer, i) => {
      buffer.destroy();
      ledger.remove(plan.buffers[i].purpose, plan.buffers[i].bytes);
    });
    buffers.length = 0;
  };
  for (const { bytes, purpose, label } of plan.buffers) {
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    let refused: string | null = null;
    const { held } = ledger;
    try {
      buffers.push(device.createBuffer({ size: bytes, usage: usageOf(label), label }));
      ledger.add(purpose, bytes);
    } catch (error) {
      refused = String(error);
    }
    const invalid = await device.popErrorScope();
    const outOfMemory = await device.popErrorScope();
    refused ??= invalid?.message ?? outOfMemory?.message ?? null;
    if (refused !== null) {
      destroy();
      throw new DeviceError(
        `the device refused ${bytes} bytes for '${label}' while ${held} of the planned ${plan.bytes} bytes were held; ` +
          'set memory.gpuBudget lower, or sampling.strategy=neighbor with a smaller sampling.batchSize',
      );
    }
  }
  return { buffers, ledger, destroy };
}

function usageOf(label: string): GPUBufferUsageFlags {
  if (label === UNIFORMS) return GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  if (label === RESULTS || label === BULK) return GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
}
